"""Whether OpenWrt's dnsmasq and odhcpd serve what UCI says, and who has leases of theirs."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.lan.leases import Lease, LeaseFile
from backends.lan.records import Advertised, Advertising, Dhcp4, Dhcp6, DnsRelay, Pool4, Pool6
from backends.openwrt.configured import Configured
from backends.openwrt.dhcp import DhcpMapping
from backends.openwrt.dhcp_sections import DHCP
from backends.openwrt.sections import truth
from backends.ubus import Bus, BusError, Call
from backends.uci import Uci

LEASES: Final = "/tmp/dhcp.leases"  # noqa: S108  # dnsmasq's on OpenWrt, where /tmp is the memory file system
PROGRAMS: Final = ("dnsmasq", "odhcpd")
SAME: Final = 3
"""Seconds by which what is left of a lease may be told apart at two readings."""
MOST_LEASES: Final = 4096


class LanOnOpenWrt(Configured):
    """See backends.tr181.lan_tables.Serving."""

    def __init__(self, uci: Uci, mapping: DhcpMapping, committed: Callable[[Collection[str]], None], bus: Bus) -> None:
        super().__init__(uci, mapping, committed)
        self._bus = bus
        self._link_of = mapping.link_of
        self._running: dict[str, bool] | None = None

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._running = None

    def is_running(self, family: int = 4) -> bool:
        """Whether the server of a family runs; odhcpd may be that of both."""
        return self._runs("odhcpd") if family == 6 or self._is_main() else self._runs("dnsmasq")

    def is_advertising(self) -> bool:
        """Whether router advertisements are sent."""
        return self._runs("odhcpd")

    def is_relaying(self) -> bool:
        """Whether requests are relayed."""
        return self._runs("dnsmasq")

    def serves_names(self) -> bool:
        """Whether names are served."""
        return self.now().get(DnsRelay).enable and self._runs("dnsmasq")

    def is_whole(self, seconds: float) -> bool:  # noqa: ARG002 - odhcpd gives preferred and valid times of their own
        """Never known."""
        return False

    def links_served(self, wanted: Wanted) -> frozenset[str]:
        """The links whose hosts are given addresses, or told of prefixes."""
        rows: list[Pool4 | Pool6 | Advertised] = []
        rows += wanted.of(Pool4).values() if wanted.get(Dhcp4).enable else ()
        rows += wanted.of(Pool6).values() if wanted.get(Dhcp6).enable else ()
        rows += wanted.of(Advertised).values() if wanted.get(Advertising).enable else ()
        links = [self._link_of(row.interface) for row in rows if row.enable]
        return frozenset(link for link in links if link)

    def _is_main(self) -> bool:
        try:
            return any(truth(section, "maindhcp", False) for section in self._uci.read(DHCP).of_type("odhcpd"))
        except MechanismError:
            return False

    def _runs(self, name: str) -> bool:
        if self._running is None:
            self._running = dict(zip(PROGRAMS, self._asked(), strict=True))
        return self._running[name]

    def _asked(self) -> list[bool]:
        try:
            answers = self._bus.together([Call("service", "list", {"name": name}) for name in PROGRAMS])
        except BusError:
            return [False] * len(PROGRAMS)
        return [runs(one, name) for one, name in zip(answers, PROGRAMS, strict=True)]


def runs(answer: Any, name: str) -> bool:
    """Whether procd says that an instance of a service runs."""
    service = answer.get(name) if isinstance(answer, dict) else None
    instances = service.get("instances") if isinstance(service, dict) else None
    found = instances.values() if isinstance(instances, dict) else ()
    return any(isinstance(one, dict) and one.get("running") is True for one in found)


class OpenWrtLeases(LeaseFile):
    """dnsmasq's file, and what odhcpd tells over the bus."""

    def __init__(self, path: Path, bus: Bus) -> None:
        super().__init__(path)
        self._bus = bus
        self._told: tuple[Lease, ...] | None = None
        self._known: tuple[Sequence[Lease], tuple[Lease, ...], tuple[Lease, ...]] = ((), (), ())
        self._last: tuple[Lease, ...] = ()

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._told = None

    def leases(self) -> Sequence[Lease]:
        """All leases; the same object as long as they are the same."""
        written = super().leases()
        if self._told is None:
            told = tuple(self._steady(lease) for lease in self._ask())
            self._told = self._last = self._last if told == self._last else told
        if self._known[0] is not written or self._known[1] is not self._told:
            self._known = (written, self._told, (*written, *self._told))
        return self._known[2]

    def _ask(self) -> list[Lease]:
        try:
            answers = self._bus.together([Call("dhcp", "ipv4leases"), Call("dhcp", "ipv6leases")])
        except BusError:
            return []
        return [one for answer in answers for one in leases_told(answer, time.time())][:MOST_LEASES]

    def _steady(self, lease: Lease) -> Lease:
        """With the end that was told before, where it differs by the second in which it was asked."""
        for known in self._last:
            if replace(known, expires=0, given=0) == replace(lease, expires=0, given=0):
                return known if abs(known.expires - lease.expires) < SAME else lease
        return lease


def leases_told(answer: Any, now: float) -> Iterator[Lease]:
    """The leases in an answer of odhcpd's, by device; what is none is left out."""
    devices = answer.get("device") if isinstance(answer, dict) else None
    for device in devices.values() if isinstance(devices, dict) else ():
        leases = device.get("leases") if isinstance(device, dict) else None
        for one in leases if isinstance(leases, list) else ():
            if isinstance(one, dict):
                yield from _leases(one, now)


def _leases(one: dict[str, Any], now: float) -> Iterator[Lease]:
    name, client = str(one.get("hostname", "")), str(one.get("duid", ""))
    mac = ":".join(str(one.get("mac", ""))[at : at + 2] for at in range(0, 12, 2)) if one.get("mac") else ""
    iaid = one.get("iaid")
    iaid = iaid if isinstance(iaid, int) else 0
    addresses = [one] if "address" in one else one.get("ipv6-addr", ())
    for address in addresses if isinstance(addresses, list) else ():
        told = address.get("address") if isinstance(address, dict) else None
        left = address.get("valid-lifetime", one.get("valid")) if isinstance(address, dict) else None
        try:
            family = ip_address(str(told)).version
        except ValueError:
            continue
        expires = round(now) + left if isinstance(left, int) and 0 <= left < 0xFFFFFFFF else 0
        yield Lease(family, str(told), expires, mac, name, client, iaid, round(now))
