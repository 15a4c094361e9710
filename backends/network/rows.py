"""The rows of each table: the union of what was configured and what the kernel has. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic

from backends.netlink_types import Address, BridgeVlan, Route
from backends.network.bridge_vlans import claims, counting, member_ident, port_of, vlan_key
from backends.network.children import handed_down
from backends.network.desired import on_link_prefixes, ula_addresses
from backends.network.kernel import address_ident as ident_of_address
from backends.network.kernel import route_ident as ident_of_route
from backends.network.places import address_ident, route_ident
from backends.network.plan import Ident
from backends.network.records import (
    KIND_OF,
    Bridge,
    BridgedVlan,
    BridgePort,
    EthernetLink,
    IpAddress,
    IpInterface,
    IpRoute,
    LogicalInterface,
    NeighborSetting,
    Port,
    R,
    Reference,
    Vlan,
    VlanMember,
    is_own,
    natural_ident,
    natural_key,
)
from backends.network.topology import Topology


@dataclass(frozen=True, slots=True)
class Row(Generic[R]):
    """One row. ``key`` is its identity for life; ``blank`` the record to begin with when it has none; ``parent`` the
    key of the row that it belongs to (the IP interface of an address, the bridge of a port).
    """

    key: str
    blank: R
    parent: str = ""

    @property
    def kind(self) -> type[R]:
        """Which table it is of."""
        return type(self.blank)

    @property
    def reference(self) -> Reference:
        """What points at it."""
        return Reference(KIND_OF[self.kind], self.key)

    @property
    def is_own(self) -> bool:
        """Whether somebody added it, rather than the machine having it."""
        return is_own(self.key)


def ports(topology: Topology) -> list[Row[Port]]:
    """Every Ethernet port."""
    found = [name for name, link in topology.links.items() if topology.is_port(link)]
    return [Row(name, Port()) for name in [*found, *_absent(topology, Port)]]


def ethernet_links(topology: Topology) -> list[Row[EthernetLink]]:
    """Every layer 2 endpoint, and those still to come."""
    found = [name for name, link in topology.links.items() if topology.has_ethernet_link(link)]
    return _with_added(topology, EthernetLink(), found)


def vlans(topology: Topology) -> list[Row[Vlan]]:
    """Every VLAN link, and those still to come."""
    return _with_added(topology, Vlan(), [name for name, link in topology.links.items() if link.kind == "vlan"])


def bridges(topology: Topology) -> list[Row[Bridge]]:
    """Every bridge, and those still to come."""
    return _with_added(topology, Bridge(), [name for name, link in topology.links.items() if link.kind == "bridge"])


def bridge_ports(topology: Topology) -> list[Row[BridgePort]]:
    """The ports of every bridge: its management port, its members, and those still to come."""
    rows: dict[str, Row[BridgePort]] = {}
    for bridge in bridges(topology):
        name = topology.link_of(bridge.reference)
        if name is None or name not in topology.links or topology.links[name].kind != "bridge":
            continue
        if topology.management_port(name) == name:
            rows[name] = Row(name, BridgePort(bridge=bridge.key, management=True), bridge.key)
        for member, link in topology.links.items():
            leaves = topology.goes(("port", member))
            if link.master == name and not leaves and not topology.claimants(BridgePort, member):
                rows[member] = Row(member, BridgePort(bridge=bridge.key), bridge.key)
    for key, record in topology.records.of(BridgePort).items():
        if not record.deleted and (is_own(key) or key in topology.links):
            rows[key] = Row(key, record, record.bridge)
    return [row for row in rows.values() if not topology.is_deleted(row.reference)]


def bridged_vlans(topology: Topology, entries: Sequence[BridgeVlan]) -> list[Row[BridgedVlan]]:
    """The VLANs of every bridge that filters: those that have an entry, and those that somebody made."""
    rows: dict[str, Row[BridgedVlan]] = {}
    for entry, bridge in counting(topology, entries):
        key = vlan_key(topology, bridge, entry.vlan_id)
        rows.setdefault(key, Row(key, BridgedVlan(bridge=bridge), bridge))
    for key, record in topology.records.of(BridgedVlan).items():
        rows[key] = Row(key, record, record.bridge)
    return [row for row in rows.values() if not topology.is_deleted(row.reference)]


def vlan_members(topology: Topology, entries: Sequence[BridgeVlan]) -> list[Row[VlanMember]]:
    """The entries of every bridge that filters, and those that somebody wants."""
    rows = []
    claimed, wanted = set[Ident](), claims(topology, {})
    for key, record in topology.records.of(VlanMember).items():
        claimed |= {ident} if (ident := member_ident(topology, key)) else set()
        if not record.deleted:
            rows.append(Row(key, record, record.bridge))
    for entry, bridge in counting(topology, entries):
        vlan = Reference("bridged_vlan", vlan_key(topology, bridge, entry.vlan_id))
        ident = ("bridge_vlan", entry.interface, str(entry.vlan_id))
        leaves = topology.goes(ident) and wanted.get(ident) is None
        if ident not in claimed and not leaves and not topology.is_deleted(vlan):
            key = f"{entry.interface} {entry.vlan_id}"
            rows.append(Row(key, VlanMember(bridge=bridge, vlan=vlan, port=port_of(topology, entry.interface)), bridge))
    return rows


def ip_interfaces(topology: Topology) -> list[Row[IpInterface]]:
    """Every link that may speak IP, and those still to come."""
    found = [name for name, link in topology.links.items() if topology.speaks_ip(link)]
    return _with_added(topology, IpInterface(), found)


def neighbor_settings(topology: Topology, speaking: Sequence[str]) -> list[Row[NeighborSetting]]:
    """A row for each link that speaks IPv6 and is no bridge's member, and those still to come."""
    found = [name for name in speaking if not topology.is_member(topology.links[name])]
    return _with_added(topology, NeighborSetting(), found)


def logical_interfaces(topology: Topology) -> list[Row[LogicalInterface]]:
    """Those that somebody made: the kernel has none."""
    return [Row(key, record) for key, record in topology.records.of(LogicalInterface).items()]


def addresses(topology: Topology, family: int, observed: Sequence[Address]) -> list[Row[IpAddress]]:
    """The addresses of one family: in the kernel, and wanted."""
    claimed, wanted = set[Ident](), {*ula_addresses(topology), *dict(handed_down(topology))}
    rows = []
    for key, record in topology.records.of(IpAddress).items():
        ident = address_ident(record, key, topology)
        claimed |= {ident} if ident else set()
        claimed |= set() if is_own(key) else {natural_ident("address", key)}
        if record.family == family and not record.deleted:
            rows.append(Row(key, record, _ip_row(topology, record.ip)))
    for address in observed:
        ident = ident_of_address(address)
        parent = topology.ip_key(address.interface)
        leaves = (topology.goes(ident) and ident not in wanted) or topology.is_leaving(address.interface)
        if leaves or ident in claimed:
            continue
        if address.family == family and address.interface in topology.links:
            rows.append(Row(natural_key(ident), IpAddress(ip=parent, family=family), parent))
    known = {row.key for row in ip_interfaces(topology)}
    return [row for row in rows if row.parent in known]


def routes(topology: Topology, family: int, observed: Sequence[Route], near: list[Ident]) -> list[Row[IpRoute]]:
    """The routes of one family in the main table: in the kernel, and wanted."""
    claimed, wanted = set[Ident](), {*on_link_prefixes(topology), *dict(handed_down(topology))}
    rows = []
    for key, record in topology.records.of(IpRoute).items():
        ident = route_ident(record, key, topology, near)
        claimed |= {ident} if ident else set()
        claimed |= set() if is_own(key) else {natural_ident("route", key)}
        if record.family == family and not record.deleted:
            rows.append(Row(key, record))
    for route in observed:
        ident = ident_of_route(route)
        leaves = (topology.goes(ident) and ident not in wanted) or topology.is_leaving(route.interface or "")
        if route.family == family and ident not in claimed and not leaves:
            rows.append(Row(natural_key(ident), IpRoute(family=family)))
    return rows


def _with_added(topology: Topology, blank: R, found: Sequence[str]) -> list[Row[R]]:
    """Rows of a table of links: what is there (or unplugged) and not claimed by an added row, and the added rows."""
    kind = type(blank)
    names = [name for name in [*found, *_absent(topology, kind)] if not topology.claimants(kind, name)]
    names = [name for name in names if not topology.is_leaving(name)]
    rows = [Row(name, blank) for name in names]
    rows += [Row(key, record) for key, record in _added(topology, kind)]
    return [row for row in rows if not topology.is_deleted(row.reference)]


def _absent(topology: Topology, kind: type[R]) -> list[str]:
    """Links that are not there at present (unplugged), and for which something is configured."""
    keys = [key for key, record in topology.records.of(kind).items() if not record.deleted]
    if kind is IpInterface:
        keys += [address.ip for address in topology.records.of(IpAddress).values() if not address.deleted]
    return [key for key in dict.fromkeys(keys) if not is_own(key) and key not in topology.links]


def _added(topology: Topology, kind: type[R]) -> Iterator[tuple[str, R]]:
    return ((key, record) for key, record in topology.records.of(kind).items() if is_own(key))


def _ip_row(topology: Topology, key: str) -> str:
    """The key under which an IP interface is shown: an added row may have taken the place of the machine's own."""
    name = topology.link_of(Reference("ip", key))
    return key if name is None or is_own(key) else topology.ip_key(name)
