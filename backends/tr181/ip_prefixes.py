"""Device.IP.Interface.{i}.IPv6Prefix: the prefixes of addresses and of on-link routes, and those that were added."""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Address, Route
from backends.network.network import Network
from backends.network.records import IpPrefix, Reference
from backends.network.rows import Row
from backends.tr181.ip_addresses import IPV6_PREFIX, ipv6_network, moment, seconds_of
from backends.tr181.moments import end

LINK_LOCAL: Final = ipaddress.IPv6Network("fe80::/10")
SAME_END: Final = 10
"""Seconds between the ends of an address and of the route that it brought: rounding, and the two readings."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """One prefix on one link, with what it was seen by; ``added`` is its record's key, "" where there is none."""

    parent: str
    interface: str | None
    network: ipaddress.IPv6Network | None
    addresses: tuple[Address, ...] = ()
    route: Route | None = None
    added: str = ""


def ip_prefixes(network: Network) -> list[Object[Any]]:
    """IPv6Prefix; of what is derived nothing can be set."""
    return [_Prefixes(network).table()]


def find_prefixes(network: Network) -> list[Prefix]:
    """Every prefix of every IP interface: those of the kernel's addresses and routes, and those that were added."""
    found = _on_links(network)
    prefixes = []
    for key, record in network.prefix_records().items():
        name = network.topology.link_of(Reference("ip", record.ip))
        subnet = ipaddress.IPv6Network(record.prefix) if record.prefix else None
        seen = found.pop((name, subnet), ((), None)) if name and subnet else ((), None)
        prefixes.append(Prefix(record.ip, name, subnet, tuple(seen[0]), seen[1], key))
    known = {row.key for row in network.ip_rows()}
    for (name, subnet), (addresses, route) in found.items():
        if (parent := network.topology.ip_key(name)) in known:
            prefixes.append(Prefix(parent, name, subnet, tuple(addresses), route))
    return prefixes


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
            Parameter("ParentPrefix", lambda _: None, self.set_parent),
            Parameter("ChildPrefixBits", lambda _: None, self.set_child_bits),
            Parameter("OnLink", self.on_link, self.setter("on_link")),
            Parameter("Autonomous", self.autonomous, self.setter("autonomous")),
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
            changed_by=("address", "route"),
            backend=network,
            source=lambda row: (
                "configured" if row.added else f"netlink address or route {row.network} dev {row.interface}"
            ),
        )

    def keys(self, row: Prefix) -> tuple[str, ...]:
        told = self.record(row)
        subnet = (told.prefix if told else str(row.network)) or ""
        return row.parent, f"{row.interface} {subnet}" if row.interface and subnet else row.added

    def record(self, row: Prefix) -> IpPrefix | None:
        return self._network.prefix_records().get(row.added)

    # -- reading

    def enabled(self, row: Prefix) -> bool:
        told = self.record(row)
        return bool(told.enable) if told else True

    def status(self, row: Prefix) -> str:
        if not self.enabled(row):
            return "Disabled"
        return "Enabled" if row.network and row.interface in self._network.topology.links else "Error"

    def prefix_status(self, row: Prefix) -> str:
        told = self.record(row)
        if told is None:
            return _status(row)
        if not told.enable or row.network is None or _is_past(told.valid_until):
            return "Invalid"
        return "Deprecated" if _is_past(told.preferred_until) else "Preferred"

    def origin(self, row: Prefix) -> str:
        ula = self._network.stack().ula_prefix
        if row.added or row.network is None:
            return "Static"
        if ula is not None and row.network.subnet_of(ipaddress.IPv6Network(ula)):
            return "AutoConfigured"
        return _origin(row.network, row)

    def static_type(self, row: Prefix) -> str:
        return "Static" if self.origin(row) == "Static" else "Inapplicable"

    def on_link(self, row: Prefix) -> bool:
        told = self.record(row)
        return row.route is not None or bool(told and told.on_link)

    def autonomous(self, row: Prefix) -> bool:
        told = self.record(row)
        return bool(told.autonomous) if told else any(_is_autoconfigured(one) for one in row.addresses)

    def lifetime(self, row: Prefix, preferred: bool) -> datetime | None:
        told = self.record(row)
        if told is not None:
            until = told.preferred_until if preferred else told.valid_until
            return end(until)
        if row.route is not None and row.route.expires is not None and _is_announced(row.route, row.addresses):
            if not preferred:
                return moment(row.route.expires)
            if not any(_is_autoconfigured(one) for one in row.addresses):
                return None  # the kernel keeps no such time of a prefix that nobody makes addresses of
        return _lifetime(one.preferred_lifetime if preferred else one.valid_lifetime for one in row.addresses)

    # -- changing

    def change(self, row: Prefix, **values: Any) -> None:
        """Stage values of a prefix that was added."""
        if not row.added:
            raise NotWritable("", "this prefix comes with an address or a router's advertisement")
        self._network.edit(Row(row.added, IpPrefix(), row.parent), **values)

    def setter(self, field: str) -> Callable[[Prefix, Any], None]:
        return lambda row, value: self.change(row, **{field: value})

    def set_prefix(self, row: Prefix, value: str) -> None:
        subnet = ipv6_network(value) if value else None
        if subnet is not None and (subnet.is_multicast or subnet.is_loopback or subnet.prefixlen in (0, 128)):
            raise InvalidValue("", f"{value} is no prefix of a link")
        others = [one for one in find_prefixes(self._network) if one.added and one.added != row.added]
        if subnet is not None and any((one.interface, one.network) == (row.interface, subnet) for one in others):
            raise InvalidValue("", f"{row.interface} has {subnet} already")
        self.change(row, prefix=str(subnet) if subnet else None)

    def set_static_type(self, row: Prefix, value: str) -> None:
        if value != self.static_type(row):
            raise InvalidValue("", "prefixes are static here; no client of this system delegates to them")

    def set_parent(self, _: Prefix, value: Target | None) -> None:
        if value is not None:
            raise InvalidValue("", "a static prefix has no parent")

    def set_child_bits(self, _: Prefix, value: str) -> None:
        if value:
            raise InvalidValue("", "a static prefix has no parent")

    def set_preferred(self, row: Prefix, value: datetime | None) -> None:
        self.change(row, preferred_until=seconds_of(value))

    def set_valid(self, row: Prefix, value: datetime | None) -> None:
        self.change(row, valid_until=seconds_of(value))

    def delete(self, row: Prefix) -> None:
        self.change(row)
        self._network.remove(Row(row.added, IpPrefix(), row.parent))


def _origin(subnet: ipaddress.IPv6Network, row: Prefix) -> str:
    if subnet.subnet_of(LINK_LOCAL) or subnet.is_loopback:
        return "WellKnown"
    if (row.route is not None and _is_announced(row.route, row.addresses)) or any(
        _is_autoconfigured(one) for one in row.addresses
    ):
        return "RouterAdvertisement"
    return "Static"


def _is_announced(route: Route, addresses: Iterable[Address]) -> bool:
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
