"""What NAT and the packet filter are told: one kind of record for each table of theirs."""

from dataclasses import dataclass
from typing import ClassVar

from backends.desired_state import Pointer, Record

ANY = -1
"""A number that is no criterion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased(Record):
    """What goes by itself after ``lease_duration`` seconds (0: never); the rest is for ``backends.firewall.leases``."""

    lease_duration: int = 0
    ends_boot: str = ""
    ends_uptime: int = 0
    ends_wall: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceNat(Record):
    """Packets that leave by an interface get its address as their source."""

    enable: bool = False
    interface: Pointer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping(Leased):
    """What comes to a port of ours goes on to a host inside. A port of 0 is any; an end of 0 is no range."""

    enable: bool = False
    interface: Pointer | None = None
    all_interfaces: bool = False
    remote_host: str = ""
    external_port: int = 0
    external_port_end_range: int = 0
    internal_port: int = 0
    protocol: str = "TCP"
    internal_client: str = ""
    description: str = ""

    def hides(self, other: "PortMapping") -> bool:
        """Whether all that comes to the port of the other is led by this one, which is asked first."""
        last = max(self.external_port, self.external_port_end_range)
        return (
            self.enable
            and not self.remote_host
            and self.protocol == other.protocol
            and (self.all_interfaces or self.interface == other.interface)
            and (not self.external_port or self.external_port <= other.external_port <= last)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmz(Leased):
    """What comes to us unasked goes on to one host inside."""

    enable: bool = False
    description: str = ""
    interface: Pointer | None = None
    dest_ip: str = ""
    source_prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallSettings(Record):
    """The firewall as a whole; ``enable`` is None until somebody said. Levels are keys, the change is in Unix time."""

    enable: bool | None = None
    config: str | None = None
    advanced_level: str = ""
    policy_level: str = ""
    last_change: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(Record):
    """A whole set of rules to choose from. ``chain`` and ``policies`` are keys."""

    name: str = ""
    description: str = ""
    order: int = 1
    policies: tuple[str, ...] = ()
    chain: str = ""
    port_mapping_enabled: bool = True
    default_policy: str = "Drop"
    default_log_policy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChain(Record):
    """An ordered list of rules."""

    enable: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRule(Record):
    """A rule of a chain: its criteria and what becomes of a packet that fulfils all of them. Times in Unix time."""

    owner: ClassVar[type[Record] | None] = RuleChain

    enable: bool = False
    order: int = 1
    description: str = ""
    target: str = "Drop"
    target_chain: str = ""
    log: bool = False
    creation_date: int | None = None
    expiry_date: int | None = None
    source_interface: Pointer | None = None
    source_interface_exclude: bool = False
    source_all_interfaces: bool = False
    dest_interface: Pointer | None = None
    dest_interface_exclude: bool = False
    dest_all_interfaces: bool = False
    ip_version: int = ANY
    dest_ip: str = ""
    dest_mask: str = ""
    dest_ip_exclude: bool = False
    source_ip: str = ""
    source_mask: str = ""
    source_ip_exclude: bool = False
    protocol: int = ANY
    protocol_exclude: bool = False
    dest_port: int = ANY
    dest_port_range_max: int = ANY
    dest_port_exclude: bool = False
    source_port: int = ANY
    source_port_range_max: int = ANY
    source_port_exclude: bool = False
    dscp: int = ANY
    dscp_exclude: bool = False
    connection_state: tuple[str, ...] = ()
    source_mac: str = ""
    source_mac_exclude: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Record):
    """What holds between two interfaces, in each direction. Chains are keys."""

    enable: bool = False
    source_interface: Pointer | None = None
    destination_interface: Pointer | None = None
    ip_version: int = ANY
    target_chain: str = "Drop"
    chain: str = ""
    reverse_target_chain: str = "Drop"
    reverse_chain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole(Leased):
    """What is let in to a host inside, without translation."""

    enable: bool = False
    description: str = ""
    interface: Pointer | None = None
    source_port: int = ANY
    source_port_range_max: int = ANY
    dest_port: int = ANY
    dest_port_range_max: int = ANY
    ip_version: int = ANY
    protocol: tuple[int, ...] = (ANY,)
    source_prefixes: tuple[str, ...] = ()
    dest_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalService(Record):
    """What becomes of packets to this machine itself that come in by an interface."""

    enable: bool = False
    interface: Pointer | None = None
    dest_port: tuple[int, ...] = (ANY,)
    ip_version: int = ANY
    protocol: tuple[int, ...] = (ANY,)
    icmp_type: int = ANY
    source_prefixes: tuple[str, ...] = ()
    action: str = "Accept"


KINDS: tuple[type[Record], ...] = (
    InterfaceNat,
    PortMapping,
    Dmz,
    FirewallSettings,
    Level,
    RuleChain,
    FilterRule,
    Policy,
    Pinhole,
    LocalService,
)
