"""Device.QoS.: classifications and policers (nftables), queues and shapers (tc) of what leaves this machine."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter
from backends.desired_state import Pointer, Record, Service, Wanted
from backends.errors import MechanismError
from backends.firewall.leases import system_clock
from backends.marks import FORWARDING_POLICY, TRAFFIC_CLASS, Field
from backends.nftables import Counter, Nftables
from backends.qos.qos import Qos
from backends.qos.queues import MOST_QUEUES
from backends.qos.records import (
    AUTOMATIC,
    KINDS,
    UNSET,
    Classification,
    Defaults,
    Policer,
    Queue,
    QueueStats,
    Shaper,
)
from backends.tr181.firewall_backend import Here
from backends.tr181.firewall_values import address, mask
from backends.tr181.layers import BRIDGE_PORT, ETHERNET_INTERFACE, ETHERNET_LINK, IP_INTERFACE, VLAN_TERMINATION
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable, tables_of
from backends.tr181.service import TableService
from backends.tr181.table_look import TableLook
from backends.traffic_control import Counted, TrafficControl, vlan_priorities

TABLES: Final[dict[type[Record], str]] = {
    Defaults: "Device.QoS.",
    Classification: "Device.QoS.Classification.{i}.",
    Policer: "Device.QoS.Policer.{i}.",
    Queue: "Device.QoS.Queue.{i}.",
    Shaper: "Device.QoS.Shaper.{i}.",
    QueueStats: "Device.QoS.QueueStats.{i}.",
}
PARAMETERS: Final = {
    "dest_ip": ("DestIP",),
    "source_ip": ("SourceIP",),
    "source_mask": ("SourceMask", "SourceIP"),
    "dest_mask": ("DestMask", "DestIP"),
    "peak_rate": ("PeakRate",),
    "committed_rate": ("CommittedRate",),
}
INTERFACES: Final = (
    IP_INTERFACE, ETHERNET_LINK, ETHERNET_INTERFACE, VLAN_TERMINATION, BRIDGE_PORT, "Device.PPP.Interface.{i}.",
    "Device.WiFi.SSID.{i}.",
)  # fmt: skip
METERS: Final = ("SimpleTokenBucket", "TwoRateThreeColor")
DROPS: Final = ("DT", "RED")
MOST_ENTRIES: Final = 256
LAST_PRIORITY, LAST_CODEPOINT, LAST_VLAN = 7, 63, 4094
COUNTER_WRAPS: Final = 2**32
MEGABIT: Final = 1_000_000
PERCENT: Final = 100


class Queueing(Service, Protocol):
    """Whoever classifies packets and lets them wait, by the records."""

    def is_misconfigured(self, record: Record) -> bool:
        """Whether a necessary value is missing (TR-181's Error_Misconfigured)."""

    def counters(self) -> Mapping[str, Counter]:
        """What classifications and policers have counted, by what the rules are about."""

    def counted(self, wanted: Wanted, queue: str, link: str) -> tuple[Counted, int] | None:
        """What went through a queue on a link, and how much can wait in it; None where there is no such queue."""

    def is_classified(self, key: str) -> bool:
        """Whether packets are classified by the row with this key."""

    def is_made(self, wanted: Wanted, queue: str) -> bool:
        """Whether a queue is on every link on which it is to be."""

    def buffer_length(self, wanted: Wanted, queue: str) -> int:
        """How many bytes can wait in a queue; 0 where nobody knows."""

    def is_shaped(self, link: str) -> bool:
        """Whether what leaves by a link is shaped."""


class QosTables(TableService):
    """The backend of these tables; ``qos`` is the service behind them."""

    def __init__(self, qos: Queueing) -> None:
        super().__init__("qos", KINDS, qos, TABLES, PARAMETERS)
        self.qos = qos


class OwnQosTables(QosTables):
    """With a table of the packet filter and queues of our own."""

    qos: Qos


def qos_tables(given: Mechanisms) -> Part | None:
    """Quality of service; None where the kernel lacks nf_tables or libnftables is absent."""
    try:
        nftables = Nftables(memory=given.directory / "nftables")
    except MechanismError:
        return None
    tables = tables_over(given, nftables, TrafficControl())
    look = TableLook(tables, tables.qos, "qos")
    return Part(
        "qos", {"qos": tables}, tables, forget=(tables.qos.forget,), chores=(look,), follows=frozenset({"link"})
    )


def tables_over(given: Mechanisms, nftables: Nftables, control: TrafficControl) -> OwnQosTables:
    """The same over this packet filter and these queues."""

    def speed_of(link: str) -> int:
        return (given.sysfs.net_device(link).speed or 0) * MEGABIT

    around = Here(given, system_clock(given.procfs.boot_id()))
    links = given.netlink.links
    return OwnQosTables(
        Qos(nftables, control, around, lambda: {link.name: link for link in links()}, speed_of, vlan_priorities)
    )


def qos(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The general settings, Classification, Policer, Queue, QueueStats and Shaper."""
    service = mechanisms.qos
    if service is None:
        return []
    tables = tables_of(service, TABLES)
    return [
        _general(tables[Defaults], tables),
        _classification(service, tables),
        _policer(service, tables[Policer]),
        _queue(service, tables[Queue]),
        _queue_stats(service, mechanisms, tables),
        _shaper(service, mechanisms, tables[Shaper]),
    ]


def _general(table: RecordTable[Defaults], tables: dict[type[Record], RecordTable[Any]]) -> Object[Keys]:
    none = dict.fromkeys(("MaxAppEntries", "MaxFlowEntries", "AppNumberOfEntries", "FlowNumberOfEntries"), 0)
    most = {"MaxClassificationEntries": MOST_ENTRIES, "MaxPolicerEntries": MOST_ENTRIES, "MaxQueueEntries": MOST_QUEUES}
    return table.object(
        [
            *(_constant(name, value) for name, value in {**most, **none, "MaxShaperEntries": MOST_ENTRIES}.items()),
            _constant("AvailableAppList", ()),
            table.field("DefaultForwardingPolicy", "forwarding_policy", write=_within(FORWARDING_POLICY)),
            table.row_of("DefaultPolicer", tables[Policer], "policer"),
            table.row_of("DefaultQueue", tables[Queue], "queue"),
            table.field("DefaultDSCPMark", "dscp_mark", write=_up_to(LAST_CODEPOINT)),
            table.field("DefaultEthernetPriorityMark", "priority_mark", write=_up_to(LAST_PRIORITY)),
            table.field("DefaultTrafficClass", "traffic_class", write=_within(TRAFFIC_CLASS)),
        ],
        "nftables",
    )


def _classification(service: QosTables, tables: dict[type[Record], RecordTable[Any]]) -> Object[Keys]:
    table: RecordTable[Classification] = tables[Classification]
    ends = [
        parameter
        for end in ("Dest", "Source")
        for parameter in (
            table.field(f"{end}IP", write=address),
            table.field(f"{end}Mask", write=mask),
            *table.plain(f"{end}IPExclude", f"{end}Port", f"{end}PortRangeMax", f"{end}PortExclude"),
            table.field(f"{end}MACAddress", f"{end.lower()}_mac"),
            table.field(f"{end}MACExclude", f"{end.lower()}_mac_exclude"),
        )
    ]
    return table.object(
        [
            *table.plain("Enable", "AllInterfaces", "Protocol", "ProtocolExclude"),
            Parameter(
                "Status", lambda row: _status(service, table.record(row), lambda: service.qos.is_classified(row[0]))
            ),
            table.order(),
            _interface(table),
            *ends,
            table.field("DSCPCheck", "dscp"),
            *table.plain("DSCPExclude"),
            table.field("DSCPMark", write=_up_to(LAST_CODEPOINT)),
            table.field("EthernetPriorityCheck", "priority", write=_up_to(LAST_PRIORITY, UNSET)),
            table.field("EthernetPriorityExclude", "priority_exclude"),
            table.field("EthernetPriorityMark", "priority_mark", write=_up_to(LAST_PRIORITY)),
            table.field("VLANIDCheck", "vlan", write=_up_to(LAST_VLAN, UNSET)),
            table.field("VLANIDExclude", "vlan_exclude"),
            table.field("ForwardingPolicy", write=_within(FORWARDING_POLICY)),
            table.row_of("Policer", tables[Policer]),
            table.field("TrafficClass", write=_within(TRAFFIC_CLASS)),
        ],
        "nftables",
        ("link",),
    )


def _policer(service: QosTables, table: RecordTable[Policer]) -> Object[Keys]:
    def counter(row: Keys, what: str) -> Counter:
        return service.qos.counters().get(f"policer {row[0]} {what}", Counter())

    def counted(prefix: str, *what: str) -> list[Parameter[Keys, Any]]:
        def packets(row: Keys) -> int:
            return sum(counter(row, one).packets for one in what) % COUNTER_WRAPS

        def volume(row: Keys) -> int:
            return sum(counter(row, one).bytes for one in what) % COUNTER_WRAPS

        return [Parameter(f"{prefix}CountedPackets", packets), Parameter(f"{prefix}CountedBytes", volume)]

    def meter(word: str) -> str:
        if word not in METERS:
            raise InvalidValue("", f"the meters are {' and '.join(METERS)}")
        return word

    def status(row: Keys) -> str:
        return "Enabled" if table.record(row).enable else "Disabled"

    return table.object(
        [
            *table.plain("Enable", "CommittedRate", "PeakRate"),
            Parameter("Status", status),
            table.field("CommittedBurstSize", "committed_burst"),
            table.field("ExcessBurstSize", "excess_burst"),
            table.field("PeakBurstSize", "peak_burst"),
            table.field("MeterType", "meter", write=meter),
            Parameter("PossibleMeterTypes", lambda _: METERS),
            table.field("ConformingAction", "conforming"),
            table.field("PartialConformingAction", "partial"),
            table.field("NonConformingAction", "non_conforming"),
            *counted("Total", "counted"),
            *counted("Conforming", "conforming"),
            *counted("PartiallyConforming", "partial"),
            *counted("NonConforming", "exceeding"),
        ],
        "nftables",
    )


def _queue(service: QosTables, table: RecordTable[Queue]) -> Object[Keys]:
    def drop(word: str) -> str:
        if word not in DROPS:
            raise InvalidValue("", f"packets are dropped by {' or '.join(DROPS)} here")
        return word

    def status(row: Keys) -> str:
        return _status(service, table.record(row), lambda: service.qos.is_made(service.wanted, row[0]))

    classes = _within(TRAFFIC_CLASS)
    return table.object(
        [
            *table.plain("Enable", "AllInterfaces", "Weight", "Precedence", "REDThreshold", "REDPercentage"),
            Parameter("Status", status),
            _interface(table),
            table.field("TrafficClasses", write=lambda some: tuple(classes(one) for one in some)),
            Parameter("BufferLength", lambda row: service.qos.buffer_length(service.wanted, row[0])),
            table.field("DropAlgorithm", "drop", write=drop),
            table.field("SchedulerAlgorithm", "scheduler"),
            table.field("ShapingRate", "rate"),
            table.field("ShapingBurstSize", "burst"),
        ],
        "tc",
        ("link",),
    )


def _queue_stats(
    service: QosTables, mechanisms: Mechanisms, tables: dict[type[Record], RecordTable[Any]]
) -> Object[Keys]:
    table: RecordTable[QueueStats] = tables[QueueStats]

    def found(row: Keys) -> tuple[Counted, int] | None:
        record = table.record(row)
        link = mechanisms.links.link_of(record.interface) if record.enable else None
        return service.qos.counted(service.wanted, record.queue, link) if link else None

    def counted(name: str, read: Callable[[Counted], int]) -> Parameter[Keys, Any]:
        return Parameter(name, lambda row: read(one[0]) % COUNTER_WRAPS if (one := found(row)) else 0)

    def status(row: Keys) -> str:
        return "Disabled" if not table.record(row).enable else "Enabled" if found(row) else "Error"

    def occupied(row: Keys) -> int:
        there = found(row)
        return min(PERCENT * there[0].waiting_bytes // max(there[1], 1), PERCENT) if there else 0

    return table.object(
        [
            *table.plain("Enable"),
            Parameter("Status", status),
            table.row_of("Queue", tables[Queue]),
            _interface(table),
            counted("OutputPackets", lambda one: one.packets),
            counted("OutputBytes", lambda one: one.bytes),
            counted("DroppedPackets", lambda one: one.dropped),
            counted("QueueOccupancyPackets", lambda one: one.waiting_packets),
            Parameter("QueueOccupancyPercentage", occupied),
        ],
        "tc",
        ("link",),
    )


def _shaper(service: QosTables, mechanisms: Mechanisms, table: RecordTable[Shaper]) -> Object[Keys]:
    def status(row: Keys) -> str:
        record = table.record(row)
        return _status(service, record, lambda: _is_shaped(service, mechanisms, record.interface))

    return table.object(
        [
            *table.plain("Enable"),
            Parameter("Status", status),
            _interface(table),
            table.field("ShapingRate", "rate"),
            table.field("ShapingBurstSize", "burst"),
        ],
        "tc",
        ("link",),
    )


def _is_shaped(service: QosTables, mechanisms: Mechanisms, interface: Pointer | None) -> bool:
    link = mechanisms.links.link_of(interface)
    return link is not None and service.qos.is_shaped(link)


def _status(service: QosTables, record: Classification | Queue | Shaper, is_made: Callable[[], bool]) -> str:
    if not record.enable:
        return "Disabled"
    if service.qos.is_misconfigured(record):
        return "Error_Misconfigured"
    return "Enabled" if is_made() else "Error"


def _interface(table: RecordTable[Any]) -> Parameter[Keys, Any]:
    return table.reference("Interface", *INTERFACES)


def _constant(name: str, value: Any) -> Parameter[Keys, Any]:
    return Parameter(name, lambda _: value)


def _within(field: Field) -> Callable[[int], int]:
    """A number that a packet's mark has room for; -1 is none."""

    def check(value: int) -> int:
        if value > field.most:
            raise InvalidValue("", f"{field.most} is the greatest one that a packet can carry here")
        return value

    return check


def _up_to(last: int, first: int = AUTOMATIC) -> Callable[[int], int]:
    def check(value: int) -> int:
        if not first <= value <= last:
            raise InvalidValue("", f"from {first} to {last}")
        return value

    return check
