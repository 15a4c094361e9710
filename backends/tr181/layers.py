"""What all interface objects share: enable, status, age, counters, and what lies below them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue, NotWritable
from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Link
from backends.network.network import Network
from backends.network.records import KINDS as RECORDS
from backends.network.records import BridgePort, Port, R, Record, Reference, is_own
from backends.network.rows import Row
from backends.network.topology import DEEPEST
from backends.network.traffic import Traffic

ETHERNET_INTERFACE: Final = "Device.Ethernet.Interface.{i}."
ETHERNET_LINK: Final = "Device.Ethernet.Link.{i}."
VLAN_TERMINATION: Final = "Device.Ethernet.VLANTermination.{i}."
BRIDGE: Final = "Device.Bridging.Bridge.{i}."
BRIDGE_PORT: Final = "Device.Bridging.Bridge.{i}.Port.{i}."
IP_INTERFACE: Final = "Device.IP.Interface.{i}."
LOGICAL_INTERFACE: Final = "Device.Logical.Interface.{i}."

TABLES: Final = {
    "port": ETHERNET_INTERFACE,
    "ethernet_link": ETHERNET_LINK,
    "vlan": VLAN_TERMINATION,
    "bridge_port": BRIDGE_PORT,
    "ip": IP_INTERFACE,
    "logical": LOGICAL_INTERFACE,
}
ETHERNET_MTU: Final = 1500
LARGEST_MTU: Final = 65535

STATUS: Final = {
    "up": "Up",
    "down": "Down",
    "lowerlayerdown": "LowerLayerDown",
    "dormant": "Dormant",
    "notpresent": "NotPresent",
}


def target_of(network: Network, reference: Reference | None) -> Target | None:
    """The row that a reference points at, as the data model names it."""
    if reference is None:
        return None
    topology = network.topology
    if other := topology.others.get(reference.kind):
        return Target(other.table, other.keys_of(reference))
    if reference.kind != "bridge_port":
        return Target(TABLES[reference.kind], (reference.key,)) if reference.kind in TABLES else None
    record = topology.records.of(BridgePort).get(reference.key)
    if record is not None:
        return Target(BRIDGE_PORT, (record.bridge, reference.key))
    link = topology.links.get(reference.key)
    bridge = link.name if link and link.kind == "bridge" else link.master if link else None
    return Target(BRIDGE_PORT, (topology.bridge_key(bridge), reference.key)) if bridge else None


def reference_of(network: Network, targets: Sequence[Target], kinds: Collection[str]) -> Reference | None:
    """The one row that LowerLayers is set to: of these kinds, or of another service's table of links. InvalidValue
    when it cannot lie there.
    """
    if not targets:
        return None
    others = {layer.table: layer.kind for layer in network.other_layers}
    allowed = {**{TABLES[kind]: kind for kind in kinds}, **others}
    if len(targets) > 1:
        raise InvalidValue("", "there can be one lower layer only")
    if targets[0].table not in allowed:
        raise InvalidValue("", f"the lower layer has to be of {' or '.join(sorted(allowed))}")
    return Reference(allowed[targets[0].table], targets[0].keys[-1])


def is_enabled(network: Network, row: Row[Any]) -> bool:
    """What was asked for. A row of the machine's own that nobody has told anything says what the kernel has: whether
    its link is up, whoever raised it, or held down by another layer only.
    """
    record: Record = network.record(row)
    if record.enable is not None:
        return record.enable
    link = network.link(row)
    return not row.is_own and link is not None and network.stands_up(link.name, link.up)


def status_of(network: Network, row: Row[Any], depth: int = 0) -> str:
    """The operational state: what keeps an enabled row from being up is told as what is below it, where it is that.

    Enabled and on nothing is Error, enabled and not in the kernel NotPresent.
    """
    link = network.link(row)
    if link is None and not row.is_own:
        return "NotPresent"
    if not is_enabled(network, row):
        return "Down"
    status = link_status(link) if link else "NotPresent" if network.link_name(row) else "Error"
    if row.kind is Port:  # it has its layer 1 within, so nothing is below it (TR-181)
        return "Down" if status == "LowerLayerDown" else status
    return held_down(network, status, lower_reference(network, row), depth)


def held_down(network: Network, status: str, lower: Reference | None, depth: int = 0) -> str:
    """The state of an enabled row on another one: LowerLayerDown where that keeps it from being up."""
    if status not in ("Down", "NotPresent", "Error") or lower is None or depth > DEEPEST:
        return status
    if lower.kind == "bridge_port" or lower.kind not in RECORDS:
        link = network.topology.links.get(network.topology.link_of(lower) or "")
        is_up = link is not None and link_status(link) == "Up"
    else:
        is_up = status_of(network, Row(lower.key, RECORDS[lower.kind]()), depth + 1) == "Up"
    return status if is_up else "LowerLayerDown"


def link_status(link: Link) -> str:
    """The kernel's operational state in the data model's words; drivers that tell none are up when they run."""
    if not link.up:
        return "Down"
    if link.operstate == "unknown":
        return "Up" if link.running else "Down"
    return STATUS.get(link.operstate, "Unknown")


def last_change(network: Network, row: Row[Any]) -> int:
    """Seconds in the present state; 0 while the kernel has no such link."""
    link = network.link(row)
    return network.state_age(link.name) if link else 0


def lower_layers(network: Network, row: Row[Any]) -> list[Target]:
    """The row below: the one that was set, or the one that the kernel's stack shows."""
    target = target_of(network, lower_reference(network, row))
    return [target] if target else []


def lower_reference(network: Network, row: Row[Any]) -> Reference | None:
    """The same; None for a row that is on nothing, as ports are."""
    if row.kind is Port:
        return None
    if row.is_own:
        return getattr(network.record(row), "lower", None)
    return network.topology.lower_of(row.key, row.reference.kind)


def mtu_of(network: Network, row: Row[Any]) -> int:
    """The link's MTU; while there is none, Ethernet's."""
    link = network.link(row)
    return min(network.record(row).mtu or (link.mtu if link else ETHERNET_MTU), LARGEST_MTU)


def set_lower_layers(network: Network, row: Row[Any], targets: Sequence[Target], kinds: Collection[str]) -> None:
    """Put a row that was added on another one; what the machine made stays where it is."""
    if not row.is_own:
        if list(targets) != lower_layers(network, row):
            raise NotWritable("", f"{row.key} is made by this system and stays where it is")
        return
    network.edit(row, lower=reference_of(network, targets, kinds))


def enable(network: Network) -> Parameter[Row[Any], bool]:
    """Enable."""
    return Parameter("Enable", lambda row: is_enabled(network, row), lambda row, value: network.edit(row, enable=value))


def common(network: Network) -> list[Parameter[Row[Any], Any]]:
    """Enable, Status, Name and LastChange."""

    return [
        enable(network),
        Parameter("Status", lambda row: status_of(network, row)),
        Parameter("Name", lambda row: network.link_name(row) or ""),
        Parameter("LastChange", lambda row: last_change(network, row)),
    ]


def _of(count: Traffic, *names: str) -> int:
    return sum(getattr(count.frames, name) or 0 for name in names)


def _multicast(count: Traffic) -> int:
    told = count.frames.rx_multicast
    return count.counters.multicast if told is None else told


COUNTED: Final[dict[str, Callable[[Traffic], int]]] = {
    "BytesSent": lambda count: count.counters.tx_bytes,
    "BytesReceived": lambda count: count.counters.rx_bytes,
    "PacketsSent": lambda count: count.counters.tx_packets,
    "PacketsReceived": lambda count: count.counters.rx_packets,
    "ErrorsSent": lambda count: count.counters.tx_errors % 2**32,
    "ErrorsReceived": lambda count: count.counters.rx_errors % 2**32,
    # Linux tells kinds of frames apart where the driver does (ethtool's eth-mac group). Elsewhere its one counter,
    # multicast received, includes broadcast on most drivers, and all that is sent counts as unicast.
    "UnicastPacketsSent": lambda count: max(count.counters.tx_packets - _of(count, "tx_multicast", "tx_broadcast"), 0),
    "UnicastPacketsReceived": lambda count: max(
        count.counters.rx_packets - _multicast(count) - _of(count, "rx_broadcast"), 0
    ),
    "MulticastPacketsSent": lambda count: _of(count, "tx_multicast"),
    "MulticastPacketsReceived": _multicast,
    "BroadcastPacketsSent": lambda count: _of(count, "tx_broadcast"),
    "BroadcastPacketsReceived": lambda count: _of(count, "rx_broadcast"),
    "DiscardPacketsSent": lambda count: count.counters.tx_dropped % 2**32,
    "DiscardPacketsReceived": lambda count: count.counters.rx_dropped % 2**32,
    "UnknownProtoPacketsReceived": lambda count: count.counters.rx_no_handler % 2**32,
}


def stats(
    network: Network,
    path: str,
    rows: Callable[[], Iterable[Row[R]]],
    keys: Callable[[Row[R]], tuple[str, ...]],
    extra: tuple[str, ...] = (),
) -> Object[Row[R]]:
    """The Stats object below an interface table; zeros while the kernel has no such link."""

    def counted(count: Callable[[Traffic], int]) -> Callable[[Row[R]], int]:
        return lambda row: count(network.traffic(network.link_name(row) or ""))

    def reset(row: Row[R], value: bool) -> None:
        if value:
            network.reset_counters(row)

    counters = {**COUNTED, **({"Collisions": lambda one: one.counters.collisions} if "Collisions" in extra else {})}
    parameters: list[Parameter[Row[R], Any]] = [Parameter(name, counted(count)) for name, count in counters.items()]
    return Object(
        path=f"{path}Stats.",
        rows=rows,
        keys=keys,
        parameters=[Parameter("Reset", lambda _: False, reset), *parameters],
        backend=network,
        source=lambda row: f"netlink statistics of {network.link_name(row)}",
    )


def source(network: Network) -> Callable[[Row[Any]], str]:
    """Where the values of a row come from."""

    def tell(row: Row[Any]) -> str:
        link = network.link(row)
        told = "configured" if is_own(row.key) else "netlink"
        return f"{told} link {link.name}" if link else "configured, not in the kernel"

    return tell
