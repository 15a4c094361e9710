"""Prefixes of the LAN that are carved out of one that was delegated to this machine (RFC 8415 6.3, RFC 7084). Pure.

A row of the kind "Child" says out of which and which part; what it is at present follows from what is delegated at
present, so that a server that renumbers changes the kernel and no record.
"""

import ipaddress
from collections.abc import Iterator
from typing import Final, NamedTuple

from backends.delegations import Delegation
from backends.network.places import IPV6_DEFAULT_METRIC
from backends.network.plan import Attributes, Ident
from backends.network.records import IpInterface, IpPrefix, IpStack, Reference, is_own
from backends.network.topology import Topology

CHILD, DELEGATED = "Child", "PrefixDelegation"
"""The kinds of rows that are filled by what is delegated, by TR-181's words."""
SUBNET_LENGTH: Final = 64
"""The longest child: a link's own address has 64 bits behind the prefix (RFC 4291 2.5.1)."""
UNIVERSAL: Final = 0x02


class Child(NamedTuple):
    """What a row of the kind "Child" is at present; the ends as of a Delegation."""

    parent: Delegation
    link: str
    network: ipaddress.IPv6Network
    address: str
    preferred_until: int
    valid_until: int

    @property
    def ident(self) -> Ident:
        """Its address in the kernel, which brings the prefix's route along."""
        return ("address", self.link, f"{self.address}/{self.network.prefixlen}")


def slots(topology: Topology) -> dict[str, Delegation]:
    """The rows of the kind "PrefixDelegation" by key, with what fills each: on each link the first fills the first."""
    filled: dict[str, Delegation] = {}
    left = list(topology.delegated)
    for key, record in _of_kind(topology, DELEGATED):
        link = topology.link_of(Reference("ip", record.ip))
        found = next((one for one in left if record.enable and one.link == link), None)
        if found is not None:
            left.remove(found)
            filled[key] = found
    return filled


def delegation_of(parent: Reference | None, topology: Topology) -> Delegation | None:
    """What is delegated at present to the row that a child refers to: a slot, or the n-th of a link."""
    if parent is None:
        return None
    if is_own(parent.key):
        return slots(topology).get(parent.key)
    return next((one for one in topology.delegated if one.key == parent.key), None)


def children(topology: Topology) -> dict[str, Child]:
    """The children that are there, by key. One that would overlap an earlier one, or does not fit, is none."""
    found: dict[str, Child] = {}
    for key, record in _of_kind(topology, CHILD):
        parent, name = delegation_of(record.parent, topology), topology.link_of(Reference("ip", record.ip))
        if parent is None or name is None or name == parent.link or not record.enable or not _speaks(topology, record):
            continue
        network = carve(ipaddress.IPv6Network(parent.prefix), record.child_bits or "", record.subnet or 0)
        link = topology.links.get(name)
        if network is None or link is None or any(network.overlaps(one.network) for one in found.values()):
            continue
        address = str(network.network_address + interface_identifier(link.mac))
        valid = _soonest(parent.valid_until, record.valid_until)
        preferred = _soonest(parent.preferred_until, record.preferred_until, valid)
        found[key] = Child(parent, name, network, address, preferred, valid)
    return found


def carve(parent: ipaddress.IPv6Network, bits: str, subnet: int) -> ipaddress.IPv6Network | None:
    """The part of a prefix: what ChildPrefixBits says, where it is longer than the parent; else the /64 with this
    number. None where there is no such part.
    """
    told = ipaddress.IPv6Network(bits) if bits else None
    if told is not None and told.prefixlen > parent.prefixlen:
        right = int(told.network_address) & int(parent.hostmask)
        return ipaddress.IPv6Network((int(parent.network_address) | right, told.prefixlen))
    if parent.prefixlen > SUBNET_LENGTH or subnet >> (SUBNET_LENGTH - parent.prefixlen):
        return None
    return ipaddress.IPv6Network((int(parent.network_address) + (subnet << SUBNET_LENGTH), SUBNET_LENGTH))


def interface_identifier(mac: str) -> int:
    """The 64 bits that a link makes of its hardware address (RFC 4291, appendix A); 1 for a link that has none."""
    octets = bytearray.fromhex(mac.replace(":", ""))
    if len(octets) != 6 or not any(octets):
        return 1
    octets[0] ^= UNIVERSAL
    return int.from_bytes(octets[:3] + b"\xff\xfe" + octets[3:], "big")


def free_subnet(topology: Topology) -> int:
    """The first number that no child has: a number is kept for as long as its row is there."""
    taken = {record.subnet for _, record in _of_kind(topology, CHILD)}
    return next(number for number in range(len(taken) + 1) if number not in taken)


def handed_down(topology: Topology) -> Iterator[tuple[Ident, Attributes]]:
    """What is to be in the kernel: an address of each child, and what is unused leads nowhere (RFC 7084 WPD-5)."""
    for child in children(topology).values():
        yield child.ident, {"until": [child.preferred_until, child.valid_until]}
    for one in topology.delegated:
        yield unused(one), {"protocol": "static"}


def is_of_delegation(topology: Topology, ident: Ident) -> bool:
    """Whether a route is there because of what was delegated: a child's own, or that of what no child has."""
    if not topology.delegated or ident[0] != "route":
        return False
    _, _, destination, gateway, link = ident[:5]
    on_link = gateway == "-" and any(
        (str(child.network), child.link) == (destination, link) for child in children(topology).values()
    )
    return on_link or any(ident == unused(one) for one in topology.delegated)


def unused(delegation: Delegation) -> Ident:
    """The route that what is sent to no child of a delegated prefix takes: nowhere, rather than back out."""
    return ("route", "6", delegation.prefix, "-", "lo", IPV6_DEFAULT_METRIC, "unreachable")


def _of_kind(topology: Topology, kind: str) -> list[tuple[str, IpPrefix]]:
    rows = [(key, record) for key, record in topology.records.of(IpPrefix).items() if record.static_type == kind]
    return sorted(rows, key=lambda row: int(row[0][1:]))


def _speaks(topology: Topology, record: IpPrefix) -> bool:
    """Whether the IP interface of a row has IPv6 addresses at all."""
    above = topology.records.of(IpInterface).get(record.ip)
    if topology.records.of(IpStack).get("", IpStack()).ipv6 is False:
        return False
    stands = not is_own(record.ip) or (above is not None and bool(above.enable))
    return stands and (above is None or above.ipv6 is not False)


def _soonest(*ends: int | None) -> int:
    """The soonest of some ends, of which 0 is never."""
    return min(filter(None, ends), default=0)
