"""The rows of Device.IP.Interface.{i}.IPv6Prefix: what the kernel has, what was added, and what was delegated."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from agent.model.object import Target
from backends.delegations import Delegation
from backends.netlink_types import Address, Route
from backends.network.children import DELEGATED, Child, children, delegation_of, slots
from backends.network.network import Network
from backends.network.records import IpPrefix, Reference
from backends.network.topology import Topology
from backends.tr181.layers import IP_INTERFACE

IPV6_PREFIX: Final = f"{IP_INTERFACE}IPv6Prefix.{{i}}."


@dataclass(frozen=True, slots=True)
class Prefix:
    """One prefix on one link, with what it was seen by; ``added`` is its record's key, "" where there is none.

    ``delegated``: it is what was delegated; ``child``: it was carved out of that.
    """

    parent: str
    interface: str | None
    network: ipaddress.IPv6Network | None
    addresses: tuple[Address, ...] = ()
    route: Route | None = None
    added: str = ""
    delegated: Delegation | None = None
    child: Child | None = None


def find_prefixes(network: Network) -> list[Prefix]:
    """Every prefix of every IP interface: those of the kernel's addresses and routes, those that were added, and those
    that were delegated and fill none of these.
    """
    topology = network.topology
    found, carved, filled = _on_links(network), children(topology), slots(topology)
    prefixes = []
    for key, record in network.prefix_records().items():
        name = topology.link_of(Reference("ip", record.ip))
        delegated, child = filled.get(key), carved.get(key)
        subnet = child.network if child else _told(record, delegated)
        seen = found.pop((name, subnet), ((), None)) if name and subnet else ((), None)
        prefixes.append(Prefix(record.ip, name, subnet, tuple(seen[0]), seen[1], key, delegated, child))
    known = {row.key for row in network.ip_rows()}
    prefixes += [
        Prefix(topology.ip_key(one.link), one.link, ipaddress.IPv6Network(one.prefix), delegated=one)
        for one in topology.delegated
        if one not in filled.values() and topology.ip_key(one.link) in known
    ]
    for (name, subnet), (addresses, route) in found.items():
        if (parent := topology.ip_key(name)) in known:
            prefixes.append(Prefix(parent, name, subnet, tuple(addresses), route))
    return prefixes


def prefix_target(topology: Topology, parent: str, link: str, subnet: ipaddress.IPv6Network) -> Target:
    """The row of a prefix on a link; ``parent`` is the key of the IP interface."""
    carved = (key for key, one in children(topology).items() if (one.link, one.network) == (link, subnet))
    return Target(IPV6_PREFIX, (parent, next(carved, f"{link} {subnet}")))


def parent_target(topology: Topology, parent: Reference | None) -> Target | None:
    """The row that a child's parent is at present; one that is away has no row, and comes back."""
    if parent is None:
        return None
    delegated = delegation_of(parent, topology)
    slot = next((key for key, one in slots(topology).items() if one == delegated), parent.key)
    record = topology.records.of(IpPrefix).get(slot)
    if record is not None:
        return Target(IPV6_PREFIX, (record.ip, slot))
    return Target(IPV6_PREFIX, (topology.ip_key(parent.key.partition(" ")[0]), parent.key))


def parent_of(topology: Topology, target: Target) -> Reference | None:
    """What a child stores of the row that it is told to be a part of; None for a row that nothing is delegated to."""
    if target.table != IPV6_PREFIX:
        return None
    key = target.keys[-1]
    record = topology.records.of(IpPrefix).get(key)
    is_delegated = record.static_type == DELEGATED if record else any(one.key == key for one in topology.delegated)
    return Reference("prefix", key) if is_delegated else None


def _on_links(network: Network) -> dict[tuple[str, ipaddress.IPv6Network], tuple[list[Address], Route | None]]:
    """What the kernel has of prefixes, by link."""
    found: dict[tuple[str, ipaddress.IPv6Network], tuple[list[Address], Route | None]] = {}
    for row in network.addresses(6):
        address = network.address_of(row)
        if address is not None and address.prefix_length < 128:
            subnet = ipaddress.IPv6Network((address.address, address.prefix_length), strict=False)
            found.setdefault((address.interface, subnet), ([], None))[0].append(address)
    for route in network.find_routes():
        on_link = route.family == 6 and route.gateway is None and route.protocol in ("kernel", "ra")
        if on_link and route.interface and route.destination and route.type == "unicast":
            subnet = ipaddress.IPv6Network(route.destination)
            if subnet.prefixlen < 128 and not subnet.is_multicast:
                addresses, _ = found.get((route.interface, subnet), ([], None))
                found[route.interface, subnet] = (addresses, route)
    return found


def _told(record: IpPrefix, delegated: Delegation | None) -> ipaddress.IPv6Network | None:
    text = delegated.prefix if delegated else None if record.static_type else record.prefix
    return ipaddress.IPv6Network(text) if text else None
