"""Device.Ethernet.: ports, the links on them, and VLANs."""

from collections.abc import Callable, Sequence
from typing import Any

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.kernel_features import VLANS
from backends.netlink_types import VLAN_8021AD, VLAN_8021Q
from backends.network import rows as tables
from backends.network.network import Network
from backends.network.records import EthernetLink, Port, Vlan
from backends.network.rows import Row
from backends.sysfs import Sysfs
from backends.tr181.ethernet_ports import physical_parameters
from backends.tr181.layers import (
    ETHERNET_INTERFACE,
    ETHERNET_LINK,
    LARGEST_MTU,
    VLAN_TERMINATION,
    common,
    lower_layers,
    mtu_of,
    set_lower_layers,
    source,
    stats,
)
from backends.tr181.mechanisms import Mechanisms

SMALLEST_MTU = 68
FIRST_VLAN = 1
"""What a new row stands for until it is told: the smallest that the standard has."""


def ethernet(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Interface, Link and, where the kernel has VLANs, VLANTermination, each with its Stats."""
    network = mechanisms.network
    vlans = [] if VLANS in mechanisms.kernel_lacks else _vlans(network)
    return [*_interfaces(network, mechanisms.sysfs), *_links(network), *vlans]


def _interfaces(network: Network, sysfs: Sysfs) -> list[Object[Any]]:
    def rows() -> list[Row[Port]]:
        return [row for row in tables.ports(network.topology) if not sysfs.net_device(row.key).is_wireless]

    def mac(row: Row[Port]) -> str | None:
        link = network.link(row)
        return link.permanent_mac or link.mac if link else None

    parameters: list[Parameter[Row[Port], Any]] = [
        *common(network),
        Parameter("LowerLayers", lambda _: []),
        Parameter("Upstream", lambda row: row.key in _upstream(network)),
        Parameter("MACAddress", mac),
        *physical_parameters(network, sysfs),
    ]
    return [
        Object(
            path=ETHERNET_INTERFACE,
            rows=rows,
            keys=_key,
            parameters=parameters,
            changed_by=("link", "route"),
            backend=network,
            source=source(network),
        ),
        stats(network, ETHERNET_INTERFACE, rows, _key, ("Collisions",)),
    ]


def _links(network: Network) -> list[Object[Any]]:
    def rows() -> list[Row[EthernetLink]]:
        return tables.ethernet_links(network.topology)

    def mac(row: Row[EthernetLink]) -> str:
        link = network.link(row)
        return network.record(row).mac or (link.mac if link else "")

    def no_arp(row: Row[EthernetLink]) -> bool:
        told, link = network.record(row).arp, network.link(row)
        return not (told if told is not None else link.arp if link else True)

    def set_mac(row: Row[EthernetLink], value: str) -> None:
        if not value or int(value[:2], 16) & 1 or value == "00:00:00:00:00:00":
            raise InvalidValue("", f"{value or 'nothing'} is no address that an interface can have")
        network.edit(row, mac=value.lower())

    def delete(row: Row[EthernetLink]) -> None:
        if not row.is_own:
            raise NotWritable("", f"{row.key} is there as long as its interface is")
        network.remove(row)

    parameters: list[Parameter[Row[EthernetLink], Any]] = [
        *common(network),
        _lower(network, ("port", "bridge_port")),
        Parameter("MTU", lambda row: mtu_of(network, row), _set_mtu(network)),
        Parameter("MACAddress", mac, set_mac),
        Parameter("NoARP", no_arp, lambda row, value: network.edit(row, arp=not value)),
    ]
    return [
        Object(
            path=ETHERNET_LINK,
            rows=rows,
            keys=_key,
            parameters=parameters,
            add=lambda _: (network.add(EthernetLink(enable=False)),),
            delete=delete,
            changed_by=("link",),
            backend=network,
            source=source(network),
        ),
        stats(network, ETHERNET_LINK, rows, _key),
    ]


def _vlans(network: Network) -> list[Object[Any]]:
    def rows() -> list[Row[Vlan]]:
        return tables.vlans(network.topology)

    def vlan_id(row: Row[Vlan]) -> int:
        link = network.link(row)
        return network.record(row).vlan_id or (link.vlan_id if link and link.vlan_id else 0)

    def tpid(row: Row[Vlan]) -> int:
        link = network.link(row)
        return network.record(row).tpid or (link.vlan_protocol if link and link.vlan_protocol else VLAN_8021Q)

    def set_vlan_id(row: Row[Vlan], value: int) -> None:
        _must_be_added(row, value == vlan_id(row))
        network.edit(row, vlan_id=value)

    def set_tpid(row: Row[Vlan], value: int) -> None:
        if value not in (VLAN_8021Q, VLAN_8021AD):
            raise InvalidValue("", "Linux tags with 33024 (802.1Q) or 34984 (802.1ad)")
        _must_be_added(row, value == tpid(row))
        network.edit(row, tpid=value)

    parameters: list[Parameter[Row[Vlan], Any]] = [
        *common(network),
        _lower(network, ("ethernet_link", "port", "vlan", "bridge_port")),
        Parameter("VLANID", vlan_id, set_vlan_id),
        Parameter("TPID", tpid, set_tpid),
    ]
    return [
        Object(
            path=VLAN_TERMINATION,
            rows=rows,
            keys=_key,
            parameters=parameters,
            add=lambda _: (network.add(Vlan(enable=False, vlan_id=FIRST_VLAN)),),
            delete=network.remove,
            changed_by=("link",),
            backend=network,
            source=source(network),
        ),
        stats(network, VLAN_TERMINATION, rows, _key),
    ]


def _lower(network: Network, kinds: tuple[str, ...]) -> Parameter[Row[Any], Any]:
    def change(row: Row[Any], targets: Sequence[Target]) -> None:
        set_lower_layers(network, row, targets, kinds)

    return Parameter("LowerLayers", lambda row: lower_layers(network, row), change)


def _set_mtu(network: Network) -> Callable[[Row[Any], int], None]:
    def change(row: Row[Any], value: int) -> None:
        if not SMALLEST_MTU <= value <= LARGEST_MTU:
            raise InvalidValue("", f"an MTU is from {SMALLEST_MTU} to {LARGEST_MTU}")
        network.edit(row, mtu=value)

    return change


def _must_be_added(row: Row[Vlan], is_same: bool) -> None:
    if not row.is_own and not is_same:
        raise NotWritable("", f"{row.key} is made by this system; its identifier cannot change")


def _upstream(network: Network) -> set[str]:
    """The links that default routes use, and what they lie over."""
    used = {route.interface for route in network.find_routes() if not route.destination and route.interface}
    return used | {below for name in used for below in network.topology.below(name)}


def _key(row: Row[Any]) -> tuple[str, ...]:
    return (row.key,)
