"""Which rows something in the kernel comes from, so that a refusal can be told of them. Pure."""

from collections.abc import Iterator
from typing import Final

from backends.network.children import children
from backends.network.places import address_ident, route_ident
from backends.network.plan import Ident
from backends.network.policies import rule_ident
from backends.network.records import IpAddress, IpPrefix, IpRoute, Record, Reference, is_own, natural_ident
from backends.network.topology import Topology

KINDS_BEHIND: Final = {
    "link": ("port", "ethernet_link", "vlan", "bridge", "bridge_port", "ip"),
    "phy": ("port",),
    "vlan": ("vlan",),
    "bridge": ("bridge",),
    "port": ("bridge_port",),
    "bridge_vlan": ("vlan_member", "bridged_vlan", "bridge_port"),
    "ipv6": ("ip",),
    "address": ("address", "prefix"),
    "route": ("route",),
    "rule": ("route",),
    "interface": ("ip",),
    "assign": ("ip",),
    "sysctl": ("neighbor_setting",),
    "ula": ("stack",),
}
"""The kinds of rows that can ask for each kind of thing."""


def rows_behind(ident: Ident, topology: Topology, near: list[Ident]) -> Iterator[Reference]:
    """The rows with a record that ask for this, or stand for it. ``near`` is ``subnets``."""
    for kind in KINDS_BEHIND[ident[0]]:
        for key, record in topology.records.by_kind.get(kind, {}).items():
            if _asks_for(ident, Reference(kind, key), record, topology, near):
                yield Reference(kind, key)


def _asks_for(ident: Ident, row: Reference, record: Record, topology: Topology, near: list[Ident]) -> bool:
    if isinstance(record, IpAddress | IpRoute):
        if not is_own(row.key) and ident == natural_ident(row.kind, row.key):
            return True
        if isinstance(record, IpAddress):
            return ident == address_ident(record, row.key, topology)
        route = route_ident(record, row.key, topology, near)
        return route is not None and ident in (route, rule_ident(route))
    if isinstance(record, IpPrefix):
        child = children(topology).get(row.key)
        return child is not None and ident == child.ident
    return topology.link_of(row) == ident[1]
