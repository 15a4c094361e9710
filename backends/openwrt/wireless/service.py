"""Whether netifd has made of /etc/config/wireless what it says, and on which links."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.openwrt.configured import Configured
from backends.openwrt.wireless import WIRELESS
from backends.openwrt.wireless.air import Air
from backends.openwrt.wireless.control import HostapdControl
from backends.openwrt.wireless.mapping import WirelessMapping
from backends.openwrt.wireless.rows import SectionRows
from backends.openwrt.wireless.sections import IFACE
from backends.ubus import Bus, BusError
from backends.uci import Package, Uci, identified
from backends.wifi.rows import PointRow, SsidRow
from backends.wireless_types import Radio

OBJECT: Final = "network.wireless"


class Running:
    """The links that netifd has made, by what it calls the sections; asked once until ``forget``."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._last: dict[str, str] = {}
        self._is_current = False

    def links(self) -> Mapping[str, str]:
        """The same object as long as they are the same; none while the bus does not answer."""
        if not self._is_current:
            self._is_current = True
            try:
                told = links_told(self._bus.call(OBJECT, "status"))
            except BusError:
                told = {}
            self._last = self._last if told == self._last else told
        return self._last

    def forget(self) -> None:
        """What was read may be old."""
        self._is_current = False


class WifiOnOpenWrt(Configured):
    """See backends.tr181.wifi_tables.Wireless."""

    def __init__(
        self,
        uci: Uci,
        mapping: WirelessMapping,
        committed: Callable[[Collection[str]], None],
        air: Air,
        bus: Bus,
        control: Callable[[str], HostapdControl],
        may_change: Callable[[str], bool],
        programs: tuple[bool, bool] = (True, True),
    ) -> None:
        """``control`` is an access point's by its link; ``programs``: whether there is hostapd, wpa_supplicant."""
        super().__init__(uci, mapping, committed)
        self._air = air
        self._running = Running(bus)
        self._control = control
        self._may_change = may_change
        self._programs = programs
        self._named: tuple[Package, Mapping[str, str], dict[str, str], dict[str, str]] | None = None

    @property
    def has_access_points(self) -> bool:
        """See Wireless."""
        return self._programs[0]

    @property
    def has_end_points(self) -> bool:
        """See Wireless."""
        return self._programs[1]

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._air.forget()
        self._running.forget()

    def may_change(self, link: str) -> bool:
        """See Wireless."""
        return self._may_change(link)

    def rows(self, wanted: Wanted) -> SectionRows:
        """See Wireless."""
        return SectionRows(wanted, self._air.radios(), self._air.links(), *self._names())

    def seen(self) -> tuple[object, ...]:
        """See Wireless."""
        return self._air.radios(), self._air.links(), self._names()[0]

    def radio_status(self, radio: Radio) -> Mapping[str, str]:
        """See Wireless: of the first of its access points that netifd has made."""
        wanted, names = self.now(), self._names()[0]
        rows = SectionRows(wanted, self._air.radios(), self._air.links(), *self._names())
        links = (row.ssid.name for row in rows.points_of(radio) if row.ssid and row.ssid.key in names)
        link = next((one for one in links if one), None)
        return {"state": self._control(link).state()} if link else {}

    def point_status(self, row: PointRow) -> Mapping[str, str]:
        """See Wireless: hostapd has no WPS where the network is hidden."""
        record = row.record
        is_on = record.wps and record.wps_methods != () and record.advertised is not False
        return {"wps_state": "configured" if is_on else "disabled"}

    def end_point_status(self, row: SsidRow) -> Mapping[str, str]:
        """See Wireless: netifd runs wpa_supplicant on each link that it has made for a station."""
        name = self._names()[0].get(row.key)
        return {"ifname": name} if name else {}

    def _names(self) -> tuple[dict[str, str], dict[str, str]]:
        """By identity, the links that netifd has made of the sections, and the names that sections ask for."""
        package, told = self._package(), self._running.links()
        if self._named is None or self._named[0] is not package or self._named[1] is not told:
            sections = {key: one for key, one in identified(package).items() if one.type == IFACE}
            made = {key: told[one.id] for key, one in sections.items() if one.id in told}
            fixed = {key: one.text("ifname") for key, one in sections.items() if one.text("ifname")}
            self._named = (package, told, made, fixed)
        return self._named[2], self._named[3]

    def _package(self) -> Package:
        try:
            return self._uci.read(WIRELESS)
        except MechanismError:
            return self._named[0] if self._named else Package(WIRELESS)


def links_told(status: Any) -> dict[str, str]:
    """The links in an answer of ``network.wireless status`` by section; of what cannot be understood none."""
    found = {}
    for device in status.values() if isinstance(status, dict) else ():
        interfaces = device.get("interfaces") if isinstance(device, dict) else None
        for one in interfaces if isinstance(interfaces, list) else ():
            section, link = (one.get(name) for name in ("section", "ifname")) if isinstance(one, dict) else (None, None)
            if isinstance(section, str) and isinstance(link, str) and link:
                found[section] = link
    return found
