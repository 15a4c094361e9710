"""Who keeps the clock right: the NTP daemon that runs, told of servers by one file of its own drop-in directory.

Its own configuration is read and never written. Switched off, it is kept from starting by a systemd drop-in of ours.
"""

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.commands import Run, run
from backends.desired_state import SINGLE, NotOurs, Pointer, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.files import names_in, read_text, unwritable, write_if_different
from backends.ntp_daemons import DAEMONS, HEADER, Daemon

LOOK_AGAIN: Final = 10.0  # seconds between two searches for a daemon that is not there
COMMAND_SECONDS: Final = 2.0
LABEL: Final = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Record):
    """Whether the clock is kept right at all; the one record of its kind."""

    enable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Record):
    """The servers that were set here; the one record of its kind is called OURS. An empty server keeps its place."""

    enable: bool = True
    servers: tuple[str, ...] = ()

    @property
    def in_force(self) -> tuple[str, ...]:
        """The servers to ask, each once."""
        return tuple(dict.fromkeys(filter(None, self.servers))) if self.enable else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server(Record):
    """Whether others are told the time, on one interface only where one is named; the one record of its kind is
    called SERVES.
    """

    enable: bool = False
    interface: Pointer | None = None


KINDS: Final = (Clock, Client)
OURS: Final = "agent"
SERVES: Final = "server"


def is_server(text: str) -> bool:
    """Whether it is a host name or an IP address: nothing else is written into a daemon's file."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return bool(HOST_NAME.fullmatch(text))
    return "%" not in text


class Ntp:
    """The service behind Clock and Client. Nothing is started but a daemon's reload, once per change."""

    def __init__(
        self,
        root: str | Path = "/",
        proc: str | Path = "/proc",
        start: Run = run,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = Path(root)
        self._proc = Path(proc)
        self._start = start
        self._monotonic = monotonic
        self._known: tuple[Daemon, str] | None = None  # the process's number with it
        self._looked = float("-inf")
        self._found: list[str] | None = None

    # -- what there is ------------------------------------------------------------------------------------------------

    def is_installed(self) -> bool:
        """Whether there is one that runs or could be started."""
        return self.daemon() is not None or any(one.unit(self._root) for one in DAEMONS)

    def daemon(self) -> Daemon | None:
        """The daemon that runs, or that was switched off here; None where there is none."""
        if self._known is None or self._name_of(self._known[1]) != self._known[0].process:
            self._known = self._find()
        if self._known:
            return self._known[0]
        return next((one for one in DAEMONS if (unit := one.unit(self._root)) and self._switch(unit).exists()), None)

    def name(self) -> str:
        """The daemon's; "" where there is none."""
        daemon = self.daemon()
        return daemon.name if daemon else ""

    def asks_found(self) -> bool:
        """Whether servers that were found are asked beside ours."""
        daemon = self.daemon()
        return daemon is not None and not daemon.replaces

    def is_failing(self) -> bool:
        """Never known: a daemon that has ended is none."""
        return False

    def found_servers(self) -> list[str]:
        """The servers that the daemon's own configuration names."""
        if self._found is None:
            daemon = self.daemon()
            self._found = list(dict.fromkeys(daemon.configured(self._root))) if daemon else []
        return self._found

    def forget(self) -> None:
        """Let the next question read the daemon's configuration again."""
        self._found = None

    # -- the service --------------------------------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """See backends.desired_state.Service."""
        client, clock = wanted.get(Client, OURS), wanted.get(Clock)
        for server in filter(None, client.servers):
            if not is_server(server):
                raise Refused(f"{server!r} is neither a host name nor an IP address", Client, OURS, ("servers",))
        daemon = self.daemon()
        if daemon is None:
            if client.in_force or not clock.enable:
                raise NotOurs("no NTP daemon runs here; install chrony or systemd-timesyncd")
            return
        reason = daemon.refusal(self._root) if client.in_force else ""
        if reason:
            raise NotOurs(reason, Client, OURS, ("servers",))
        if not clock.enable and not (daemon.unit(self._root) and self._has_systemd()):
            raise NotOurs(f"{daemon.name} is no service of systemd: stop it by hand", Clock, SINGLE, ("enable",))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - see backends.desired_state.Service
        """The clock is on nobody's way."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See backends.desired_state.Service."""
        daemon = self.daemon()
        if daemon is None:
            return False
        asked = self._ask(daemon, wanted.get(Client, OURS).in_force)
        switched = self._switch_to(daemon, wanted.get(Clock).enable)
        if asked and wanted.get(Clock).enable and not switched:
            self._start(daemon.reload, seconds=COMMAND_SECONDS)
        return asked or switched

    def _ask(self, daemon: Daemon, servers: Sequence[str]) -> bool:
        file = self._root / daemon.drop_in
        return _put(file, daemon.render(servers)) if servers else _remove(file)

    def _switch_to(self, daemon: Daemon, enable: bool) -> bool:
        unit = daemon.unit(self._root)
        if not unit or not self._has_systemd():
            return False
        file = self._switch(unit)
        # A service does not start while a condition fails, and this one fails as long as the file is there.
        text = f"{HEADER}[Unit]\nConditionPathExists=!/{file.relative_to(self._root)}\n"
        if not (_remove(file) if enable else _put(file, text)):
            return False
        self._start(("systemctl", "daemon-reload"), seconds=2 * COMMAND_SECONDS)
        self._start(("systemctl", "start" if enable else "stop", "--no-block", unit), seconds=COMMAND_SECONDS)
        return True

    def _switch(self, unit: str) -> Path:
        return self._root / "etc/systemd/system" / f"{unit}.d" / "cpe-agent.conf"

    def _has_systemd(self) -> bool:
        return (self._root / "run/systemd/system").is_dir()

    def _find(self) -> tuple[Daemon, str] | None:
        now = self._monotonic()
        if now - self._looked < LOOK_AGAIN:
            return None
        self._looked = now
        names = {self._name_of(number): number for number in names_in(self._proc) if number.isdecimal()}
        return next(((one, names[one.process]) for one in DAEMONS if one.process in names), None)

    def _name_of(self, process: str) -> str:
        return read_text(self._proc / process / "comm", 32) or ""


def _put(file: Path, text: str) -> bool:
    """A daemon reads it under a user of its own: everybody may."""
    try:
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(file.parent, error) from error
    return write_if_different(file, text, 0o644)


def _remove(file: Path) -> bool:
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise MechanismError(f"{file}: {error.strerror}") from error
    return True
