"""Device.Routing.: the kernel's main table as Router 1, with its IPv4 and IPv6 routes."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.network.children import is_of_delegation
from backends.network.network import Network
from backends.network.policies import MOST_POLICY
from backends.network.records import NO_MASK, IpRoute
from backends.network.rows import Row
from backends.ppp.links import ARPHRD_PPP
from backends.rip import is_learned
from backends.tr181.ip_addresses import ip_address, ipv6_network, length_of, mask_of, moment
from backends.tr181.ip_prefixes import is_announced
from backends.tr181.ip_stack import STACK
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.route_information import route_information

ROUTER: Final = "Device.Routing.Router.{i}."
MAIN: Final = "main"
MAIN_ROUTER: Final = Target(ROUTER, (MAIN,))

TYPES: Final = {"unicast": "Normal", "blackhole": "Blackhole", "unreachable": "Unreachable", "prohibit": "Prohibit"}
KERNEL_TYPES: Final = {name: kernel for kernel, name in TYPES.items()}
EDITABLE: Final = ("static", "boot", "")
IPV4_ORIGIN: Final = {"dhcp": "DHCPv4", "ospf": "OSPF", "rip": "RIP"}
IPV6_ORIGIN: Final = {"dhcp": "DHCPv6", "ra": "RA", "ospf": "OSPF", "rip": "RIPng"}
UNSET: Final = -1


def routing(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Router 1 and its forwarding tables; what router advertisements say of routes."""
    network, procfs = mechanisms.network, mechanisms.procfs

    def is_forwarding(_: str) -> bool:
        told = network.stack().forwarding
        return procfs.setting("net/ipv4/ip_forward") == "1" if told is None else told

    def forward(_: str, value: bool) -> None:
        if not any(network.may_change(name) for name in network.topology.links):
            raise Denied("", "no interface is in [network] manage")
        network.edit(STACK, forwarding=value)

    router: Object[Any] = Object(
        path=ROUTER,
        rows=lambda: (MAIN,),
        keys=lambda _: (MAIN,),
        parameters=[
            Parameter("Enable", is_forwarding, forward),
            Parameter("Status", lambda row: "Enabled" if is_forwarding(row) else "Disabled"),
        ],
        backend=network,
        source=lambda _: "net.ipv4.ip_forward, netlink routes of the main table",
    )
    return [router, _Ipv4(network).table(), _Ipv6(network).table(), *route_information(network)]


class _Forwarding:
    """What both families share."""

    family: int
    origins: dict[str, str]

    def __init__(self, network: Network) -> None:
        self.network = network

    def rows(self) -> list[Row[IpRoute]]:
        found = self.network.routes(self.family)
        return [row for row in found if row.is_own or row.key.rpartition(" ")[2] in TYPES]

    def table_of(self, name: str, parameters: Sequence[Parameter[Row[IpRoute], Any]]) -> Object[Any]:
        family, network = self.family, self.network
        shared: list[Parameter[Row[IpRoute], Any]] = [
            Parameter("Enable", self.enabled, lambda row, value: self.change(row, enable=value)),
            Parameter("Status", self.status),
            Parameter("Type", lambda row: TYPES[self.part(row, 6)], self.set_type),
            Parameter("ForwardingPolicy", self.policy, self.set_policy),
            Parameter("Interface", self.interface, self.set_interface),
            Parameter("Origin", self.origin),
            Parameter("ForwardingMetric", self.metric, self.set_metric),
        ]
        return Object(
            path=f"{ROUTER}{name}.{{i}}.",
            rows=self.rows,
            keys=lambda row: (MAIN, row.key),
            parameters=[*shared, *parameters],
            add=lambda parent: (*parent, network.add(IpRoute(enable=False, family=family))),
            delete=self.delete,
            changed_by=("route", "address", "link"),
            backend=network,
            source=lambda row: "netlink route" if self.network.route_of(row) else "configured, not in the kernel",
        )

    # -- reading

    def part(self, row: Row[IpRoute], index: int) -> str:
        """A part of where the route belongs (see ``plan``); of an incomplete one as far as it is told."""
        ident = self.network.route_ident(row)
        if ident is not None:
            return ident[index]
        record = self.network.record(row)
        told = {3: record.gateway, 5: None if record.metric is None else str(record.metric), 6: record.type}
        natural = ("", "default", "-", "-", "0", "unicast") if row.is_own else tuple(row.key.split(" "))
        return told.get(index) or natural[index - 1]

    def protocol(self, row: Row[IpRoute]) -> str:
        found = None if row.is_own else self.network.route_of(row)
        return found.protocol if found else "static"

    def origin(self, row: Row[IpRoute]) -> str:
        found = None if row.is_own else self.network.route_of(row)
        learned_by = "rip" if found and is_learned(found) else self.protocol(row)
        return self.origins.get(learned_by, "Static")

    def enabled(self, row: Row[IpRoute]) -> bool:
        told = self.network.record(row).enable
        return not row.is_own if told is None else told

    def status(self, row: Row[IpRoute]) -> str:
        if not self.enabled(row):
            return "Disabled"
        if self.network.route_ident(row) is None:
            return "Error_Misconfigured"
        return "Enabled" if self.network.route_of(row) else "Error"

    def gateway(self, row: Row[IpRoute]) -> str | None:
        told = self.network.record(row).gateway
        text = self.part(row, 3) if told is None else told
        return None if text in ("-", "") else text

    def interface(self, row: Row[IpRoute]) -> Target | None:
        told = self.network.record(row).ip
        if told:
            return Target(IP_INTERFACE, (told,))
        name = self.part(row, 4)
        return None if name == "-" else Target(IP_INTERFACE, (self.network.topology.ip_key(name),))

    def metric(self, row: Row[IpRoute]) -> int:
        told = self.network.record(row).metric
        if told is not None:
            return told or UNSET
        return (0 if row.is_own else int(self.part(row, 5))) or UNSET

    # -- changing

    def change(self, row: Row[IpRoute], **values: Any) -> None:
        """Stage values of a route that is ours to change."""
        self.must_be_static(row)
        self.network.edit(row, **values)

    def must_be_static(self, row: Row[IpRoute]) -> None:
        found = None if row.is_own else self.network.route_of(row)
        if found is not None and (found.protocol not in EDITABLE or found.multipath):
            what = "multipath" if found.multipath else found.protocol
            raise NotWritable("", f"a {what} route is not for the agent to change")

    def set_type(self, row: Row[IpRoute], value: str) -> None:
        if value not in KERNEL_TYPES:
            raise InvalidValue("", f"a route can be {', '.join(KERNEL_TYPES)}")
        self.change(row, type=KERNEL_TYPES[value])

    def set_gateway(self, row: Row[IpRoute], value: str) -> None:
        address = ip_address(value, self.family) if value else None
        if address is not None and (address.is_unspecified or address.is_multicast):
            raise InvalidValue("", f"{value} is no gateway")
        self.change(row, gateway=str(address) if address else "")

    def set_interface(self, row: Row[IpRoute], value: Target | None) -> None:
        self.change(row, ip=value.keys[0] if value else "")

    def set_metric(self, row: Row[IpRoute], value: int) -> None:
        if value > 0xFFFFFFFF:
            raise InvalidValue("", "a metric has 32 bits")
        if value == 0 and self.family == 6:
            raise InvalidValue("", "Linux has no IPv6 route with metric 0; -1 leaves it to the kernel")
        self.change(row, metric=max(value, 0))

    def policy(self, row: Row[IpRoute]) -> int:
        told = self.network.record(row).policy
        return UNSET if told is None else told

    def set_policy(self, row: Row[IpRoute], value: int) -> None:
        """The route is for packets alone that QoS gave this ForwardingPolicy."""
        if value > MOST_POLICY:
            raise InvalidValue("", f"a packet's mark has room for policies up to {MOST_POLICY}")
        if value != self.policy(row):
            self.change(row, policy=value)

    def delete(self, row: Row[IpRoute]) -> None:
        self.must_be_static(row)
        self.network.remove(row)


class _Ipv4(_Forwarding):
    family = 4
    origins = IPV4_ORIGIN

    def table(self) -> Object[Any]:
        return self.table_of(
            "IPv4Forwarding",
            [
                Parameter("StaticRoute", lambda row: self.protocol(row) in EDITABLE and not self.is_by_ipcp(row)),
                Parameter("DestIPAddress", self.destination, self.set_destination),
                Parameter("DestSubnetMask", self.mask, self.set_mask),
                Parameter("GatewayIPAddress", self.gateway, self.set_gateway),
            ],
        )

    def origin(self, row: Row[IpRoute]) -> str:
        return "IPCP" if self.is_by_ipcp(row) else super().origin(row)

    def is_by_ipcp(self, row: Row[IpRoute]) -> bool:
        """A way out over a PPP link without a gateway, as pppd makes it once IPCP has agreed."""
        found = None if row.is_own else self.network.route_of(row)
        if found is None or (found.protocol, found.destination, found.gateway) != ("boot", "", None):
            return False
        link = self.network.topology.links.get(found.interface or "")
        return link is not None and link.type == ARPHRD_PPP

    def destination(self, row: Row[IpRoute]) -> str | None:
        told = self.network.record(row).destination
        return (told if told is not None else self.part(row, 2).partition("/")[0].replace("default", "")) or None

    def mask(self, row: Row[IpRoute]) -> str | None:
        record = self.network.record(row)
        if record.prefix_length is not None:
            return None if record.prefix_length == NO_MASK else mask_of(record.prefix_length)
        length = "" if record.destination == "" else self.part(row, 2).partition("/")[2]
        return mask_of(int(length)) if length else None

    def set_destination(self, row: Row[IpRoute], value: str) -> None:
        self.change(row, destination=str(ip_address(value, 4)) if value else "")

    def set_mask(self, row: Row[IpRoute], value: str) -> None:
        self.change(row, prefix_length=length_of(value) if value else NO_MASK)


class _Ipv6(_Forwarding):
    family = 6
    origins = IPV6_ORIGIN

    def table(self) -> Object[Any]:
        return self.table_of(
            "IPv6Forwarding",
            [
                Parameter("DestIPPrefix", self.prefix, self.set_prefix),
                Parameter("NextHop", self.gateway, self.set_gateway),
                Parameter("ExpirationTime", self.expires),
            ],
        )

    def origin(self, row: Row[IpRoute]) -> str:
        """An on-link route that ends by itself is the kernel's word for a prefix that a router announced; but for those
        of prefixes that were delegated to us, whatever their ends.
        """
        ident = self.network.route_ident(row)
        if ident is not None and not row.is_own and is_of_delegation(self.network.topology, ident):
            return self.origins["dhcp"]
        found = None if row.is_own else self.network.route_of(row)
        if found is None or found.protocol != "kernel" or found.expires is None:
            return super().origin(row)
        subnet = ipaddress.IPv6Network(found.destination)
        addresses = (one for each in self.network.addresses(6) if (one := self.network.address_of(each)))
        inside = (
            one
            for one in addresses
            if one.interface == found.interface and ipaddress.IPv6Address(one.address) in subnet
        )
        return self.origins["ra"] if is_announced(found, inside) else super().origin(row)

    def prefix(self, row: Row[IpRoute]) -> str | None:
        record = self.network.record(row)
        if record.destination == "":
            return None
        text = f"{record.destination}/{record.prefix_length}" if record.destination else self.part(row, 2)
        return None if text == "default" else text

    def set_prefix(self, row: Row[IpRoute], value: str) -> None:
        network = ipv6_network(value) if value else None
        if network is None or network.prefixlen == 0:
            self.change(row, destination="", prefix_length=None)
            return
        self.change(row, destination=str(network.network_address), prefix_length=network.prefixlen)

    def expires(self, row: Row[IpRoute]) -> datetime | None:
        found = self.network.route_of(row)
        return moment(found.expires) if found else None
