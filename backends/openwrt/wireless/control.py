"""A hostapd's access point, asked and told over OpenWrt's bus, or over its control socket where that is not there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from backends.errors import MechanismError, Missing
from backends.hostapd import Hostapd
from backends.ubus import Bus, BusError, NotThere
from backends.wpa_control import ControlSocket

SOCKETS: Final = Path("/var/run/hostapd")
INACTIVE: Final = "Disabled"
LEFT: Final = 3
"""The reason that a station is told: it is leaving (802.11-2020 table 9-49)."""
DEADLINE: Final = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Client:
    """A station as hostapd knows it."""

    authenticated: bool = False
    associated: bool = False
    authorized: bool = False


class HostapdControl(Protocol):
    """One access point. Missing: there is no such; MechanismError."""

    def state(self) -> str:
        """ENABLED once it is on the air; DFS, ACS, HT_SCAN, COUNTRY_UPDATE until then; DISABLED."""

    def clients(self) -> Mapping[str, Client]:
        """Its stations by address."""

    def push_button(self) -> None:
        """Let one station in by Wi-Fi Protected Setup, within two minutes."""

    def button(self) -> str:
        """What came of the button: Active, Timed-out, Overlap; Disabled where nobody waits."""

    def disassociate(self, mac: str) -> None:
        """Have a station go; it may come back."""


class BusControl:
    """See HostapdControl: OpenWrt's hostapd publishes each access point as ``hostapd.<link>``."""

    def __init__(self, bus: Bus, link: str) -> None:
        self._bus, self._path = bus, f"hostapd.{link}"

    def state(self) -> str:
        """See HostapdControl."""
        return str(self._asked("get_status").get("status", ""))

    def clients(self) -> Mapping[str, Client]:
        """See HostapdControl."""
        told = self._asked("get_clients").get("clients")
        names = (("auth", "authenticated"), ("assoc", "associated"), ("authorized", "authorized"))
        return {
            mac: Client(**{name: one.get(word) is True for word, name in names})
            for mac, one in (told.items() if isinstance(told, dict) else ())
            if isinstance(one, dict)
        }

    def push_button(self) -> None:
        """See HostapdControl."""
        self._asked("wps_start")

    def button(self) -> str:
        """See HostapdControl."""
        return str(self._asked("wps_status").get("pbc_status", INACTIVE))

    def disassociate(self, mac: str) -> None:
        """See HostapdControl."""
        self._asked("del_client", {"addr": mac, "reason": LEFT, "deauth": True, "ban_time": 0})

    def _asked(self, method: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            return self._bus.call(self._path, method, values)
        except NotThere as error:
            raise Missing(error.reason, error.code) from error


class SocketControl:
    """See HostapdControl: hostapd's own socket."""

    def __init__(self, socket: Path) -> None:
        self._hostapd, self._control = Hostapd(socket), ControlSocket(socket, deadline=DEADLINE)

    def state(self) -> str:
        """See HostapdControl."""
        return self._hostapd.status().get("state", "")

    def clients(self) -> Mapping[str, Client]:
        """See HostapdControl."""
        found = {}
        for mac, told in self._hostapd.stations().items():
            flags = told.get("flags", "")
            found[mac] = Client("[AUTH]" in flags, "[ASSOC]" in flags, "[AUTHORIZED]" in flags)
        return found

    def push_button(self) -> None:
        """See HostapdControl."""
        self._control.tell("WPS_PBC")

    def button(self) -> str:
        """See HostapdControl."""
        told = self._control.ask("WPS_GET_STATUS").splitlines()
        return next((line.partition(": ")[2] for line in told if line.startswith("PBC Status: ")), INACTIVE)

    def disassociate(self, mac: str) -> None:
        """See HostapdControl; hostapd has the station forget its key as well, as over the bus."""
        self._control.tell(f"DEAUTHENTICATE {mac} reason={LEFT}")


class FirstOf:
    """See HostapdControl: the first that is there, of several ways to the same access point."""

    def __init__(self, ways: Sequence[HostapdControl]) -> None:
        self._ways = ways

    def state(self) -> str:
        """See HostapdControl."""
        return self._first(lambda way: way.state())

    def clients(self) -> Mapping[str, Client]:
        """See HostapdControl."""
        return self._first(lambda way: way.clients())

    def push_button(self) -> None:
        """See HostapdControl."""
        self._first(lambda way: way.push_button())

    def button(self) -> str:
        """See HostapdControl."""
        return self._first(lambda way: way.button())

    def disassociate(self, mac: str) -> None:
        """See HostapdControl."""
        self._first(lambda way: way.disassociate(mac))

    def _first(self, ask: Callable[[HostapdControl], T]) -> T:
        wrong: MechanismError = Missing("there is no way to hostapd")
        for way in self._ways:
            try:
                return ask(way)
            except (Missing, BusError) as error:
                wrong = error
        raise wrong


def control_of(bus: Bus, link: str, sockets: Path = SOCKETS) -> HostapdControl:
    """An access point's: over the bus, else by its socket."""
    return FirstOf((BusControl(bus, link), SocketControl(sockets / link)))
