"""Device.DynamicDNS. on OpenWrt as a part of the machine: UCI, and OpenWrt's own ddns-scripts, behind it."""

from functools import partial
from typing import Final

from backends.dynamic_dns.clients import TOPIC
from backends.openwrt.ddns.mapping import DdnsMapping
from backends.openwrt.ddns.places import Services
from backends.openwrt.ddns.sections import DDNS
from backends.openwrt.ddns.state import DdnsOnOpenWrt, watch
from backends.openwrt.desired import UciDesired
from backends.openwrt.netifd import TOPIC as NETIFD
from backends.tr181.dynamic_dns import DynamicDnsTables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface, ground_of
from backends.tr181.parts import Part, lacking

PACKAGES: Final = (DDNS, "network")
SCRIPT: Final = "usr/lib/ddns/dynamic_dns_updater.sh"


class UciDynamicDnsTables(DynamicDnsTables, UciDesired):
    """The three tables over UCI."""

    clients: DdnsOnOpenWrt

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: whoever stands on what a person has changed is told as of a change of ours."""
        if topics & {TOPIC, NETIFD}:
            self.forget()
            self._tell_followers()
        return frozenset({TOPIC}) if NETIFD in topics else frozenset()


def openwrt_ddns(given: Mechanisms, surface: Surface) -> Part | None:
    """Dynamic DNS, where ddns-scripts and OpenWrt's configuration of them are installed."""
    if not set(PACKAGES) <= set(surface.uci.packages()) or not (surface.root / SCRIPT).exists():
        return lacking(given, "Device.DynamicDNS.", "ddns-scripts is not installed (package ddns-scripts)")
    mapping = DdnsMapping(ground_of(given, surface), Services(surface.root), given.may_change_system)
    clients = DdnsOnOpenWrt(surface.uci, mapping, surface.reloads.note, given.netlink, surface.root)
    tables = UciDynamicDnsTables(clients)
    return Part(
        "dynamic_dns",
        {"dynamic_dns": tables},
        tables,
        forget=[surface.netifd.forget, tables.forget],
        watch=partial(watch, surface.root / "etc/config" / DDNS, clients.folders(), TOPIC),
        look=tables.look,
        settle=surface.reloads.settle,
    )
