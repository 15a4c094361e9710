"""Device.Bridging.Bridge.{i}.VLAN and VLANPort, and what a Port says of VLANs (802.1Q)."""

from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.network.bridge_vlans import PLAIN_STANDARD, TAGGED_ONLY, is_filtering, vlan_id
from backends.network.network import Network
from backends.network.records import Bridge, BridgedVlan, BridgePort, Reference, VlanMember
from backends.network.rows import Row
from backends.tr181.layers import BRIDGE, BRIDGE_PORT, target_of

BRIDGE_VLAN: Final = f"{BRIDGE}VLAN.{{i}}."
BRIDGE_VLAN_PORT: Final = f"{BRIDGE}VLANPort.{{i}}."
NEWEST_STANDARD: Final = "802.1Q-2011"
FRAMES: Final = {"all": "AdmitAll", TAGGED_ONLY: "AdmitOnlyVLANTagged"}
PRIORITIES: Final = tuple(range(8))


def bridge_vlans(network: Network) -> list[Object[Any]]:
    """VLAN and VLANPort."""
    return [_Vlans(network).table(), _Members(network).table()]


def standard(network: Network) -> Parameter[Row[Bridge], str]:
    """Bridge.Standard: 802.1Q is a bridge that filters VLANs."""

    def read(row: Row[Bridge]) -> str:
        told = network.record(row).standard
        return told or (NEWEST_STANDARD if is_filtering(network.topology, row.key) else PLAIN_STANDARD)

    def change(row: Row[Bridge], value: str) -> None:
        link = network.link(row)
        if value != PLAIN_STANDARD and link and link.bridge and not link.bridge.can_filter:
            raise InvalidValue("", "this kernel's bridges cannot filter VLANs")
        network.edit(row, standard=value)

    return Parameter("Standard", read, change)


def port_parameters(network: Network) -> list[Parameter[Row[BridgePort], Any]]:
    """What a Port says of VLANs. Linux carries a frame's priority through unchanged, and filters at ingress whenever it
    filters at all: other values of these parameters are refused.
    """

    def filters(row: Row[BridgePort]) -> bool:
        return is_filtering(network.topology, row.parent)

    def pvid(row: Row[BridgePort]) -> int:
        name, told = network.link_name(row), network.record(row).pvid
        return told or (network.pvid(name) if name else None) or 1

    def frames(row: Row[BridgePort]) -> str:
        name, told = network.link_name(row), network.record(row).frames
        if told is not None or not name or not filters(row):
            return FRAMES[told or "all"]
        drops = any(entry.interface == name for entry in network.vlan_entries()) and network.kernel_pvid(name) is None
        return FRAMES[TAGGED_ONLY if drops else "all"]

    def set_frames(row: Row[BridgePort], value: str) -> None:
        known = next((word for word, name in FRAMES.items() if name == value), None)
        if known is None:
            raise InvalidValue("", "Linux drops untagged frames (AdmitOnlyVLANTagged) or none (AdmitAll)")
        network.edit(row, frames=known)

    def tpid(row: Row[BridgePort]) -> int:
        link = network.topology.links.get(network.topology.link_of(Reference("bridge", row.parent)) or "")
        return link.bridge.vlan_protocol if link and link.bridge else 0x8100

    return [
        Parameter("Type", lambda row: "CustomerVLANPort" if filters(row) else "VLANUnawarePort"),
        Parameter("PVID", pvid, lambda row, value: network.edit(row, pvid=value)),
        Parameter("TPID", tpid),
        Parameter("AcceptableFrameTypes", frames, set_frames),
        Parameter(
            "IngressFiltering", filters, _only(filters, "Linux filters at ingress exactly where it filters VLANs")
        ),
        _fixed("DefaultUserPriority", 0, "Linux gives untagged frames no priority at a bridge"),
        _fixed("PriorityRegeneration", PRIORITIES, "a Linux bridge carries the priority through"),
        _fixed(
            "PriorityTagging", False, "a Linux bridge sends a VLAN's frames tagged or untagged, as its VLANPort says"
        ),
    ]


def _fixed(name: str, value: Any, reason: str) -> Parameter[Row[BridgePort], Any]:
    """A writable parameter of which this system knows one value only."""
    return Parameter(name, lambda _: value, _only(lambda _: value, reason))


def _only(current: Any, reason: str) -> Any:
    def check(row: Row[BridgePort], value: Any) -> None:
        there = current(row)
        if (tuple(value) if isinstance(there, tuple) else value) != there:
            raise InvalidValue("", reason)

    return check


class _Vlans:
    """The VLAN table: those of the kernel, and those that were added."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def table(self) -> Object[Row[BridgedVlan]]:
        network = self._network
        parameters: list[Parameter[Row[BridgedVlan], Any]] = [
            Parameter("Enable", self.enabled, self.enable),
            Parameter("Name", self.name, lambda row, value: network.edit(row, name=value)),
            Parameter("VLANID", lambda row: vlan_id(network.topology, row.key) or 1, self.set_id),
        ]
        return Object(
            path=BRIDGE_VLAN,
            rows=network.bridged_vlans,
            keys=lambda row: (row.parent, row.key),
            parameters=parameters,
            add=self.add,
            delete=network.remove,
            changed_by=("link",),
            backend=network,
            source=lambda _: "netlink bridge VLANs",
        )

    def add(self, parent: tuple[str, ...]) -> tuple[str, ...]:
        """A new one has the smallest identifier that is free in its bridge: VLANID has no value for none."""
        topology = self._network.topology
        taken = {vlan_id(topology, row.key) for row in self._network.bridged_vlans() if row.parent == parent[0]}
        free = next((number for number in range(1, 4095) if number not in taken), 1)
        return (*parent, self._network.add(BridgedVlan(enable=False, bridge=parent[0], vlan_id=free)))

    def enabled(self, row: Row[BridgedVlan]) -> bool:
        told = self._network.record(row).enable
        return not row.is_own if told is None else told

    def enable(self, row: Row[BridgedVlan], value: bool) -> None:
        """Off: its entries go from the kernel, and stay as rows that come back when it is on again."""
        if not row.is_own and not value:
            for member in self._network.vlan_members():
                if not member.is_own and self._network.record(member).vlan == row.reference:
                    self._network.edit(member)
        self._network.edit(row, enable=value)

    def name(self, row: Row[BridgedVlan]) -> str:
        return self._network.record(row).name or ""

    def set_id(self, row: Row[BridgedVlan], value: int) -> None:
        if not row.is_own and value != vlan_id(self._network.topology, row.key):
            raise NotWritable("", "a VLAN that this system made keeps its identifier")
        if row.is_own:
            self._network.edit(row, vlan_id=value)


class _Members:
    """The VLANPort table: which VLAN leaves by which port, tagged or not."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def table(self) -> Object[Row[VlanMember]]:
        network = self._network
        parameters: list[Parameter[Row[VlanMember], Any]] = [
            Parameter("Enable", self.enabled, lambda row, value: network.edit(row, enable=value)),
            Parameter("VLAN", self.vlan, self.set_vlan),
            Parameter("Port", lambda row: target_of(network, network.record(row).port), self.set_port),
            Parameter("Untagged", self.untagged, lambda row, value: network.edit(row, untagged=value)),
        ]
        return Object(
            path=BRIDGE_VLAN_PORT,
            rows=network.vlan_members,
            keys=lambda row: (row.parent, row.key),
            parameters=parameters,
            add=lambda parent: (*parent, network.add(VlanMember(enable=False, bridge=parent[0]))),
            delete=network.remove,
            changed_by=("link",),
            backend=network,
            source=lambda row: "netlink bridge VLANs" if network.vlan_entry(row) else "configured, not in the kernel",
        )

    def enabled(self, row: Row[VlanMember]) -> bool:
        told = self._network.record(row).enable
        return not row.is_own if told is None else told

    def untagged(self, row: Row[VlanMember]) -> bool:
        told, entry = self._network.record(row).untagged, self._network.vlan_entry(row)
        return told if told is not None else bool(entry and entry.untagged)

    def vlan(self, row: Row[VlanMember]) -> Target | None:
        reference = self._network.record(row).vlan
        return Target(BRIDGE_VLAN, (row.parent, reference.key)) if reference else None

    def set_vlan(self, row: Row[VlanMember], value: Target | None) -> None:
        if value is not None and value.keys[0] != row.parent:
            raise InvalidValue("", "the VLAN has to be one of this bridge")
        self._put(row, "vlan", Reference("bridged_vlan", value.keys[1]) if value else None)

    def set_port(self, row: Row[VlanMember], value: Target | None) -> None:
        if value is not None and (value.table != BRIDGE_PORT or value.keys[0] != row.parent):
            raise InvalidValue("", "the port has to be one of this bridge")
        self._put(row, "port", Reference("bridge_port", value.keys[1]) if value else None)

    def _put(self, row: Row[VlanMember], field: str, value: Reference | None) -> None:
        if value == getattr(self._network.record(row), field):
            return
        if not row.is_own:
            raise NotWritable("", "what this system made keeps its VLAN and its port")
        self._network.edit(row, **{field: value})
