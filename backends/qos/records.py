"""What quality of service is told: one kind of record for each table. Rates are bits per second, lengths bytes."""

from dataclasses import dataclass

from backends.desired_state import Pointer, Record

UNSET = -1
AUTOMATIC = -2
"""A DSCP made of the 802.1p priority, or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults(Record):
    """What becomes of packets that no classification matches. ``policer`` and ``queue`` are keys."""

    forwarding_policy: int = 0
    policer: str = ""
    queue: str = ""
    dscp_mark: int = UNSET
    priority_mark: int = UNSET
    traffic_class: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification(Record):
    """Which packets, by where they come in and what is in them, and what is done to them. ``policer`` is a key."""

    enable: bool = False
    order: int = 1
    interface: Pointer | None = None
    all_interfaces: bool = False
    dest_ip: str = ""
    dest_mask: str = ""
    dest_ip_exclude: bool = False
    source_ip: str = ""
    source_mask: str = ""
    source_ip_exclude: bool = False
    protocol: int = UNSET
    protocol_exclude: bool = False
    dest_port: int = UNSET
    dest_port_range_max: int = UNSET
    dest_port_exclude: bool = False
    source_port: int = UNSET
    source_port_range_max: int = UNSET
    source_port_exclude: bool = False
    source_mac: str = ""
    source_mac_exclude: bool = False
    dest_mac: str = ""
    dest_mac_exclude: bool = False
    dscp: int = UNSET
    dscp_exclude: bool = False
    priority: int = UNSET
    priority_exclude: bool = False
    vlan: int = UNSET
    vlan_exclude: bool = False
    dscp_mark: int = UNSET
    priority_mark: int = UNSET
    forwarding_policy: int = 0
    policer: str = ""
    traffic_class: int = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Policer(Record):
    """A limit on how much passes. Actions: "Null", "Drop", or a DSCP as a number."""

    enable: bool = False
    committed_rate: int = 0
    committed_burst: int = 0
    peak_rate: int = 0
    peak_burst: int = 0
    excess_burst: int = 0
    meter: str = "SimpleTokenBucket"
    conforming: str = "Null"
    partial: str = "Drop"
    non_conforming: str = "Drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Record):
    """Where packets of some traffic classes wait before they leave by an interface."""

    enable: bool = False
    interface: Pointer | None = None
    all_interfaces: bool = False
    traffic_classes: tuple[int, ...] = ()
    weight: int = 0
    precedence: int = 1
    red_threshold: int = 0
    red_percentage: int = 0
    drop: str = "DT"
    scheduler: str = "SP"
    rate: int = UNSET
    burst: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaper(Record):
    """How much leaves by an interface in all."""

    enable: bool = False
    interface: Pointer | None = None
    rate: int = UNSET
    burst: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats(Record):
    """Counts one queue on one interface from when it was enabled. ``queue`` is a key."""

    enable: bool = False
    queue: str = ""
    interface: Pointer | None = None


KINDS: tuple[type[Record], ...] = (Defaults, Classification, Policer, Queue, Shaper, QueueStats)
