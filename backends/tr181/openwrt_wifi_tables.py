"""Wi-Fi on OpenWrt as a part of the machine: UCI, netifd and its hostapd behind the tables."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from backends.desired_state import Record, Wanted
from backends.errors import MechanismError
from backends.lan.file_watch import FileWatch
from backends.nl80211 import Nl80211
from backends.openwrt.desired import UciDesired
from backends.openwrt.wireless import WIRELESS
from backends.openwrt.wireless.access_points import together as together_with
from backends.openwrt.wireless.air import Air
from backends.openwrt.wireless.control import control_of
from backends.openwrt.wireless.events import HostapdEvents
from backends.openwrt.wireless.hardware import Hardware
from backends.openwrt.wireless.mapping import Ground, WirelessMapping, canonical
from backends.openwrt.wireless.modes import on_band
from backends.openwrt.wireless.rows import SectionRows
from backends.openwrt.wireless.sections import Tables
from backends.openwrt.wireless.service import WifiOnOpenWrt
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part, Watch
from backends.tr181.wifi_tables import PROFILE, RADIO, SSID, SsidLayer, WifiTables
from backends.wifi import channels
from backends.wifi.records import AccessPoint, EndPoint, RadioSettings, Ssid
from backends.wifi.scan import NeighbourScan
from backends.wifi.watch import WifiWatch

log = logging.getLogger(__name__)

TOPIC: Final = "wifi"
"""Of /etc/config/wireless, beside those that the kernel and the daemons tell."""
SOCKETS: Final = ("var/run/hostapd", "var/run/wpa_supplicant")


class UciWifiTables(WifiTables, UciDesired):
    """Wi-Fi's tables over UCI. What is staged is kept as it will be read, so that it can be compared."""

    service: WifiOnOpenWrt

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: whoever stands on what a person has changed is told as of a change of ours."""
        news = super().look(topics)
        if TOPIC in topics:
            self.forget()
            self._tell_followers()
            news |= {"radio"}
        return news

    def forget(self) -> None:
        """What was read may be old."""
        WifiTables.forget(self)
        UciDesired.forget(self)

    def put(self, key: str, record: Record) -> None:
        """See Desired."""
        record = canonical(record)
        if isinstance(record, EndPoint) and record == EndPoint():  # every SSID is one: there is nothing to keep
            kept = {other: one for other, one in self.wanted.of(EndPoint).items() if other != key}
            self.wanted = replace(self.wanted, by_kind={**self.wanted.by_kind, EndPoint: kept})
        else:
            super().put(key, record)

    def edit(self, kind: type[Record], key: str = "", **values: Any) -> None:
        """See Desired. What OpenWrt has once changes together: a station's link has one switch, a passphrase and a
        pre-shared key are one key, servers have one port and one secret; on another band a radio has the standards
        that are to be had there, and whoever ends an automatic choice has the channel that is in use.
        """
        if kind is Ssid and "enable" in values and self._is_station(key):
            kind = EndPoint
        if kind is AccessPoint:
            values |= together_with(self.wanted.get(AccessPoint, key), values)
        if kind is RadioSettings and "band" in values and "standards" not in values:
            standards = self.wanted.get(RadioSettings, key).standards or ()
            values["standards"] = on_band(values["band"], standards)
        if values.get("passphrase"):
            values["pre_shared_key"] = kind().pre_shared_key  # type: ignore[attr-defined] # of those that have both
        if values.get("pre_shared_key"):
            values["passphrase"] = kind().passphrase  # type: ignore[attr-defined]
        if kind is RadioSettings and values.get("auto_channel") is False and not values.get("channel"):
            values["channel"] = self.wanted.get(RadioSettings, key).channel or self._channel_now(key)
        super().edit(kind, key, **values)

    def remove(self, kind: type[Record], key: str) -> None:
        """See Desired; nothing refers any more to an SSID that has gone."""
        if kind is Ssid:
            super().remove(EndPoint, key)
            for point, record in self.wanted.of(AccessPoint).items():
                if record.ssid is not None and record.ssid.keys[-1] == key:
                    self.edit(AccessPoint, point, ssid=None)
        super().remove(kind, key)

    def _is_station(self, key: str) -> bool:
        return self.wanted.get(EndPoint, key).enable is True or any(
            row.key == key and self.rows.profiles(key) for row in self.rows.end_points
        )

    def _channel_now(self, key: str) -> int | None:
        radio = self.rows.radio(key)
        if radio is None:
            return None
        settings = self.wanted.get(RadioSettings, key)
        band = channels.band_of(radio, settings)
        in_use = (radio.channel(link.frequency or 0) for link in self.rows.links_of(radio))
        free = (one for one in band.channels if one.usable and not one.radar) if band else iter(())
        found = next((one for one in in_use if one), None) or next(free, None)
        return found.number if found else None


def wireless_part(
    given: Mechanisms,
    surface: Surface,
    kernel: Nl80211,
    programs: tuple[bool, bool] = (True, True),
    sysfs: Path = Path("/sys"),
) -> Part:
    """The part over any ``kernel``; ``programs``: whether there is hostapd, wpa_supplicant."""
    uci, bus, netlink, may_change = surface.uci, surface.bus, given.netlink, given.links.may_change
    air = Air(kernel, Hardware(sysfs), lambda: uci.read(WIRELESS))

    def rows(wanted: Wanted) -> SectionRows:
        return service.rows(wanted)

    ground = Ground(may_change, rows, lambda link: is_way(given, air, link))
    mapping = WirelessMapping(air, Tables(RADIO, SSID, PROFILE), ground)
    sockets = [surface.root / one for one in SOCKETS]
    service = WifiOnOpenWrt(
        uci,
        mapping,
        surface.reloads.note,
        air,
        bus,
        lambda link: control_of(bus, link, sockets[0]),
        may_change,
        programs,
    )
    scan = NeighbourScan(air, netlink, may_change)
    tables = UciWifiTables(service, air, netlink, scan)
    radio_watch = WifiWatch(Nl80211(), given.directory / "wifi", scan.ended, sockets)
    events = HostapdEvents(bus, sockets[0])
    file_watch = FileWatch({surface.root / "etc/config" / WIRELESS: TOPIC})
    given.network.other_layers = (*given.network.other_layers, SsidLayer(tables))
    return Part(
        name="wifi",
        provides={"wifi": tables, "associations": tables.associations},
        backend=tables,
        forget=(tables.forget,),
        watch=together(radio_watch.watch, file_watch.watch, events.watch),
        chores=(scan,),
        follows=frozenset({"link", "radio", TOPIC}),
        look=tables.look,
        settle=surface.reloads.settle,
    )


def is_way(given: Mechanisms, air: Nl80211, link: str) -> bool:
    """Whether the management server is reached over a wireless link, or a VLAN of it, or through one of its stations.

    Of a server on the other side of a bridge nobody knows the port: it may be any that has stations.
    """
    path = given.management_path()
    if path is None:
        return False
    ways = _and_below(given, path.interface)
    if link in ways:
        return True
    there = given.netlink.link(link)
    if there is None or there.master not in ways:
        return False
    known = {one.address: one.mac for one in given.netlink.neighbours()}
    stations = {one.mac for one in air.stations(link)}
    return known.get(path.gateway, "") in stations if path.gateway else bool(stations)


def _and_below(given: Mechanisms, name: str) -> list[str]:
    """A link and those that it stands on."""
    found = [name]
    while (there := given.netlink.link(found[-1])) is not None and there.lower and there.lower not in found:
        found.append(there.lower)
    return found


def together(first: Watch, *others: Watch) -> Watch:
    """Several watches at once; one of the others that cannot be keeps nobody from the rest."""

    def watch(tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        def beside(other: Watch) -> None:
            try:
                other(tell, stop)
            except MechanismError as error:
                log.warning("some changes of Wi-Fi are seen at the next look only: %s", error.reason)

        threads = [threading.Thread(target=beside, args=(one,), name="wifi", daemon=True) for one in others]
        for thread in threads:
            thread.start()
        try:
            first(tell, stop)
        finally:
            for thread in threads:
                thread.join()

    return watch
