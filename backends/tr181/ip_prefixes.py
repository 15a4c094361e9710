"""Device.IP.Interface.{i}.IPv6Prefix: the prefixes of an interface's IPv6 addresses and of its on-link routes."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.netlink_types import Address, Route
from backends.network.network import Network
from backends.tr181.ip_addresses import IPV6_PREFIX, moment

LINK_LOCAL: Final = ipaddress.IPv6Network("fe80::/10")


@dataclass(frozen=True, slots=True)
class Prefix:
    """One prefix on one link, with what it was seen by."""

    parent: str
    interface: str
    network: ipaddress.IPv6Network
    addresses: tuple[Address, ...]
    route: Route | None


def ip_prefixes(network: Network) -> list[Object[Any]]:
    """IPv6Prefix; what is on the link is derived, so nothing of it can be set."""

    def origin(prefix: Prefix) -> str:
        ula = network.stack().ula_prefix
        is_ours = ula is not None and prefix.network.subnet_of(ipaddress.IPv6Network(ula))
        return "AutoConfigured" if is_ours else _origin(prefix)

    parameters: list[Parameter[Prefix, Any]] = [
        Parameter("Enable", lambda _: True),
        Parameter("Status", lambda _: "Enabled"),
        Parameter("PrefixStatus", _status),
        Parameter("Prefix", lambda prefix: str(prefix.network)),
        Parameter("Origin", origin),
        Parameter("StaticType", lambda prefix: "Static" if origin(prefix) == "Static" else "Inapplicable"),
        Parameter("OnLink", lambda prefix: prefix.route is not None),
        Parameter("Autonomous", lambda prefix: any(_is_autoconfigured(one) for one in prefix.addresses)),
        Parameter("PreferredLifetime", lambda prefix: _lifetime([one.preferred_lifetime for one in prefix.addresses])),
        Parameter("ValidLifetime", lambda prefix: _lifetime([one.valid_lifetime for one in prefix.addresses])),
    ]
    return [
        Object(
            path=IPV6_PREFIX,
            rows=lambda: _prefixes(network),
            keys=lambda prefix: (prefix.parent, f"{prefix.interface} {prefix.network}"),
            parameters=parameters,
            changed_by=("address", "route"),
            source=lambda prefix: f"netlink address or route {prefix.network} dev {prefix.interface}",
        )
    ]


def _prefixes(network: Network) -> list[Prefix]:
    addresses: dict[tuple[str, ipaddress.IPv6Network], list[Address]] = {}
    for row in network.addresses(6):
        found = network.address_of(row)
        if found is not None and found.prefix_length < 128:
            subnet = ipaddress.IPv6Network((found.address, found.prefix_length), strict=False)
            addresses.setdefault((found.interface, subnet), []).append(found)
    routes: dict[tuple[str, ipaddress.IPv6Network], Route] = {}
    for route in network.find_routes():
        on_link = route.family == 6 and route.gateway is None and route.protocol in ("kernel", "ra")
        if on_link and route.interface and route.destination and route.type == "unicast":
            subnet = ipaddress.IPv6Network(route.destination)
            if subnet.prefixlen < 128 and not subnet.is_multicast:
                routes[route.interface, subnet] = route
    known = {row.key for row in network.ip_rows()}
    return [
        Prefix(parent, name, subnet, tuple(addresses.get((name, subnet), ())), routes.get((name, subnet)))
        for name, subnet in dict.fromkeys([*addresses, *routes])
        if (parent := network.topology.ip_key(name)) in known
    ]


def _origin(prefix: Prefix) -> str:
    if prefix.network.subnet_of(LINK_LOCAL) or prefix.network.is_loopback:
        return "WellKnown"
    announced = prefix.route is not None and prefix.route.protocol == "ra"
    if announced or any(_is_autoconfigured(one) for one in prefix.addresses):
        return "RouterAdvertisement"
    return "Static"


def _is_autoconfigured(address: Address) -> bool:
    return address.protocol == "kernel_ra" or bool({"managetempaddr", "temporary"} & address.flags)


def _status(prefix: Prefix) -> str:
    if prefix.addresses and all("deprecated" in one.flags for one in prefix.addresses):
        return "Deprecated"
    return "Preferred"


def _lifetime(seconds: list[int | None]) -> datetime:
    """The longest of the addresses' lifetimes; for ever when there is none to say otherwise."""
    told = [one for one in seconds if one is not None]
    return moment(None if len(told) < len(seconds) or not told else max(told))
