"""Device.Bridging.: bridges, their ports and their spanning tree."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import NotWritable
from agent.model.object import Object, Parameter, Target
from backends.kernel_features import VLANS
from backends.netlink_types import BridgePortState, BridgeState
from backends.network import rows as tables
from backends.network.network import Network
from backends.network.records import Bridge, BridgePort, Reference
from backends.network.rows import Row
from backends.tr181.bridge_vlans import bridge_vlans, port_parameters, standard
from backends.tr181.layers import (
    BRIDGE,
    BRIDGE_PORT,
    enable,
    held_down,
    is_enabled,
    last_change,
    link_status,
    reference_of,
    source,
    stats,
    target_of,
)
from backends.tr181.mechanisms import Mechanisms

MOST_BRIDGES: Final = 256
MOST_VLANS: Final = 4094
MOST_FILTERS: Final = 256
PRIORITY_STEP: Final = 4
"""The kernel keeps six bits of the port's priority, the standard's value has eight."""
CENTISECONDS: Final = 100


def bridging(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The capabilities, Bridge with STP, Port with Stats and, where the kernel has VLANs, VLAN and VLANPort."""
    network = mechanisms.network
    has_vlans = VLANS not in mechanisms.kernel_lacks  # without them no kernel's bridges filter them

    def can_filter(_: Network) -> bool:
        """What any bridge tells of the kernel; while there is none, kernels that people use can."""
        links = network.topology.links.values()
        return next((link.bridge.can_filter for link in links if link.bridge), has_vlans)

    capabilities: list[Parameter[Network, int]] = [
        Parameter("MaxBridgeEntries", lambda _: MOST_BRIDGES),
        Parameter("MaxDBridgeEntries", lambda _: MOST_BRIDGES),
        Parameter("MaxQBridgeEntries", lambda one: MOST_BRIDGES if can_filter(one) else 0),
        Parameter("MaxVLANEntries", lambda one: MOST_VLANS if can_filter(one) else 0),
        Parameter("MaxProviderBridgeEntries", lambda _: 0),
        Parameter("MaxFilterEntries", lambda _: 0 if mechanisms.bridge_filter is None else MOST_FILTERS),
    ]
    return [
        Object(path="Device.Bridging.", rows=lambda: (network,), keys=lambda _: (), parameters=capabilities),
        *_bridges(network),
        *_Ports(network).objects(),
        *(bridge_vlans(network) if has_vlans else ()),
    ]


def _bridges(network: Network) -> list[Object[Any]]:
    def rows() -> list[Row[Bridge]]:
        return tables.bridges(network.topology)

    def status(row: Row[Bridge]) -> str:
        if not is_enabled(network, row):
            return "Disabled"
        link = network.link(row)
        return "Enabled" if link and link.up else "Error"

    return [
        Object(
            path=BRIDGE,
            rows=rows,
            keys=lambda row: (row.key,),
            parameters=[
                enable(network),
                Parameter("Status", status),
                Parameter("Name", lambda row: network.link_name(row) or ""),
                standard(network),
                _option(network, "AgingTime", "ageing_time", CENTISECONDS),
            ],
            add=lambda _: (network.add_bridge(),),
            delete=network.remove,
            changed_by=("link",),
            backend=network,
            source=source(network),
        ),
        Object(
            path=f"{BRIDGE}STP.",
            rows=rows,
            keys=lambda row: (row.key,),
            parameters=[
                Parameter(
                    "Enable",
                    lambda row: bool(_value(network, row, "stp")),
                    lambda row, value: network.edit(row, stp=value),
                ),
                Parameter("Status", lambda row: "Enabled" if _state(network, row).stp else "Disabled"),
                Parameter("Protocol", lambda _: "STP"),
                _option(network, "BridgePriority", "priority"),
                _option(network, "HelloTime", "hello_time"),
                _option(network, "MaxAge", "max_age"),
                _option(network, "ForwardingDelay", "forward_delay", CENTISECONDS),
            ],
            changed_by=("link",),
            backend=network,
        ),
    ]


class _Ports:
    """The Port table: the bridge's own management port on top, its members below."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def objects(self) -> list[Object[Any]]:
        """Port and its Stats."""
        parameters: list[Parameter[Row[BridgePort], Any]] = [
            Parameter("Enable", self.enabled, self.enable),
            Parameter("Status", self.status),
            Parameter("Name", lambda row: self._network.link_name(row) or ""),
            Parameter("LastChange", lambda row: last_change(self._network, row)),
            Parameter("LowerLayers", self.lower, self.set_lower),
            Parameter("ManagementPort", self.is_management, self.set_management),
            Parameter("PortState", self.state),
            Parameter("PathCost", self.path_cost, lambda row, value: self.set_member(row, path_cost=value)),
            Parameter(
                "Priority", self.priority, lambda row, value: self.set_member(row, priority=value // PRIORITY_STEP)
            ),
            *port_parameters(self._network),
        ]
        table = Object(
            path=BRIDGE_PORT,
            rows=self.rows,
            keys=self.keys,
            parameters=parameters,
            add=lambda parent: (*parent, self._network.add(BridgePort(enable=False, bridge=parent[0]))),
            delete=self.delete,
            changed_by=("link",),
            backend=self._network,
            source=source(self._network),
        )
        return [table, stats(self._network, BRIDGE_PORT, self.rows, self.keys)]

    def rows(self) -> list[Row[BridgePort]]:
        return tables.bridge_ports(self._network.topology)

    @staticmethod
    def keys(row: Row[BridgePort]) -> tuple[str, ...]:
        return row.parent, row.key

    def is_management(self, row: Row[BridgePort]) -> bool:
        return bool(self._network.record(row).management)

    def set_management(self, row: Row[BridgePort], value: bool) -> None:
        if value != self.is_management(row) and not row.is_own:
            raise NotWritable("", "a port that this system made stays what it is")
        self._network.edit(row, management=value)

    def enabled(self, row: Row[BridgePort]) -> bool:
        told = self._network.record(row).enable
        return not row.is_own if told is None else told

    def enable(self, row: Row[BridgePort], value: bool) -> None:
        if self.is_management(row) and not row.is_own:
            raise NotWritable("", "the management port is enabled with its bridge")
        self._network.edit(row, enable=value)

    def status(self, row: Row[BridgePort]) -> str:
        link = self._network.link(row)
        if not self.enabled(row):
            return "Down"
        if self.is_management(row) and link is not None:
            status = link_status(link)
            return "LowerLayerDown" if status == "Down" and link.up and self.lower(row) else status
        if link is None or link.port is None:
            status = "NotPresent" if self._network.link_name(row) else "Error"
        else:
            status = link_status(link)
        return held_down(self._network, status, self.lower_reference(row))

    def state(self, row: Row[BridgePort]) -> str:
        link = self._network.link(row)
        if link is None or not link.up:
            return "Disabled"
        if self.is_management(row):
            return "Forwarding"
        return link.port.state.capitalize() if link.port else "Disabled"

    def lower(self, row: Row[BridgePort]) -> list[Target]:
        if self.is_management(row):
            members = [one for one in self.rows() if one.parent == row.parent and not self.is_management(one)]
            return [Target(BRIDGE_PORT, self.keys(one)) for one in members]
        target = target_of(self._network, self.lower_reference(row))
        return [target] if target else []

    def lower_reference(self, row: Row[BridgePort]) -> Reference | None:
        return self._network.record(row).lower if row.is_own else self._network.topology.member(row.key)

    def set_lower(self, row: Row[BridgePort], targets: Sequence[Target]) -> None:
        is_member = not self.is_management(row) or (not targets and self._network.record(row).lower is not None)
        if is_member and row.is_own:
            self._network.edit(row, lower=reference_of(self._network, targets, ("port", "vlan", "ethernet_link")))
        elif list(targets) != self.lower(row):
            raise NotWritable("", "the lower layers of this port are given by the bridge")

    def path_cost(self, row: Row[BridgePort]) -> int:
        told = self._network.record(row).path_cost
        return self._member(row).path_cost if told is None else told

    def priority(self, row: Row[BridgePort]) -> int:
        told = self._network.record(row).priority
        return PRIORITY_STEP * (self._member(row).priority if told is None else told)

    def set_member(self, row: Row[BridgePort], **values: int) -> None:
        if self.is_management(row):
            raise NotWritable("", "the management port takes no part in the spanning tree")
        self._network.edit(row, **values)

    def delete(self, row: Row[BridgePort]) -> None:
        if self.is_management(row) and not row.is_own:
            raise NotWritable("", "the management port goes with its bridge")
        self._network.remove(row)

    def _member(self, row: Row[BridgePort]) -> BridgePortState:
        link = self._network.link(row)
        return link.port if link and link.port else BridgePortState()


def _option(network: Network, name: str, option: str, scale: int = 1) -> Parameter[Row[Bridge], int]:
    """A bridge option; the kernel's value is ``scale`` times the parameter's."""
    return Parameter(
        name,
        lambda row: int(_value(network, row, option)) // scale,
        lambda row, value: network.edit(row, **{option: value * scale}),
    )


def _value(network: Network, row: Row[Bridge], option: str) -> Any:
    told = getattr(network.record(row), option)
    return getattr(_state(network, row), option) if told is None else told


def _state(network: Network, row: Row[Bridge]) -> BridgeState:
    link = network.link(row)
    return link.bridge if link and link.bridge else BridgeState()
