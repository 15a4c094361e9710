"""The service behind Device.SSH.: our drop-in for the machine's sshd, keys, and servers of our own."""

import logging
import os
import signal
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.desired_state import NotOurs, Pointer, Refused, Wanted
from backends.errors import MechanismError
from backends.files import names_in, read_number, read_text, unwritable, write_if_different
from backends.ntp_daemons import UNIT_PLACES
from backends.ssh.configuration import CONFIGURATION, DROP_IN, Configuration, pairs
from backends.ssh.instance import Ground, Instances
from backends.ssh.records import MACHINE, AuthorizedKey, SshServer, SshService
from backends.ssh.rendering import HEADER, KEYS, OWN_KEYS, Names, instance, keys, restriction, settings

log = logging.getLogger(__name__)

SERVICES: Final = ("ssh.service", "sshd.service")
SOCKET: Final = "etc/systemd/system/sockets.target.wants/ssh.socket"
SSH_PORT: Final = 22
PATIENCE: Final = 3.0
SECONDS: Final = 2.0
IN_THE_WAY: Final = "{who} listens at port {port}: choose another port"
NOT_GIVEN: Final = "the system's settings are not given to the agent: [system] manage"


@dataclass(frozen=True, slots=True)
class Around:
    """What the servers depend on. ``addresses_of`` a row's link, or of every link that is ours to serve for None;
    ``is_ours`` tells of a row whether its link was given to the agent, ``blocking`` of a TCP port who listens there at
    one of some addresses (for none: anywhere), None for nobody.
    """

    name_of: Names
    addresses_of: Callable[[Pointer | None], Sequence[str]]
    is_ours: Callable[[Pointer], bool]
    blocking: Callable[[int, Collection[str]], str | None]


class Ssh:
    """See backends.desired_state.Service. Reads below ``root``; ``may_change``: the system was given to the agent."""

    def __init__(self, root: Path, directory: Path, may_change: bool, around: Around, ground: Ground) -> None:
        self._root = root
        self._may_change = may_change
        self._around = around
        self._ground = ground
        self._was_lost = False
        self.configuration = Configuration(root)
        self.instances = Instances(directory, ground)

    @property
    def proc(self) -> str:
        """Where processes are told of."""
        return os.path.join(self._root, "proc")

    def is_installed(self) -> bool:
        """Whether there is a server with a configuration."""
        return (self._root / CONFIGURATION).exists() and any(
            (self._root / place / "sshd").exists() for place in ("usr/sbin", "usr/local/sbin", "sbin")
        )

    def forget(self) -> None:
        """Read again for the next request."""
        self.configuration.forget()

    def pid(self) -> int | None:
        """The process of the machine's server, while it runs."""
        process = read_number(self._pid_file())
        name = read_text(os.path.join(self._root, f"proc/{process}/comm"), 64) if process else None
        return process if name == "sshd" else None

    def has_socket(self) -> bool:
        """Whether systemd listens, and starts the machine's server for each who comes."""
        return os.path.islink(self._root / SOCKET)

    def is_possible(self, wanted: Wanted, key: str) -> bool:
        """Whether a server of our own has where to listen, and whom to let in."""
        server = wanted.get(SshServer, key)
        has_group = server.group is None or self._around.name_of(server.group) is not None
        return bool(self._addresses(server)) and has_group

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See Service. sshd itself says whether it can be."""
        self.configuration.forget()
        text = self._drop_in(wanted)
        own = {key: server for key, server in wanted.of(SshServer).items() if key != MACHINE}
        if not (text or own or wanted.of(AuthorizedKey)):
            return
        if not self._may_change:
            kind = SshServer if text or own else AuthorizedKey
            raise NotOurs(NOT_GIVEN, kind, next(iter(own), MACHINE) if kind is SshServer else "")
        if text:
            self._check_machine(wanted.get(SshServer, MACHINE), text)
        for key, server in own.items():
            self._check_own(key, server, is_on=wanted.get(SshService).enable and server.enable)

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by SSH
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        if not self._may_change:
            return False
        changed = self._make_keys(keys(wanted, self._around.name_of))
        changed |= self._make_drop_in(self._drop_in(wanted))
        is_on = wanted.get(SshService).enable
        configurations = {
            key[1:]: self._instance(key, server, self._addresses(server))
            for key, server in wanted.of(SshServer).items()
            if key != MACHINE and is_on and server.enable and self.is_possible(wanted, key)
        }
        return self.instances.make(configurations) or changed

    # -- the machine's own --------------------------------------------------------------------------------------------

    def _drop_in(self, wanted: Wanted) -> str:
        """The text without its head; "" for nothing set."""
        others = self.configuration.with_ours("")
        server = wanted.get(SshServer, MACHINE)
        root_login = next(iter(others.get("permitrootlogin", ())), "prohibit-password")
        text = settings(server, root_login, self._around.name_of)
        if keys(wanted, self._around.name_of):
            theirs = next(iter(others.get("authorizedkeysfile", ())), OWN_KEYS)
            text += f"AuthorizedKeysFile {'' if theirs == 'none' else theirs + ' '}/{KEYS}/%u\n"
        return text + restriction(server)

    def _check_machine(self, server: SshServer, text: str) -> None:
        if server.port is not None:
            if self.has_socket():
                raise NotOurs("ssh.socket listens here: set the port there", SshServer, MACHINE, ("port",))
            is_other = str(server.port) != self.configuration.told("port")
            if is_other and (who := self._around.blocking(server.port, ())):
                raise Refused(IN_THE_WAY.format(who=who, port=server.port), SshServer, MACHINE, ("port",))
        try:
            self.instances.check(_included(text))
        except MechanismError as error:
            raise Refused(f"sshd will not have it: {error.reason}", SshServer, MACHINE) from error
        found = self.configuration.with_ours(text)
        others = [*found.get("port", ()), *found.get("listenaddress", ())]
        if server.port is not None and others != [str(server.port)]:  # every port is listened at
            raise NotOurs(f"/{CONFIGURATION} says where sshd listens", SshServer, MACHINE, ("port",))
        if server.group is not None and len(found.get("allowgroups", ())) > 1:
            raise NotOurs(f"/{CONFIGURATION} says which groups log in", SshServer, MACHINE, ("group",))
        for keyword, value in pairs(text.partition("Match ")[0]):
            if found.get(keyword, [""])[0] != value:
                raise NotOurs(
                    f"another file than /{DROP_IN} sets {keyword}, or ours is not included", SshServer, MACHINE
                )

    def _make_drop_in(self, text: str) -> bool:
        path = self._root / DROP_IN
        changed = write_if_different(path, HEADER + text) if text else _removed(path)
        self.configuration.forget()
        if changed:
            self._tell()
        return changed

    def _tell(self) -> None:
        """Let the running server read again, and see that it listens: nobody is to be locked out without a word."""
        process, file = self.pid(), self._pid_file()
        if process is None:
            self._bring_back()
            return
        before = _identity(file)
        os.kill(process, signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while self.pid() is None or _identity(file) == before:
            if time.monotonic() > deadline:
                self._was_lost = self.pid() is None
                if self._was_lost:
                    raise MechanismError("sshd does not listen any more with what is wanted")
                return  # it writes no such file anew
            time.sleep(0.01)

    def _bring_back(self) -> None:
        """Start a server that a change of ours ended."""
        unit = next((one for one in SERVICES for place in UNIT_PLACES if (self._root / place / one).exists()), "")
        if self._was_lost and unit and self._ground.has_systemd:
            log.error("sshd ended with what was wanted; it is started again as it was")
            self._ground.command(("systemctl", "start", "--no-block", unit), seconds=SECONDS)
        self._was_lost = False

    def _pid_file(self) -> Path:
        return self._root / self.configuration.told("pidfile").replace("/var/run/", "/run/").lstrip("/")

    # -- keys and servers of our own ----------------------------------------------------------------------------------

    def _make_keys(self, wanted: dict[str, str]) -> bool:
        """Files that sshd reads as the user: the user need not be able to list or change them."""
        directory = self._root / KEYS
        changed = False
        for name in names_in(directory):
            changed |= name not in wanted and _removed(directory / name)
        for name, text in wanted.items():
            changed |= write_if_different(directory / name, text, 0o644)
        with suppress(OSError):
            if wanted:
                directory.chmod(0o711)
            else:
                directory.rmdir()
        return changed

    def _check_own(self, key: str, server: SshServer, is_on: bool) -> None:
        if server.interface is not None and not self._around.is_ours(server.interface):
            raise NotOurs("the interface is not in [network] manage", SshServer, key, ("interface",))
        addresses = self._addresses(server)
        port = server.port or SSH_PORT
        fresh = self.instances.not_listened_at(key[1:], port, addresses) if is_on else ()
        if fresh and (who := self._around.blocking(port, fresh)):
            raise Refused(IN_THE_WAY.format(who=who, port=port), SshServer, key, ("port",))
        try:
            self.instances.check(self._instance(key, server, addresses or ["127.0.0.1"]))
        except MechanismError as error:
            raise Refused(f"sshd will not have it: {error.reason}", SshServer, key) from error

    def _instance(self, key: str, server: SshServer, addresses: Sequence[str]) -> str:
        pid_file = self.instances.pid_file(key[1:])
        return instance(server, self._around.name_of, addresses, self.configuration.with_ours(""), pid_file)

    def _addresses(self, server: SshServer) -> Sequence[str]:
        if server.interface is not None and not self._around.is_ours(server.interface):
            return ()
        return self._around.addresses_of(server.interface)


def _included(text: str) -> str:
    """As sshd reads it: what is behind our block is not in it."""
    head, match, block = text.partition("Match ")
    return f"{head}Include /{CONFIGURATION}\n{match}{block}"


def _removed(path: Path) -> bool:
    was_there = path.exists()
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return was_there


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
