"""What a plan must not do: contradict itself, take what is another's, cut the way to the management server. Pure."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

from backends.link_modes import speeds
from backends.netlink_types import RouteTo
from backends.network.bridge_vlans import member_ident
from backends.network.desired import Claims, modes_of, subnets
from backends.network.errors import Conflict, HandMade, Refused
from backends.network.places import address_ident, route_ident
from backends.network.plan import Change, Ident, State, family_of, link_of
from backends.network.records import (
    NO_MASK,
    Bridge,
    BridgedVlan,
    BridgePort,
    EthernetLink,
    IpAddress,
    IpInterface,
    IpRoute,
    Port,
    Reference,
    Vlan,
    VlanMember,
    is_own,
)
from backends.network.topology import Topology

LONGEST_WITH_NAMES: Final = 30
"""Subnets of this length or shorter have an address that names them, and one for all in them (RFC 3021)."""
BY_THEMSELVES: Final = ("kernel", "ra", "dhcp")
"""The protocols of routes that nobody configured."""
BY_HAND: Final = ", made by somebody else than the agent: take that away first, or change it by its row"


def contradictions(topology: Topology, observed: State, claimed: Claims, held: Claims) -> Iterator[Refused]:
    """What is wanted and cannot be: a Conflict, or HandMade where what is in the way is nobody's row. ``held`` is what
    was wanted, and made, before.
    """
    seen, staying = set[Ident](), set[Ident]()
    originals = topology.records.originals
    leaving = {ident for ident, was in originals.items() if was is None and ident not in claimed}
    leaving |= {ident for ident, wanted in claimed.items() if wanted is None}
    for ident in {*observed, *claimed} - leaving:
        if ident[:2] == ("route", "4"):
            staying.add(ident)
    for ident in _own_idents(topology, observed):
        if ident in seen:
            yield Conflict(f"{' '.join(ident[1:])} is wanted twice", ident)
        seen.add(ident)
        if ident in held or claimed.get(ident) is None:
            continue
        if ident in observed and ident not in originals:
            what = f"{' '.join(ident[1:])} is there already"
            yield HandMade(f"{what}{BY_HAND}", ident) if _is_by_hand(ident, observed) else Conflict(what, ident)
        for rival in _rivals(ident, staying):
            what = f"there is another route to {ident[2]} with metric {ident[5]}"
            if rival in claimed or rival in originals or not _is_by_hand(rival, observed):
                yield Conflict(what, ident)
            else:
                yield HandMade(f"{what}, {_way(rival)}{BY_HAND}", ident)
    yield from (Conflict(reason, ident) for ident, reason in _taken_twice(topology))
    for key, port in topology.records.of(Port).items():
        supported = observed.get(("phy", key), {}).get("supported", ())
        if speeds(supported) and not speeds(modes_of(port, supported)):
            yield Conflict(f"{key} has no such link mode", ("phy", key))


def _is_by_hand(ident: Ident, observed: State) -> bool:
    """Whether something that is there, and that no row claims, was configured: not by the kernel, a router's
    advertisement or a lease.
    """
    there = observed.get(ident)
    if there is None or ident[0] == "bridge_vlan":  # those come with the bridge
        return False
    if ident[0] == "address":
        return "permanent" in there["flags"] and not there["protocol"].startswith("kernel")
    return ident[0] != "route" or there["protocol"] not in BY_THEMSELVES


def _way(route: Ident) -> str:
    return " ".join(f"{word} {name}" for word, name in (("by", route[3]), ("on", route[4])) if name != "-")


def _taken_twice(topology: Topology) -> Iterator[tuple[Ident, str]]:
    """What has one row only and is claimed by two: a VLAN of a bridge, the layers on a link."""
    numbers = [
        (vlan.bridge, vlan.vlan_id)
        for key, vlan in topology.records.of(BridgedVlan).items()
        if is_own(key) and vlan.enable
    ]
    for bridge, number in {one for one in numbers if numbers.count(one) > 1}:
        name = topology.link_of(Reference("bridge", bridge)) or ""
        yield ("bridge_vlan", name, str(number)), f"{name} has VLAN {number} already"
    for kind, what in ((EthernetLink, "Ethernet link"), (IpInterface, "IP interface")):
        for name in topology.links:
            users = topology.claimants(kind, name)
            natural = topology.records.of(kind).get(name)
            if len(users) > 1 or (users and natural is not None and not natural.deleted):
                yield ("link", name), f"{name} has another {what} already"


def wrong_management_ports(before: Topology, topology: Topology) -> Iterator[tuple[str, str, str]]:
    """Ports that are now to be a bridge's own and cannot: the row's key, the field to blame, and why."""
    ports = topology.records.of(BridgePort)
    for key, port in ports.items():
        was = before.records.of(BridgePort).get(key, BridgePort())
        if not port.management or port == was:
            continue
        if port.lower is not None:
            yield key, "management", "a port over an interface is a member; a management port has no interface below it"
        if any(other.management and other.bridge == port.bridge for one, other in ports.items() if one != key):
            yield key, "management", "the bridge has another management port"


def impossible_addresses(before: Topology, topology: Topology) -> Iterator[tuple[str, str, str]]:
    """IPv4 addresses that now are those of their subnet as a whole: the row's key, the field to blame, and why."""
    for key, record in topology.records.of(IpAddress).items():
        if record.family != 4 or record.deleted or record == before.records.of(IpAddress).get(key):
            continue
        natural, _, told = ("" if is_own(key) else key.partition(" ")[2]).partition("/")
        address, length = record.address or natural, told if record.prefix_length is None else record.prefix_length
        if not address or length == "" or int(length) > LONGEST_WITH_NAMES:
            continue
        subnet = ipaddress.IPv4Network((address, int(length)), strict=False)
        if ipaddress.IPv4Address(address) in (subnet.network_address, subnet.broadcast_address):
            yield key, "address", f"{address} is no address of one machine in {subnet}"


def broken_routes(before: Topology, topology: Topology, observed: State) -> Iterator[tuple[str, str, str]]:
    """Routes in the kernel that would go, because what their rows say now leads nowhere, and those whose destination
    is an address within the subnet that the mask makes: the row's key, the field to blame, and why.
    """
    near_before, near = subnets(before, observed), subnets(topology, observed)
    for key, route in topology.records.of(IpRoute).items():
        was = before.records.of(IpRoute).get(key, IpRoute(family=route.family))
        told = [name for name in ("gateway", "ip", "destination", "prefix_length") if _differs(name, was, route)]
        if {"destination", "prefix_length"} & set(told) and (network := _inexact(route)) and not route.deleted:
            yield key, "destination", f"{route.destination} is an address in {network}: the destination is {network[0]}"
        if not told or route.deleted or route.enable is False or route_ident(route, key, topology, near) is not None:
            continue
        ident = route_ident(was, key, before, near_before)
        if ident and ident in observed and was.enable is not False:
            way = "its gateway is not reached so; set gateway and interface in one request, or disable it meanwhile"
            yield key, told[0], f"the route to {ident[2]} would lead nowhere: {way}"


def _inexact(route: IpRoute) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The subnet of a destination that has bits right of its mask."""
    if not route.destination or route.prefix_length in (None, NO_MASK):
        return None
    network = ipaddress.ip_network((route.destination, route.prefix_length), strict=False)
    return network if network.network_address != ipaddress.ip_address(route.destination) else None


def _differs(name: str, one: IpRoute, other: IpRoute) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def cuts_path(changes: Iterable[Change], path: RouteTo | None, topology: Topology) -> bool:
    """Whether the changes take away what the management server is reached by: link, source address or route."""
    if path is None:
        return False
    critical = _carriers(path.interface, topology)
    return any(_cuts(change, path, critical) for change in changes)


def _own_idents(topology: Topology, observed: State) -> Iterator[Ident]:
    """What each enabled row that was added, or moved, asks for."""
    records, near = topology.records, subnets(topology, observed)
    for key, address in records.of(IpAddress).items():
        if not address.deleted and address.enable is not False and (ident := address_ident(address, key, topology)):
            yield ident
    for key, route in records.of(IpRoute).items():
        if not route.deleted and route.enable is not False and (found := route_ident(route, key, topology, near)):
            yield found
    for key, vlan in records.of(Vlan).items():
        if is_own(key) and vlan.enable and (name := topology.vlan_name(key)):
            yield ("vlan", name)
    for key, bridge in records.of(Bridge).items():
        if is_own(key) and bridge.enable and bridge.name:
            yield ("bridge", bridge.name)
    yield from _members(topology)
    for key, member in records.of(VlanMember).items():
        if is_own(key) and member.enable and (entry := member_ident(topology, key)):
            yield entry


def _rivals(ident: Ident, staying: set[Ident]) -> Iterator[Ident]:
    """IPv4 has one route to a destination for each metric, whichever way it leads."""
    if ident[:2] != ("route", "4"):
        return
    for other in sorted(staying - {ident}):
        if other[:3] == ident[:3] and other[5] == ident[5] and other[7:] == ident[7:]:
            yield other


def _members(topology: Topology) -> Iterator[Ident]:
    for key, port in topology.records.of(BridgePort).items():
        if port.enable and not port.management and (name := topology.link_of(Reference("bridge_port", key))):
            yield ("port", name)


def _carriers(name: str, topology: Topology) -> set[str]:
    """A link, what it lies over, and a bridge's members."""
    found = {name, *topology.below(name)}
    members = {link.name for link in topology.links.values() if link.master in found} - found
    return found | {below for member in members for below in _carriers(member, topology)}


def _cuts(change: Change, path: RouteTo, critical: set[str]) -> bool:
    kind, after = change.ident[0], change.after
    if kind == "rule" or len(change.ident) > 7:  # for packets of a policy, which the agent's own have none of
        return False
    if kind == "route":
        is_way = link_of(change.ident) == path.interface and change.ident[3] == (path.gateway or "-")
        is_default = change.ident[2] == "default" and family_of(change.ident) == (6 if ":" in path.source else 4)
        return is_default or (is_way and after is None)
    if change.ident[1] not in critical:
        return False
    if kind == "address":
        return after is None and change.ident[2].partition("/")[0] == path.source
    if kind == "ipv6":
        return ":" in path.source and after is not None and not after["enabled"]
    if kind == "bridge_vlan":
        return change.before is not None
    if kind == "bridge" and after is not None and "vlan_filtering" in after:
        return True
    return kind in ("port", "phy") or after is None or after.get("up") is False or after.get("arp") is False
