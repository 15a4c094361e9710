"""NAT and firewall on OpenWrt as a part of the machine: UCI, and OpenWrt's own fw4, behind them."""

import logging
from collections.abc import Hashable
from typing import Final

from backends.desired_state import Pointer
from backends.errors import MechanismError
from backends.firewall.leases import Clock, system_clock
from backends.lan.file_watch import FileWatch
from backends.nftables import Nftables, Table
from backends.openwrt.desired import UciDesired
from backends.openwrt.firewall.firewall import FirewallOnOpenWrt
from backends.openwrt.firewall.firewall_sections import FIREWALL
from backends.openwrt.firewall.loaded import Listing, Loaded
from backends.openwrt.firewall.mapping import NETWORK, FirewallMapping, Ground
from backends.openwrt.reloads import Reloads
from backends.tr181.firewall_backend import TOPIC, FirewallTables, Here
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.service import pointer_of

log = logging.getLogger(__name__)

BEFORE: Final = "cpe_agent"
"""The table of backends.firewall.firewall, which is not installed here."""
PACKAGES: Final = (FIREWALL, NETWORK)


class UciFirewallTables(FirewallTables, UciDesired):
    """The tables over UCI."""

    source = "/etc/config/firewall"

    def __init__(self, firewall: FirewallOnOpenWrt, clock: Clock, reloads: Reloads) -> None:
        super().__init__(firewall, clock)
        self._reloads = reloads

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """See Part: whoever stands on what a person has changed is told as of a change of ours."""
        if TOPIC in topics:
            self.firewall.forget()
            self._tell_followers()
        return frozenset()

    def act(self, now: float) -> frozenset[str]:
        """See FirewallTables; fw4 is told at once."""
        topics = super().act(now)
        if topics:
            self._reloads.settle()
        return topics


def openwrt_firewall(given: Mechanisms, surface: Surface) -> Part | None:
    """NAT and firewall, where OpenWrt has its configuration of them."""
    nftables = _nftables()
    tables = tables_over_uci(given, surface, system_clock(given.procfs.boot_id()), nftables)
    if tables is None:
        return None
    config = surface.root / "etc/config"
    return Part(
        name="firewall",
        provides={"firewall": tables},
        backend=tables,
        forget=[surface.netifd.forget, tables.firewall.forget],
        watch=FileWatch({config / one: TOPIC for one in PACKAGES}).watch,
        chores=(tables,),
        look=tables.look,
        settle=surface.reloads.settle,
        guard=lambda: without_own_table(nftables) if nftables else None,
    )


def without_own_table(nftables: Nftables) -> None:
    """Take away the table that an agent before this one has made beside fw4's. MechanismError."""
    if nftables.is_there(BEFORE):
        nftables.bring_to(Table(BEFORE))
        log.info("the packet filter's table inet %s is taken away: fw4 makes all of it", BEFORE)


def tables_over_uci(
    given: Mechanisms, surface: Surface, clock: Clock, nftables: Listing | None
) -> UciFirewallTables | None:
    """The same over this packet filter and this clock; None without the packages."""
    if not set(PACKAGES) <= set(surface.uci.packages()):
        return None
    netlink, links, netifd, here = given.netlink, given.links, surface.netifd, Here(given, clock)

    def row_of(link: str) -> Pointer | None:
        return pointer_of(links.row_of(link, IP_INTERFACE))

    def around() -> Hashable:
        addresses = tuple((one.interface, one.address, one.prefix_length) for one in netlink.addresses())
        return tuple((link.name, row_of(link.name)) for link in netlink.links()), addresses

    def subnets(link: str) -> tuple[str, ...]:
        return tuple(f"{one.address}/{one.prefix_length}" for one in netlink.addresses() if one.interface == link)

    def way() -> str:
        path = given.management_path()
        return path.interface if path else ""

    ground = Ground(row_of, links.link_of, links.may_change, netifd.links, subnets, around, here, way)
    service = FirewallOnOpenWrt(surface.uci, FirewallMapping(ground), surface.reloads.note, Loaded(nftables), here)
    return UciFirewallTables(service, clock, surface.reloads)


def _nftables() -> Nftables | None:
    """The packet filter; None where the library, or the kernel's nf_tables, is absent."""
    try:
        return Nftables()
    except MechanismError:
        return None
