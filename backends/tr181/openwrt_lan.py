"""The LAN's services on OpenWrt as a part of the machine: UCI, and OpenWrt's own dnsmasq and odhcpd, behind them."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Final

from backends.desired_state import Pointer
from backends.errors import MechanismError
from backends.lan.file_watch import FileWatch
from backends.lan.resolver import Resolver
from backends.netlink import Netlink
from backends.openwrt.desired import UciDesired
from backends.openwrt.dhcp import DhcpMapping, Ground
from backends.openwrt.lan_state import LEASES, LanOnOpenWrt, OpenWrtLeases
from backends.openwrt.netifd import NetifdState
from backends.openwrt.reloads import Reloads
from backends.tr181.lan_tables import TOPIC, LanTables
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.learned_servers import learned_servers
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import pointer_of
from backends.ubus import Bus
from backends.uci import Uci

PACKAGES: Final = ("dhcp", "network")


@dataclass(frozen=True)
class Surface:
    """OpenWrt's own ways in, one of each for all services; ``root`` is where its files are."""

    uci: Uci
    bus: Bus
    reloads: Reloads
    root: Path = Path("/")

    @cached_property
    def netifd(self) -> NetifdState:
        """What netifd says, asked once in a request by whichever service is first; each forgets it."""
        return NetifdState(self.bus)


class UciLanTables(LanTables, UciDesired):
    """The LAN's tables over UCI."""

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: whoever stands on what a person has changed is told as of a change of ours."""
        if TOPIC in topics:
            self.forget()
            self._tell_followers()
        return frozenset()

    def forget(self) -> None:
        """What was read may be old."""
        LanTables.forget(self)
        UciDesired.forget(self)


def openwrt_lan(given: Mechanisms, surface: Surface) -> Part | None:
    """DHCP, router advertisements and DNS relay, where OpenWrt has its configuration of them."""
    if not set(PACKAGES) <= set(surface.uci.packages()):
        return None
    links, netifd, ground = given.links, surface.netifd, ground_of(given, surface)
    leases = OpenWrtLeases(surface.root / _lease_file(surface.uci).lstrip("/"), surface.bus)
    resolver = Resolver(surface.root, lambda: learned_servers(given))
    served = LanOnOpenWrt(surface.uci, DhcpMapping(ground), surface.reloads.note, surface.bus)
    tables = UciLanTables(served, links, leases, resolver)
    config = surface.root / "etc/config"
    topics = {leases.path: "lease", **{config / one: TOPIC for one in PACKAGES}} | dict.fromkeys(
        resolver.paths, "resolver"
    )
    return Part(
        name="lan",
        provides={"lan": tables},
        backend=tables,
        forget=[netifd.forget, tables.forget],
        watch=FileWatch(topics).watch,
        look=tables.look,
        settle=surface.reloads.settle,
    )


def ground_of(given: Mechanisms, surface: Surface) -> Ground:
    """What the machine says of its links."""
    netlink, links = given.netlink, given.links

    def row_of(link: str) -> Pointer | None:
        return pointer_of(links.row_of(link, IP_INTERFACE))

    def around() -> Hashable:
        return tuple((link.name, row_of(link.name), _address_of(netlink, link.name)) for link in netlink.links())

    def address_of(link: str) -> IPv4Interface | None:
        return _address_of(netlink, link)

    return Ground(row_of, links.link_of, links.may_change, surface.netifd.links, address_of, around)


def _lease_file(uci: Uci) -> str:
    """Where dnsmasq keeps its leases."""
    try:
        servers = uci.read("dhcp").of_type("dnsmasq")
    except MechanismError:
        servers = ()
    return next((section.text("leasefile") for section in servers if section.text("leasefile")), LEASES)


def _address_of(netlink: Netlink, link: str) -> IPv4Interface | None:
    found = (one for one in netlink.addresses() if one.interface == link and one.family == 4)
    first = next((one for one in found if "secondary" not in one.flags), None)
    return IPv4Interface(f"{first.address}/{first.prefix_length}") if first else None
