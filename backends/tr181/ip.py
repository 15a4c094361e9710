"""Device.IP.: the stack, its interfaces, and their counters."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.network import rows as tables
from backends.network.network import Network
from backends.network.records import IpAddress, IpInterface
from backends.network.rows import Row
from backends.tr181.ip_addresses import ip_addresses, ipv4_type
from backends.tr181.ip_ports import active_ports
from backends.tr181.ip_prefixes import ip_prefixes
from backends.tr181.layers import IP_INTERFACE, common, lower_layers, mtu_of, set_lower_layers, source, stats
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.routing import MAIN_ROUTER

ARPHRD_ETHER: Final = 1
SMALLEST_IPV6_MTU: Final = 1280
SMALLEST_MTU: Final = 68


def ip(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The stack, ActivePort, Interface with Stats, and what belongs to an interface."""
    network, procfs = mechanisms.network, mechanisms.procfs

    def ipv6_enabled() -> bool:
        return procfs.setting("net/ipv6/conf/all/disable_ipv6") == "0"

    stack: Object[Any] = Object(
        path="Device.IP.",
        rows=lambda: (procfs,),
        keys=lambda _: (),
        parameters=[
            Parameter("IPv4Capable", lambda _: True),
            Parameter("IPv4Enable", lambda _: True),
            Parameter("IPv4Status", lambda _: "Enabled"),
            Parameter("IPv6Capable", lambda _: procfs.setting("net/ipv6/conf/all/disable_ipv6") is not None),
            Parameter("IPv6Enable", lambda _: ipv6_enabled()),
            Parameter("IPv6Status", lambda _: "Enabled" if ipv6_enabled() else "Disabled"),
        ],
        source=lambda _: "sysctl net.ipv6.conf.all.disable_ipv6",
    )
    return [
        stack,
        active_ports(procfs),
        *_Interfaces(network).objects(),
        *ip_addresses(network),
        *ip_prefixes(network),
    ]


class _Interfaces:
    """The Interface table: every link that may speak IP."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def objects(self) -> list[Object[Any]]:
        """Interface and its Stats."""
        network = self._network
        parameters: list[Parameter[Row[IpInterface], Any]] = [
            *common(network),
            Parameter("IPv4Enable", lambda row: network.record(row).ipv4 is not False, self.set_ipv4),
            Parameter("IPv6Enable", self.ipv6, self.set_ipv6),
            Parameter("LowerLayers", lambda row: lower_layers(network, row), self.set_lower),
            Parameter("Router", lambda _: MAIN_ROUTER),
            Parameter("MaxMTUSize", lambda row: mtu_of(network, row), self.set_mtu),
            Parameter("Type", self.type),
            Parameter("Loopback", lambda row: self.type(row) == "Loopback"),
        ]
        table = Object(
            path=IP_INTERFACE,
            rows=self.rows,
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=lambda _: (network.add(IpInterface(enable=False)),),
            delete=self.delete,
            changed_by=("link",),
            backend=network,
            source=source(network),
        )
        return [table, stats(network, IP_INTERFACE, self.rows, lambda row: (row.key,))]

    def rows(self) -> list[Row[IpInterface]]:
        return tables.ip_interfaces(self._network.topology)

    def type(self, row: Row[IpInterface]) -> str:
        link = self._network.link(row)
        if link is None:
            return "Normal"
        if link.loopback:
            return "Loopback"
        return "Normal" if link.type == ARPHRD_ETHER else "Tunnel"

    def set_lower(self, row: Row[IpInterface], targets: Sequence[Target]) -> None:
        set_lower_layers(self._network, row, targets, ("ethernet_link", "vlan"))

    def set_mtu(self, row: Row[IpInterface], value: int) -> None:
        if value < SMALLEST_MTU:
            raise InvalidValue("", f"IPv4 needs an MTU of {SMALLEST_MTU} (RFC 791)")
        self._network.edit(row, mtu=value)

    def set_ipv4(self, row: Row[IpInterface], value: bool) -> None:
        """Off: the addresses go from the kernel, and stay as rows that come back when it is on again."""
        if not value:
            for address in self._network.addresses(4):
                if address.parent == row.key:
                    self._adopt(address)
        self._network.edit(row, ipv4=value)

    def ipv6(self, row: Row[IpInterface]) -> bool:
        told = self._network.record(row).ipv6
        if told is not None:
            return told
        name = self._network.link_name(row)
        return bool(self._network.ipv6_enabled(name)) if name else True

    def set_ipv6(self, row: Row[IpInterface], value: bool) -> None:
        name = self._network.link_name(row)
        if value and name and self._network.link(row) and self._network.ipv6_enabled(name) is None:
            raise InvalidValue("", "this kernel has no IPv6")
        self._network.edit(row, ipv6=value)

    def delete(self, row: Row[IpInterface]) -> None:
        if not row.is_own and self.type(row) == "Loopback":
            raise NotWritable("", "every Linux machine has its loopback interface")
        self._network.remove(row)

    def _adopt(self, address: Row[IpAddress]) -> None:
        if not address.is_own and ipv4_type(self._network, address) != "Static":
            raise NotWritable("", f"{address.key} is given by a server; its client would put it back")
        self._network.edit(address)
