"""Name servers that were set here, or learned by a connection of ours, for whoever keeps the resolver's configuration.

Nobody's is overwritten. With systemd-resolved it is a drop-in of ours; in a file that a person keeps, a marked block of
ours behind the rest.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.commands import Run, run
from backends.desired_state import NotOurs, Pointer, Record, Wanted
from backends.errors import MechanismError
from backends.files import read_text, replace_file, unwritable, write_if_different
from backends.lan.resolver import MADE_BY, RESOLV_CONF, NameServer, merged

log = logging.getLogger(__name__)

DROP_IN: Final = "etc/systemd/resolved.conf.d/cpe-agent.conf"
RESOLVED: Final = "systemd/resolve/"
BEGIN, END = "# Written by cpe-agent from here …", "# … to here."
BLOCK: Final = re.compile(f"^{re.escape(BEGIN)}\n(.*?)^{re.escape(END)}\n", re.MULTILINE | re.DOTALL)
RELOAD: Final = ("systemctl", "try-reload-or-restart", "--no-block", "systemd-resolved.service")
SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticServer(Record):
    """A name server that was set here; ``interface`` over which it is asked, where that can be told."""

    enable: bool = False
    dns_server: str = ""
    interface: Pointer | None = None


class NameServers:
    """See backends.desired_state.Service. ``may_change``: the owner gave the system's settings to the agent.

    ``learned`` tells the servers of connections that the agent made, which nobody else gives to the system.
    """

    def __init__(
        self,
        root: Path,
        may_change: bool,
        command: Run = run,
        learned: Callable[[], Iterable[NameServer]] = tuple,
    ) -> None:
        self._root = root
        self._may_change = may_change
        self._run = command
        self._learned = learned
        self._told_of = ""

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        records = wanted.of(StaticServer)
        if not records:
            return
        if not self._may_change:
            raise NotOurs("the system's settings are not given to the agent: [system] manage", StaticServer)
        for key, record in records.items():
            if record.enable and record.dns_server and (who := self._in_the_way()):
                raise NotOurs(who, StaticServer, key, ("enable", "dns_server"))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - servers are added, none is taken away
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        if not self._may_change:
            return False
        ours = enabled(wanted)
        addresses = list(dict.fromkeys([*ours, *(one.address for one in merged(self._learned(), ()))]))
        if self._is_resolved():
            return self._tell_resolved(addresses)
        if addresses and (who := self._in_the_way()):
            if ours:
                raise MechanismError(who)
            self._leave(who)
            return False
        return self._keep_block(addresses)

    def is_asked(self, address: str) -> bool:
        """Whether the resolver was told of it."""
        path = DROP_IN if self._is_resolved() else RESOLV_CONF
        return address in re.split(r"[\s=]+", read_text(self._root / path) or "")

    def _is_resolved(self) -> bool:
        path = self._root / RESOLV_CONF
        return path.is_symlink() and RESOLVED in str(path.readlink())

    def _in_the_way(self) -> str:
        """Why the resolver's configuration is not ours to add to; "" when it is."""
        path = self._root / RESOLV_CONF
        if self._is_resolved():
            return ""
        if path.is_symlink():
            return f"/{RESOLV_CONF} is a link to {path.readlink()}: whoever keeps that knows where servers are set"
        who = MADE_BY.search(read_text(path) or "")
        return f"/{RESOLV_CONF} is {who[0]}: set servers there" if who else ""

    def _leave(self, who: str) -> None:
        """Learned servers are a help that nobody ordered: said once, and no error."""
        if who != self._told_of:
            log.info("this machine itself does not ask the name servers that its connections learned: %s", who)
        self._told_of = who

    def _tell_resolved(self, addresses: Sequence[str]) -> bool:
        path = self._root / DROP_IN
        if addresses:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)  # for resolved to read, which is not root
            except OSError as error:
                raise unwritable(path.parent, error) from error
            text = (
                f"# Written by cpe-agent; what is changed here is written over.\n[Resolve]\nDNS={' '.join(addresses)}\n"
            )
            changed = write_if_different(path, text, 0o644)
        else:
            changed = path.exists()
            path.unlink(missing_ok=True)
        if changed:
            self._run(RELOAD, seconds=SECONDS)
        return changed

    def _keep_block(self, addresses: Sequence[str]) -> bool:
        path = self._root / RESOLV_CONF
        try:
            before = path.read_text(errors="surrogateescape") if path.exists() else ""
        except OSError as error:
            raise unwritable(path, error) from error
        after = BLOCK.sub("", before)
        if addresses:
            after += "" if not after or after.endswith("\n") else "\n"
            after += f"{BEGIN}\n" + "".join(f"nameserver {one}\n" for one in addresses) + f"{END}\n"
        if after == before:
            return False
        replace_file(path, after.encode(errors="surrogateescape"))
        return True


def enabled(wanted: Wanted) -> list[str]:
    """The addresses to be asked, each once."""
    records = wanted.of(StaticServer).values()
    return list(dict.fromkeys(one.dns_server for one in records if one.enable and one.dns_server))
