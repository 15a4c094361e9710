"""Device.IP.Interface.{i}.IPv6Prefix: prefixes of addresses and on-link routes, added, delegated and carved out."""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Address, Route
from backends.network.children import CHILD, DELEGATED, SUBNET_LENGTH, delegation_of, free_subnet
from backends.network.network import Network
from backends.network.records import IpPrefix
from backends.network.rows import Row
from backends.tr181.ip_addresses import ipv6_network, moment, seconds_of
from backends.tr181.ip_prefix_rows import IPV6_PREFIX, Prefix, find_prefixes, parent_of, parent_target
from backends.tr181.moments import end

LINK_LOCAL: Final = ipaddress.IPv6Network("fe80::/10")
SAME_END: Final = 10
"""Seconds between the ends of an address and of the route that it brought: rounding, and the two readings."""


def ip_prefixes(network: Network) -> list[Object[Any]]:
    """IPv6Prefix; of what is derived nothing can be set."""
    return [_Prefixes(network).table()]


class _Prefixes:
    """The table. A row that was added has its prefix for a key as all others, once it is told."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def table(self) -> Object[Prefix]:
        network = self._network
        parameters: list[Parameter[Prefix, Any]] = [
            Parameter("Enable", self.enabled, self.setter("enable")),
            Parameter("Status", self.status),
            Parameter("PrefixStatus", self.prefix_status),
            Parameter("Prefix", lambda row: str(row.network) if row.network else "", self.set_prefix),
            Parameter("Origin", self.origin),
            Parameter("StaticType", self.static_type, self.set_static_type),
            Parameter("ParentPrefix", self.parent, self.set_parent),
            Parameter("ChildPrefixBits", self.child_bits, self.set_child_bits),
            Parameter("OnLink", self.on_link, self.flag_setter("on_link")),
            Parameter("Autonomous", self.autonomous, self.flag_setter("autonomous")),
            Parameter("PreferredLifetime", lambda row: self.lifetime(row, preferred=True), self.set_preferred),
            Parameter("ValidLifetime", lambda row: self.lifetime(row, preferred=False), self.set_valid),
        ]
        return Object(
            path=IPV6_PREFIX,
            rows=lambda: find_prefixes(network),
            keys=self.keys,
            parameters=parameters,
            add=lambda parent: (*parent, network.add(IpPrefix(enable=False, ip=parent[0]))),
            delete=self.delete,
            changed_by=("address", "route", "dhcp"),
            backend=network,
            source=_source,
        )

    def keys(self, row: Prefix) -> tuple[str, ...]:
        told = self.record(row)
        if told is None and row.delegated is not None:
            return row.parent, row.delegated.key
        subnet = ("" if told.static_type else told.prefix or "") if told else str(row.network)
        return row.parent, f"{row.interface} {subnet}" if row.interface and subnet else row.added

    def record(self, row: Prefix) -> IpPrefix | None:
        return self._network.prefix_records().get(row.added)

    # -- reading

    def enabled(self, row: Prefix) -> bool:
        told = self.record(row)
        return bool(told.enable) if told else True

    def status(self, row: Prefix) -> str:
        told = self.record(row)
        if not self.enabled(row) or (told and told.static_type and row.network is None and not self.is_unfit(told)):
            return "Disabled"
        return "Enabled" if row.network and row.interface in self._network.topology.links else "Error"

    def prefix_status(self, row: Prefix) -> str:
        told, ends = self.record(row), self.ends(row)
        if ends is None:
            return _status(row)
        if (told and not told.enable) or row.network is None or _is_past(ends[1]):
            return "Invalid"
        return "Deprecated" if _is_past(ends[0]) else "Preferred"

    def origin(self, row: Prefix) -> str:
        ula = self._network.stack().ula_prefix
        if row.delegated is not None or row.child is not None:
            return DELEGATED if row.delegated else CHILD
        if row.added or row.network is None:
            return "Static"
        if ula is not None and row.network.subnet_of(ipaddress.IPv6Network(ula)):
            return "AutoConfigured"
        return _origin(row.network, row)

    def static_type(self, row: Prefix) -> str:
        told = self.record(row)
        return (told.static_type if told else None) or ("Static" if self.origin(row) == "Static" else "Inapplicable")

    def parent(self, row: Prefix) -> Target | None:
        told = self.record(row)
        return parent_target(self._network.topology, told.parent) if told else None

    def child_bits(self, row: Prefix) -> str:
        told = self.record(row)
        return (told.child_bits if told else None) or ""

    def is_unfit(self, told: IpPrefix) -> bool:
        """Whether what a child is to be a part of is there, and yet has no such part."""
        return told.static_type == CHILD and delegation_of(told.parent, self._network.topology) is not None

    def on_link(self, row: Prefix) -> bool:
        told = self.record(row)
        return row.route is not None or bool(told and told.on_link)

    def autonomous(self, row: Prefix) -> bool:
        told = self.record(row)
        if row.child is not None:
            return row.child.network.prefixlen == SUBNET_LENGTH  # what is announced of it (RFC 4862 5.5.3 d)
        return bool(told.autonomous) if told else any(_is_autoconfigured(one) for one in row.addresses)

    def ends(self, row: Prefix) -> tuple[int, int] | None:
        """When it ceases to be preferred, and to be valid, where that is told; 0 is never."""
        told, filled = self.record(row), row.delegated or row.child
        if filled is not None:
            return filled.preferred_until, filled.valid_until
        return (told.preferred_until or 0, told.valid_until or 0) if told else None

    def lifetime(self, row: Prefix, preferred: bool) -> datetime | None:
        ends = self.ends(row)
        if ends is not None:
            return end(ends[0 if preferred else 1])
        if row.route is not None and row.route.expires is not None and is_announced(row.route, row.addresses):
            if not preferred:
                return moment(row.route.expires)
            if not any(_is_autoconfigured(one) for one in row.addresses):
                return None  # the kernel keeps no such time of a prefix that nobody makes addresses of
        return _lifetime(one.preferred_lifetime if preferred else one.valid_lifetime for one in row.addresses)

    # -- changing

    def change(self, row: Prefix, **values: Any) -> None:
        """Stage values of a prefix that was added."""
        if not row.added:
            raise NotWritable("", "this prefix comes with an address, a router's advertisement or a DHCPv6 server")
        self._network.edit(Row(row.added, IpPrefix(), row.parent), **values)

    def setter(self, field: str) -> Callable[[Prefix, Any], None]:
        return lambda row, value: self.change(row, **{field: value})

    def flag_setter(self, field: str) -> Callable[[Prefix, bool], None]:
        """Of what is carved out, the link has an address: it is announced as it is, or the row is disabled."""

        def set_flag(row: Prefix, value: bool) -> None:
            told = self.record(row)
            if not value and told is not None and told.static_type == CHILD:
                raise InvalidValue("", "a part of what was delegated is announced on-link, and autonomous with 64 bits")
            self.change(row, **{field: value})

        return set_flag

    def set_prefix(self, row: Prefix, value: str) -> None:
        told = self.record(row)
        if value and told and told.static_type:
            raise InvalidValue("", f"the prefix of a row of type {told.static_type} is not set, it comes to it")
        subnet = ipv6_network(value) if value else None
        if subnet is not None and (subnet.is_multicast or subnet.is_loopback or subnet.prefixlen in (0, 128)):
            raise InvalidValue("", f"{value} is no prefix of a link")
        others = [one for one in find_prefixes(self._network) if one.added and one.added != row.added]
        if subnet is not None and any((one.interface, one.network) == (row.interface, subnet) for one in others):
            raise InvalidValue("", f"{row.interface} has {subnet} already")
        self.change(row, prefix=str(subnet) if subnet else None)

    def set_static_type(self, row: Prefix, value: str) -> None:
        """What is of another type than before has no prefix until one comes to it."""
        told = self.record(row)
        if value == self.static_type(row):
            return
        if value == CHILD and told is not None and told.subnet is None:
            self.change(row, subnet=free_subnet(self._network.topology))
        self.change(row, static_type=None if value == "Static" else value, prefix=None)

    def set_parent(self, row: Prefix, value: Target | None) -> None:
        parent = parent_of(self._network.topology, value) if value else None
        if value is not None and parent is None:
            raise InvalidValue("", "a parent is a prefix that was delegated, or a row of type PrefixDelegation")
        delegated = delegation_of(parent, self._network.topology)
        if delegated is not None and delegated.link == row.interface:
            raise InvalidValue("", f"what was delegated over {row.interface} is for other links")
        self.change(row, parent=parent)

    def set_child_bits(self, row: Prefix, value: str) -> None:
        bits = ipv6_network(value, exact=False) if value else None
        if bits is not None and bits.prefixlen > SUBNET_LENGTH:
            raise InvalidValue("", f"a link's prefix has {SUBNET_LENGTH} bits at most: its hosts make up the others")
        self.change(row, child_bits=str(bits) if bits else None)

    def set_preferred(self, row: Prefix, value: datetime | None) -> None:
        self.change(row, preferred_until=seconds_of(value))

    def set_valid(self, row: Prefix, value: datetime | None) -> None:
        self.change(row, valid_until=seconds_of(value))

    def delete(self, row: Prefix) -> None:
        self.change(row)
        self._network.remove(Row(row.added, IpPrefix(), row.parent))


def _source(row: Prefix) -> str:
    if row.delegated is not None:
        return f"the lease of the DHCPv6 client on {row.delegated.link}"
    return "configured" if row.added else f"netlink address or route {row.network} dev {row.interface}"


def _origin(subnet: ipaddress.IPv6Network, row: Prefix) -> str:
    if subnet.subnet_of(LINK_LOCAL) or subnet.is_loopback:
        return "WellKnown"
    if (row.route is not None and is_announced(row.route, row.addresses)) or any(
        _is_autoconfigured(one) for one in row.addresses
    ):
        return "RouterAdvertisement"
    return "Static"


def is_announced(route: Route, addresses: Iterable[Address]) -> bool:
    """Whether a router announced it: the kernel's route ends then, and not with an address that brought it along."""
    if route.protocol == "ra" or route.expires is None:
        return route.protocol == "ra"
    ends = [one.valid_lifetime for one in addresses if "noprefixroute" not in one.flags]
    return not any(one is not None and abs(one - (route.expires or 0)) <= SAME_END for one in ends)


def _is_autoconfigured(address: Address) -> bool:
    return address.protocol == "kernel_ra" or bool({"managetempaddr", "temporary"} & address.flags)


def _status(row: Prefix) -> str:
    if row.addresses and all("deprecated" in one.flags for one in row.addresses):
        return "Deprecated"
    return "Preferred"


def _is_past(until: int | None) -> bool:
    return bool(until) and int(until or 0) <= datetime.now(UTC).timestamp()


def _lifetime(seconds: Iterable[int | None]) -> datetime:
    """The longest of the addresses' lifetimes; for ever when there is none to say otherwise."""
    found = list(seconds)
    told = [one for one in found if one is not None]
    return moment(None if len(told) < len(found) or not told else max(told))
