"""What was configured, as records: one for each row that somebody made or changed. They are what survives a restart.

A row that somebody added has a key of the form ``+7``. A row that was there already (a link, an address of the
machine's own) keeps its natural key, and its record says only what was changed of it: ``None`` everywhere else. A
natural key is the identity in the kernel without its kind: ``eth0``, ``eth0 192.0.2.1/24``,
``4 default 192.0.2.254 eth0 0 unicast``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, TypeVar

from backends.network.plan import Attributes, Ident, from_json, to_json

NO_MASK: Final = -1
"""A route's ``prefix_length`` that was told to be none; None says nothing, and what the kernel has stands."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Points at a row: ``kind`` is the name of its record's kind, ``key`` the row's key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all kinds share. ``deleted``: a row of the machine's own that somebody took away."""

    enable: bool | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Port(Record):
    """A physical (or veth) Ethernet port; never added.

    What it may negotiate: no more than ``max_bit_rate`` Mbit/s (-1: any), ``duplex`` "full" or "half" ("auto": any),
    and of ``modes`` (IANA's MAU types) where some are named.
    """

    max_bit_rate: int | None = None
    duplex: str | None = None
    modes: tuple[int, ...] | None = None
    eee: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EthernetLink(Record):
    """An Ethernet link, the layer 2 endpoint of an IP interface."""

    lower: Reference | None = None
    arp: bool | None = None
    mtu: int | None = None
    mac: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vlan(Record):
    """A VLAN link over another one."""

    lower: Reference | None = None
    vlan_id: int | None = None
    tpid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge(Record):
    """A bridge; times in the kernel's centiseconds. ``name`` only of one that was added; ``standard`` is TR-181's.

    ``mac``: the address of one that was added, while nobody sets another.
    """

    name: str | None = None
    mac: str | None = None
    standard: str | None = None
    ageing_time: int | None = None
    stp: bool | None = None
    priority: int | None = None
    hello_time: int | None = None
    max_age: int | None = None
    forward_delay: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePort(Record):
    """A port of the bridge with key ``bridge``: a member link, or the bridge's own management port.

    ``pvid`` is the VLAN of untagged frames that come in, which ``frames`` "tagged" drops ("all" does not).
    """

    bridge: str = ""
    management: bool | None = None
    lower: Reference | None = None
    path_cost: int | None = None
    priority: int | None = None
    pvid: int | None = None
    frames: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgedVlan(Record):
    """A VLAN of the bridge with key ``bridge``, 1–4094."""

    bridge: str = ""
    vlan_id: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VlanMember(Record):
    """A VLAN (kind "bridged_vlan") leaves the bridge with key ``bridge`` by a port of it, tagged or not."""

    bridge: str = ""
    vlan: Reference | None = None
    port: Reference | None = None
    untagged: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpInterface(Record):
    """An IP interface. ``ula``: which /64 of the machine's ULA prefix it has, 0 none."""

    lower: Reference | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None
    mtu: int | None = None
    ula: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpAddress(Record):
    """An address of the IP interface with key ``ip``; ``prefix_length`` None is not told. ``preferred_until`` and
    ``valid_until`` in seconds since 1970, 0 for ever.
    """

    ip: str = ""
    family: int = 4
    address: str | None = None
    prefix_length: int | None = None
    preferred_until: int | None = None
    valid_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPrefix(Record):
    """An IPv6 prefix of the IP interface with key ``ip``, "2001:db8::/64"; lifetimes as of an address. ``on_link``: its
    addresses are reached directly; ``autonomous``: hosts may make theirs of it (router advertisements say so).

    ``static_type`` "PrefixDelegation": it is what is delegated; "Child": a part of what ``parent`` is, which
    ``child_bits`` tells, or else the /64 with the number ``subnet``. None: it is ``prefix``.
    """

    ip: str = ""
    prefix: str | None = None
    on_link: bool | None = None
    autonomous: bool | None = None
    preferred_until: int | None = None
    valid_until: int | None = None
    static_type: str | None = None
    parent: Reference | None = None
    child_bits: str | None = None
    subnet: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRoute(Record):
    """A route; ``destination`` "" is the default route, ``ip`` the key of the egress IP interface. ``policy``: it is
    for packets that were classified so alone, -1 for all.
    """

    family: int = 4
    destination: str | None = None
    prefix_length: int | None = None
    gateway: str | None = None
    ip: str | None = None
    metric: int | None = None
    type: str | None = None
    policy: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IpStack(Record):
    """The stack as a whole, under the key "": of the links that are the agent's."""

    ipv6: bool | None = None
    ula_prefix: str | None = None
    route_information: bool | None = None
    forwarding: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborSetting(Record):
    """How an IP interface (``lower``, or the link that is the key) discovers neighbours and routers (RFC 4861).

    ``retrans`` in milliseconds, ``interval`` between solicitations in seconds, ``solicitations`` -1 without end.
    """

    lower: Reference | None = None
    retrans: int | None = None
    interval: int | None = None
    solicitations: int | None = None
    solicits: bool | None = None
    dad_transmits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalInterface(Record):
    """A name that others may refer to, for whatever lies below it at present. Nothing in the kernel."""

    name: str | None = None
    lower: Reference | None = None


KINDS: Final[Mapping[str, type[Record]]] = {
    "port": Port,
    "ethernet_link": EthernetLink,
    "vlan": Vlan,
    "bridge": Bridge,
    "bridge_port": BridgePort,
    "bridged_vlan": BridgedVlan,
    "vlan_member": VlanMember,
    "ip": IpInterface,
    "address": IpAddress,
    "prefix": IpPrefix,
    "route": IpRoute,
    "logical": LogicalInterface,
    "stack": IpStack,
    "neighbor_setting": NeighborSetting,
}
_REFERENCES: Final = {"lower", "vlan", "port", "parent"}
KIND_OF: Final = {record: kind for kind, record in KINDS.items()}

R = TypeVar("R", bound=Record)


def is_own(key: str) -> bool:
    """Whether the row was added by somebody, rather than found in the system."""
    return key.startswith("+")


def natural_key(ident: Ident) -> str:
    """The key of a row that is in the kernel without a record."""
    return " ".join(ident[1:])


def natural_ident(kind: str, key: str) -> Ident:
    """The inverse of ``natural_key``."""
    return (kind, *key.split(" "))


@dataclass(frozen=True, slots=True)
class Records:
    """All that is wanted, and what has to be known to take it back.

    ``originals``: for everything in the kernel that is claimed, what it was before (``None``: not there). ``lost``:
    what the kernel dropped because of a change of ours and cannot be there now (the routes of a link that is down),
    and ``boot`` the kernel's boot id then: after another boot the machine's own start has configured it anew.
    """

    next_number: int = 1
    by_kind: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    originals: Mapping[Ident, Attributes | None] = field(default_factory=dict)
    lost: Mapping[Ident, Attributes] = field(default_factory=dict)
    boot: str = ""

    def of(self, kind: type[R]) -> Mapping[str, R]:
        """The records of a kind by key."""
        return self.by_kind.get(KIND_OF[kind], {})  # type: ignore[return-value]

    def links_named(self) -> set[str]:
        """The links that anything is configured for, there or not: natural keys are their names."""
        records = [(key, record) for some in self.by_kind.values() for key, record in some.items()]
        named = {key for key, _ in records}
        for _, record in records:
            told = (getattr(record, each.name) for each in fields(record))
            named |= {one.key for one in told if isinstance(one, Reference)}
            named.add(getattr(record, "ip", None) or "")
        return named

    def is_by_us_alone(self, ident: Ident) -> bool:
        """Whether something in the kernel is there because of a row only: once none claims it, it goes."""
        return ident in self.originals and self.originals[ident] is None

    def added(self, record: Record) -> tuple["Records", str]:
        """With a new row's record; also its key."""
        key = f"+{self.next_number}"
        return replace(self.with_record(key, record), next_number=self.next_number + 1), key

    def with_record(self, key: str, record: Record) -> "Records":
        """With this record under this key."""
        kind = KIND_OF[type(record)]
        return replace(self, by_kind={**self.by_kind, kind: {**self.by_kind.get(kind, {}), key: record}})

    def without(self, kind: type[Record], key: str) -> "Records":
        """Without the record."""
        name = KIND_OF[kind]
        kept = {other: record for other, record in self.by_kind.get(name, {}).items() if other != key}
        return replace(self, by_kind={**self.by_kind, name: kept})

    def to_json(self) -> dict[str, Any]:
        """The durable form; {} for nothing at all."""
        if self == Records():
            return {}
        return {
            "next": self.next_number,
            "records": {
                kind: {key: _plain(one) for key, one in some.items()} for kind, some in self.by_kind.items() if some
            },
            "originals": to_json(self.originals),
            "lost": to_json(self.lost),
            "boot": self.boot,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> "Records":
        """The inverse of ``to_json``; kinds and fields of a newer version are left out."""
        stored = stored or {}
        by_kind = {
            kind: {key: _record(KINDS[kind], values) for key, values in some.items()}
            for kind, some in stored.get("records", {}).items()
            if kind in KINDS
        }
        lost = {ident: there for ident, there in from_json(stored.get("lost", ())).items() if there is not None}
        originals = from_json(stored.get("originals", ()))
        return cls(int(stored.get("next", 1)), by_kind, originals, lost, str(stored.get("boot", "")))


def _plain(record: Record) -> dict[str, Any]:
    """Only what is said: fields that have their default are left out."""
    nothing = asdict(type(record)())
    return {name: value for name, value in asdict(record).items() if value != nothing[name]}


def _record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    known = {one.name for one in fields(kind)} & set(values)
    given = {name: values[name] for name in known}
    given.update((name, tuple(value)) for name, value in given.items() if isinstance(value, list))
    for name in _REFERENCES & known:
        given[name] = Reference(**given[name]) if given[name] is not None else None
    return kind(**given)
