"""Device.UPnP. on OpenWrt as a part of the machine: UCI, and OpenWrt's own miniupnpd, behind it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from backends.desired_state import Pointer
from backends.lan.file_watch import FileWatch
from backends.openwrt.desired import UciDesired
from backends.openwrt.upnpd.mapping import UPNPD
from backends.openwrt.upnpd.state import UpnpOnOpenWrt
from backends.tr181.firewall_backend import TOPIC as MAPPED
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part, lacking
from backends.tr181.service import pointer_of
from backends.tr181.upnp_gateway import TOPIC, UpnpTables
from backends.upnp import DAEMONS, GATEWAY, Upnp

PLACES: Final = ("usr/sbin", "usr/bin", "sbin", "bin")
PROGRAM: Final = next(name for name, kind in DAEMONS.items() if kind == GATEWAY)


class UciUpnpTables(UpnpTables, UciDesired):
    """The device over UCI."""

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: whoever stands on what a person has changed is told as of a change of ours."""
        if TOPIC in topics:
            self.forget()
            self._tell_followers()
        return frozenset()


def openwrt_upnp(given: Mechanisms, surface: Surface) -> Part | None:
    """UPnP, where miniupnpd and OpenWrt's configuration of it are installed."""
    if UPNPD not in surface.uci.packages() or _found(surface.root, PROGRAM) is None:
        return lacking(given, "Device.UPnP.", "miniupnpd is not installed (package miniupnpd-nftables)")
    netifd = surface.netifd

    def others() -> Iterable[str]:
        """Other daemons: miniupnpd itself is what is configured here."""
        alive = (one.command for one in given.procfs.processes() if one.state != "zombie")
        return [name for name in alive if name != PROGRAM]

    def row_of(link: str) -> Pointer | None:
        return pointer_of(given.links.row_of(link, IP_INTERFACE))

    gateway = UpnpOnOpenWrt(
        surface.uci,
        surface.reloads.note,
        surface.bus,
        given.netlink,
        lambda name: netifd.links().get(name, ""),
        surface.root,
    )
    tables = UciUpnpTables(gateway, Upnp(others, lambda name: _found(surface.root, name)), row_of)
    topics = {surface.root / "etc/config" / UPNPD: TOPIC, gateway.leases(): MAPPED}
    topics = {path: topic for path, topic in topics.items() if path.parent.is_dir()}
    return Part(
        "upnp",
        {"upnp": tables},
        tables,
        forget=[netifd.forget, tables.forget],
        watch=FileWatch(topics).watch,
        look=tables.look,
        settle=surface.reloads.settle,
    )


def _found(root: Path, name: str) -> Path | None:
    """Where a program is installed."""
    return next((path for place in PLACES if (path := root / place / name).exists()), None)
