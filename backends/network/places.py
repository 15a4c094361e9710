"""Where the address or the route of a record belongs in the kernel, and what a gateway is reached through. Pure."""

import ipaddress
from functools import lru_cache

from backends.network.plan import Ident
from backends.network.policies import table_of
from backends.network.records import NO_MASK, IpAddress, IpRoute, Reference, is_own
from backends.network.topology import Topology, cidr

IPV6_DEFAULT_METRIC = "1024"
"""What the kernel makes of none."""

IpAddressOf = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetworkOf = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_ident(record: IpAddress, key: str, topology: Topology) -> Ident | None:
    """Where the address of a record belongs; None while something is missing."""
    name = topology.link_of(Reference("ip", record.ip))
    if is_own(key):
        address, length = record.address, record.prefix_length
    else:
        address, _, told = key.partition(" ")[2].partition("/")
        address, length = (
            record.address or address,
            record.prefix_length if record.prefix_length is not None else int(told),
        )
    return ("address", name, cidr(address, length)) if name and address and length is not None else None


def route_ident(record: IpRoute, key: str, topology: Topology, near: list[Ident]) -> Ident | None:
    """Where the route of a record belongs; None while something is missing, or when the interface it is given does not
    reach the gateway. ``near`` is ``subnets``.
    """
    natural = ("", "default", "-", "-", "0", "unicast") if is_own(key) else tuple(key.split(" "))
    destination = _destination(record, natural[1])
    kind = record.type or natural[5]
    gateway = (natural[2] if record.gateway is None else record.gateway) or "-"
    metric = natural[4] if record.metric is None else str(record.metric)
    if record.family == 6 and metric == "0":
        metric = IPV6_DEFAULT_METRIC
    if kind != "unicast":
        gateway, interface = "-", "-" if record.family == 4 else "lo"  # where the kernel puts IPv6's
    elif record.ip:
        interface = topology.link_of(Reference("ip", record.ip)) or "-"
        if gateway != "-" and not _reaches(interface, gateway, near):
            return None
    elif gateway != "-" and (is_own(key) or record.gateway or record.ip == ""):
        interface = natural[3] if _stays(natural[3], record, gateway, near) else interface_to(gateway, near) or "-"
    else:
        interface = "-" if record.ip == "" else natural[3]
    if destination is None or (kind == "unicast" and interface == "-"):
        return None
    return ("route", str(record.family), destination, gateway, interface, metric, kind, *table_of(record.policy))


def _destination(record: IpRoute, natural: str) -> str | None:
    """The destination with its length, "default"; a missing mask stands for one address (TR-181 DestSubnetMask)."""
    address, _, told = ("", "", "") if natural == "default" else natural.partition("/")
    if record.destination is not None:
        address, told = record.destination, told if record.destination else ""
    length = int(told) if told and record.prefix_length is None else record.prefix_length
    if length == NO_MASK:
        length = None
    if length == 0 or (not address and length is None):
        return "default"
    if not address:
        return None
    longest = 32 if record.family == 4 else 128
    return str(ipaddress.ip_network((address, longest if length is None else length), strict=False))


def interface_to(gateway: str, near: list[Ident]) -> str | None:
    """The link whose subnet a gateway is in, the narrowest one; a link-local gateway is on no link in particular."""
    there = ipaddress.ip_address(gateway)
    if _is_on_any_link(there):
        return None
    found = [(subnet.prefixlen, name) for subnet, name in map(_subnet, near) if _is_in(there, subnet)]
    return max(found, key=lambda one: one[0])[1] if found else None


def _reaches(interface: str, gateway: str, near: list[Ident]) -> bool:
    there = ipaddress.ip_address(gateway)
    return _is_on_any_link(there) or any(
        name == interface and _is_in(there, subnet) for subnet, name in map(_subnet, near)
    )


def _stays(interface: str, record: IpRoute, gateway: str, near: list[Ident]) -> bool:
    """Whether a route that was found on an interface, and is told none, keeps it for this gateway."""
    return interface != "-" and record.ip is None and _reaches(interface, gateway, near)


def _is_on_any_link(address: IpAddressOf) -> bool:
    return address.version == 6 and address.is_link_local


def _is_in(address: IpAddressOf, subnet: IpNetworkOf) -> bool:
    return subnet.version == address.version and address in subnet


def is_on_link(ident: Ident) -> bool:
    """Whether something has a subnet that is reached without a gateway: an address, a route of the main table."""
    is_route = ident[0] == "route" and ident[3] == "-" and ident[4] != "-" and ident[6:] == ("unicast",)
    return is_route or ident[0] == "address"


@lru_cache(maxsize=4096)
def _subnet(ident: Ident) -> tuple[IpNetworkOf, str]:
    """The subnet of something that is on a link, and the link."""
    if ident[0] == "address":
        return ipaddress.ip_network(ident[2], strict=False), ident[1]
    everything = "0.0.0.0/0" if ident[1] == "4" else "::/0"
    return ipaddress.ip_network(everything if ident[2] == "default" else ident[2]), ident[4]
