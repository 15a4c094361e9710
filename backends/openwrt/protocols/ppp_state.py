"""What has come of PPPoE connections: netifd tells how far they came, the kernel what was agreed on."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import read_text
from backends.openwrt.configured import Configured
from backends.openwrt.netifd import Interface, NetifdState
from backends.openwrt.protocols.ppp import PppoeMapping, new_name
from backends.ppp import output
from backends.ppp.links import Kernel, PppLinks, pppoe_sessions
from backends.uci import Uci

SESSIONS: Final = "proc/net/pppoe"
ERRORS: Final[Mapping[str, str]] = {
    "AUTH_FAILED": output.AUTHENTICATION,
    "PEER_AUTH_FAILED": output.AUTHENTICATION,
    "AUTH_TOPEER_FAILED": output.AUTHENTICATION,
    "CNID_AUTH_FAILED": output.AUTHENTICATION,
    "OPEN_FAILED": output.TIME_OUT,
    "CONNECT_FAILED": output.TIME_OUT,
    "PPP_TIMEOUT": output.TIME_OUT,
    "PEER_DEAD": output.TIME_OUT,
    "HANGUP": output.ISP_DISCONNECT,
    "USER_REQUEST": output.USER_DISCONNECT,
    "IDLE_TIMEOUT": output.IDLE,
    "CONNECT_TIME": output.FORCED,
    "TRAFFIC_LIMIT": output.FORCED,
    "NEGOTIATION_FAILED": output.CONFIGURATION,
}
"""netifd's names of pppd's ways to end, in TR-181's words."""


class PppoeOfNetifd(Configured, PppLinks):
    """See backends.tr181.ppp_connections.Dialling; a bus that is silent leaves what the kernel has."""

    def __init__(
        self,
        uci: Uci,
        mapping: PppoeMapping,
        committed: Callable[[Collection[str]], None],
        names: Callable[[], Mapping[str, str]],
        netifd: NetifdState,
        kernel: Kernel,
        root: Path,
    ) -> None:
        Configured.__init__(self, uci, mapping, committed)
        PppLinks.__init__(self, kernel)
        self._names, self._netifd, self._root = names, netifd, root

    def link_name(self, key: str) -> str:
        """The name of the link of a connection, whether it is there or not."""
        try:
            return self._names().get(key) or new_name(key)
        except MechanismError:
            return new_name(key)

    def phase(self, name: str) -> str:
        """Where a connection stands: what the kernel has comes before what netifd says."""
        if self.is_up(name):
            return output.CONNECTED
        told = self._told(name)
        return output.CONNECTING if told is not None and told.pending else output.DISCONNECTED

    def error(self, name: str) -> str:
        """Why it failed or ended last; none while it is there."""
        told = self._told(name)
        if self.is_up(name) or told is None or not told.errors:
            return output.NONE
        return ERRORS.get(told.errors[-1], output.UNKNOWN)

    def session(self, name: str, lower: str | None) -> int | None:
        """The PPPoE session's number, where only one goes over the lower link."""
        sessions = pppoe_sessions(read_text(self._root / SESSIONS) or "")
        there = [number for number, device in sessions if device == lower]
        return there[0] if self.is_up(name) and len(there) == 1 else None

    def unknown_protocols(self, name: str) -> int | None:  # noqa: ARG002 - pppd tells nobody
        """How many packets had no taker; None: the kernel's count is all that is known."""
        return None

    def name_servers(self, name: str) -> list[str]:
        """What IPCP told, whether it may be used or not."""
        told = self._told(name)
        both = (told.active, told.inactive) if told is not None and told.up else ()
        return list(dict.fromkeys(one for some in both for one in some.dns_servers if "." in one))

    def restart(self, key: str) -> None:
        """Set a connection up anew. MechanismError."""
        self._netifd.restart(key)

    def _told(self, name: str) -> Interface | None:
        try:
            key = next((key for key, link in self._names().items() if link == name), "")
        except MechanismError:
            return None
        return self._netifd.get(key)
