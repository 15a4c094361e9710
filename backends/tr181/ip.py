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
from backends.tr181.ip_stack import STACK, IpStackRow, random_ula_prefix
from backends.tr181.layers import IP_INTERFACE, common, lower_layers, mtu_of, set_lower_layers, source, stats
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.routing import MAIN_ROUTER

ARPHRD_ETHER: Final = 1
SMALLEST_IPV6_MTU: Final = 1280
SMALLEST_MTU: Final = 68
MOST_SUBNETS: Final = 1 << 16


def ip(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The stack, ActivePort, Interface with Stats, and what belongs to an interface."""
    network, procfs = mechanisms.network, mechanisms.procfs
    stack_row = IpStackRow(network, procfs)

    stack: Object[Any] = Object(
        path="Device.IP.",
        rows=lambda: (procfs,),
        keys=lambda _: (),
        parameters=[
            Parameter("IPv4Capable", lambda _: True),
            Parameter("IPv4Enable", lambda _: True, _stay_on),
            Parameter("IPv4Status", lambda _: "Enabled"),
            Parameter("IPv6Capable", lambda _: procfs.setting("net/ipv6/conf/all/disable_ipv6") is not None),
            Parameter("IPv6Enable", lambda _: stack_row.ipv6(), stack_row.set_ipv6),
            Parameter("IPv6Status", lambda _: "Enabled" if stack_row.ipv6() else "Disabled"),
            Parameter("ULAPrefix", lambda _: network.stack().ula_prefix or "", stack_row.set_ula_prefix),
        ],
        backend=network,
        source=lambda _: "sysctl net.ipv6.conf.all.disable_ipv6",
    )
    return [
        stack,
        active_ports(procfs),
        *_Interfaces(network).objects(),
        *ip_addresses(network),
        *ip_prefixes(network),
    ]


def _stay_on(_: Any, value: bool) -> None:
    if not value:
        raise InvalidValue("", "Linux has no switch for IPv4; each interface has its IPv4Enable")


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
            Parameter("ULAEnable", lambda row: bool(network.record(row).ula), self.set_ula),
            Parameter("Reset", lambda _: False, self.reset),
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

    def set_ula(self, row: Row[IpInterface], value: bool) -> None:
        if value and self.type(row) == "Loopback":
            raise InvalidValue("", "the loopback interface has no ULA")
        taken = {network.ula for network in map(self._network.record, self._network.ip_rows())}
        if value and not self._network.record(row).ula:
            if not self._network.stack().ula_prefix:
                self._network.edit(STACK, ula_prefix=random_ula_prefix())
            number = next(number for number in range(1, MOST_SUBNETS) if number not in taken)
            self._network.edit(row, ula=number)
        elif not value:
            self._network.edit(row, ula=0)

    def reset(self, row: Row[IpInterface], value: bool) -> None:
        """TR-181: tear down and establish anew, after the session where it is the one that the session goes by."""
        if value and self.type(row) == "Loopback":
            raise InvalidValue("", "the loopback interface has no connection to establish")
        if value:
            self._network.restart(row)

    def delete(self, row: Row[IpInterface]) -> None:
        if not row.is_own and self.type(row) == "Loopback":
            raise NotWritable("", "every Linux machine has its loopback interface")
        self._network.remove(row)

    def _adopt(self, address: Row[IpAddress]) -> None:
        if not address.is_own and ipv4_type(self._network, address) != "Static":
            raise NotWritable("", f"{address.key} is given by a server; its client would put it back")
        self._network.edit(address)
