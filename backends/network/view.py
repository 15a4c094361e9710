"""What is configured and what the kernel has, as one: the rows of every table and what they stand for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from backends.delegations import Delegation
from backends.ethtool import MacCounters, Phy, Ports
from backends.netlink import Netlink
from backends.netlink_types import MAIN_TABLE, Address, BridgeVlan, Link, Route
from backends.network import bridge_vlans
from backends.network import rows as tables
from backends.network.desired import links_made, raised, subnets, ways_out_wanted
from backends.network.kernel import Kernel, address_ident, route_ident
from backends.network.other_layers import OtherLayers
from backends.network.places import address_ident as wanted_address
from backends.network.places import route_ident as wanted_route
from backends.network.plan import Ident
from backends.network.records import (
    BridgedVlan,
    IpAddress,
    IpInterface,
    IpPrefix,
    IpRoute,
    IpStack,
    NeighborSetting,
    R,
    Records,
    VlanMember,
)
from backends.network.rows import Row
from backends.network.topology import Topology
from backends.network.traffic import NOTHING, Baselines, Traffic
from backends.procfs import Procfs

T = TypeVar("T")


class NetworkView:
    """Reads; what is derived from a dump of the kernel is kept as long as the dump is.

    ``other_layers``: the tables of other services that links belong to; ``delegations``: the prefixes that were
    delegated to this machine, the same object until it is to be read anew; ``ways_out``: the links that lead outside
    at present; ``translating``: those on which NAT is wanted; ``serving``: those whose hosts this machine gives
    addresses; ``leased``: whether a DHCPv4 server gave an address of a link, where the kernel cannot tell. Whoever
    wires them puts them there.
    """

    def __init__(self, netlink: Netlink, procfs: Procfs, ports: Ports | None = None) -> None:
        self._netlink = netlink
        self._ports = ports
        self._kernel = Kernel(netlink, procfs, ports)
        self._records = Records()
        self.other_layers: Sequence[OtherLayers] = ()
        self.delegations: Callable[[], Sequence[Delegation]] = tuple
        self.ways_out: Callable[[], frozenset[str]] = frozenset
        self.translating: Callable[[], frozenset[str]] = frozenset
        self.serving: Callable[[], frozenset[str]] = frozenset
        self.leased: Callable[[str, str], bool] = lambda _link, _address: False
        self._led_outside: frozenset[str] = frozenset()
        self._manage: tuple[str, ...] = ()
        self._baselines = Baselines()
        self._derived: dict[str, tuple[tuple[Any, ...], Any]] = {}

    @property
    def topology(self) -> Topology:
        """Records and links as they are now, staged edits included."""
        made_of = (
            self._records,
            self._netlink.links(),
            self.other_layers,
            self._manage,
            self._is_waiting,
            self._in_use(),
            self.delegations(),
        )
        return self._kept("topology", made_of, Topology)

    def _in_use(self) -> frozenset[str]:
        """The members of bridges that have addresses or routes, other than those that the kernel gives every link."""
        links = self._netlink.links()
        members = self._kept("members", (links,), lambda them: frozenset(link.name for link in them if link.master))
        if not members:
            return members
        return self._kept("in use", (members, self._netlink.addresses(), self._netlink.routes()), _speaking)

    @property
    def _is_waiting(self) -> bool:
        """Whether the records say what is not made yet."""
        return False

    def ip_rows(self) -> list[Row[IpInterface]]:
        """The rows of IP interfaces."""
        return tables.ip_interfaces(self.topology)

    def addresses(self, family: int) -> list[Row[IpAddress]]:
        """The address rows of a family."""
        return tables.addresses(self.topology, family, self._netlink.addresses())

    def routes(self, family: int) -> list[Row[IpRoute]]:
        """The route rows of a family."""
        return tables.routes(self.topology, family, self._netlink.routes(), self.near())

    def bridged_vlans(self) -> list[Row[BridgedVlan]]:
        """The VLANs of bridges that filter."""
        return tables.bridged_vlans(self.topology, self._netlink.bridge_vlans())

    def vlan_members(self) -> list[Row[VlanMember]]:
        """The ports that VLANs pass, in bridges that filter."""
        return tables.vlan_members(self.topology, self._netlink.bridge_vlans())

    def vlan_entries(self) -> Sequence[BridgeVlan]:
        """What the kernel lets pass its bridges' members."""
        return self._netlink.bridge_vlans()

    def kernel_pvid(self, name: str) -> int | None:
        """The VLAN that the kernel takes a member's untagged frames for; None where it drops them."""
        return next((one.vlan_id for one in self._netlink.bridge_vlans() if one.interface == name and one.pvid), None)

    def vlan_entry(self, row: Row[VlanMember]) -> BridgeVlan | None:
        """What the kernel has of such a row."""
        ident = bridge_vlans.member_ident(self.topology, row.key)
        entries = self._by_ident("bridge vlans", self._netlink.bridge_vlans(), _entry_ident)
        return entries.get(ident) if ident else None

    def pvid(self, name: str) -> int | None:
        """The VLAN of untagged frames that come in by a bridge's member; None where they are dropped."""
        return bridge_vlans.pvid(self.topology, name, self.kernel_pvid(name))

    def record(self, row: Row[R]) -> R:
        """What is configured of a row; a blank record when nothing is."""
        return self._records.of(row.kind).get(row.key, row.blank)

    def link_name(self, row: Row[Any]) -> str | None:
        """The link that a row stands for, there or not yet."""
        return self.topology.link_of(row.reference)

    def link(self, row: Row[Any]) -> Link | None:
        """The link that a row stands for, when the kernel has it."""
        return self.topology.links.get(self.link_name(row) or "")

    def prefix_records(self) -> Mapping[str, IpPrefix]:
        """The IPv6 prefixes that somebody made, by key."""
        return self._records.of(IpPrefix)

    def near(self) -> list[Ident]:
        """What a gateway may be reached through (see ``subnets``)."""
        addresses, routes = self._netlink.addresses(), self._netlink.routes()

        def find(topology: Topology, *_: object) -> list[Ident]:
            return subnets(topology, [*map(address_ident, addresses), *map(route_ident, routes)])

        return self._kept("near", (self.topology, addresses, routes), find)

    def stands_up(self, name: str, now: bool) -> bool:
        """Whether a link is up, or would be but for what one row of it says: it was before, or another asks for it."""
        was = (self._records.originals.get(("link", name)) or {}).get("up", now)
        return now or bool(was) or name in self._kept("raised", (self.topology,), raised)

    def links_wanted(self) -> frozenset[str]:
        """The links that rows ask for, there or not."""
        return self._kept("links wanted", (self.topology,), links_made)

    def ways_out_wanted(self) -> frozenset[str]:
        """The links over which rows ask for a default route, there or not."""
        return self._kept("ways out wanted", (self.topology, self.near()), ways_out_wanted)

    def led_outside(self) -> frozenset[str]:
        """The links that default routes lead to, are to lead to, or did. A way out stays one when its route goes: the
        link is coming back. One that serves a home does not: any of its hosts may have called itself a router.
        """
        routes = [route for route in self._netlink.routes() if not route.destination and route.type == "unicast"]
        now = frozenset(route.interface for route in routes if route.interface)
        self._led_outside = now | (self._led_outside - self.serving())
        return self._led_outside | self.ways_out_wanted()

    def outside(self) -> frozenset[str]:
        """The links behind which strangers are, for the packet filter and for who serves names."""
        return self.led_outside() | self.translating()

    def setting(self, name: str, path: str) -> str | None:
        """A kernel setting of a link: ``path`` below /proc/sys, with ``{}`` for the link; None where there is none."""
        return self._kernel.setting(name, path)

    def neighbor_settings(self) -> list[Row[NeighborSetting]]:
        """The links that discover neighbours, and the settings that somebody made."""
        speaking = [name for name in self.topology.links if name != "lo" and self.ipv6_enabled(name) is not None]
        return tables.neighbor_settings(self.topology, speaking)

    def stack(self) -> IpStack:
        """What is configured of the IP stack as a whole."""
        return self._records.of(IpStack).get("", IpStack())

    def ipv6_enabled(self, name: str) -> bool | None:
        """Whether a link speaks IPv6; None when the kernel does not."""
        return self._kernel.ipv6_enabled(name)

    def phy(self, name: str) -> Phy | None:
        """The physical side of a port; None where the kernel tells nothing of it."""
        ports = self._ports
        if ports is None:
            return None
        return self._kept("phys", (self._netlink.links(),), lambda _: ports.phys()).get(name)

    def traffic(self, name: str) -> Traffic:
        """What a link has carried; nothing, when the kernel has no such link."""
        link = self.topology.links.get(name)
        return self._baselines.since(link, self._traffic(link)) if link else NOTHING

    def _traffic(self, link: Link) -> Traffic:
        ports = self._ports
        if ports is None:
            return Traffic(link.counters)
        frames = self._kept("frames", (self._netlink.links(),), lambda _: ports.mac_counters())
        return Traffic(link.counters, frames.get(link.name, MacCounters()))

    def state_age(self, name: str) -> int:
        """Seconds since a link's operational state was seen to change."""
        return self._netlink.state_age(name)

    def address_of(self, row: Row[IpAddress]) -> Address | None:
        """The address of a row, when the kernel has it."""
        ident = self.address_ident(row)
        return self._by_ident("addresses", self._netlink.addresses(), address_ident).get(ident) if ident else None

    def address_ident(self, row: Row[IpAddress]) -> Ident | None:
        """Where an address row belongs in the kernel; None while something is missing."""
        return wanted_address(self.record(row), row.key, self.topology)

    def find_routes(self) -> Sequence[Route]:
        """The routes that the kernel has."""
        return self._netlink.routes()

    def route_of(self, row: Row[IpRoute]) -> Route | None:
        """The route of a row, when the kernel has it."""
        ident = self.route_ident(row)
        if ident is None:
            return None
        table = int(ident[7]) if len(ident) > 7 else MAIN_TABLE
        return self._by_ident(f"routes {table}", self._netlink.routes(table), route_ident).get(ident)

    def route_ident(self, row: Row[IpRoute]) -> Ident | None:
        """Where a route row belongs in the kernel."""
        return wanted_route(self.record(row), row.key, self.topology, self.near())

    def _by_ident(self, what: str, found: Sequence[T], ident: Callable[[T], Ident]) -> dict[Ident, T]:
        return self._kept(what, (found,), lambda all_of_them: {ident(one): one for one in all_of_them})

    def _kept(self, what: str, made_of: tuple[Any, ...], make: Callable[..., T]) -> T:
        """What was made of these very objects before, else made now."""
        known = self._derived.get(what)
        if known is None or any(one is not other for one, other in zip(known[0], made_of, strict=True)):
            known = self._derived[what] = (made_of, make(*made_of))
        made: T = known[1]
        return made


def _speaking(members: frozenset[str], addresses: Sequence[Address], routes: Sequence[Route]) -> frozenset[str]:
    found = {address.interface for address in addresses if address.scope != "link"}
    found |= {route.interface for route in routes if route.interface and route.protocol != "kernel"}
    return members & found


def _entry_ident(entry: BridgeVlan) -> Ident:
    return ("bridge_vlan", entry.interface, str(entry.vlan_id))
