"""The service behind the LAN's tables (DHCP, router advertisements, DNS relay), and what their rows have in common."""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer, R, Record, Service, Wanted
from backends.lan.leases import LeaseFile
from backends.lan.records import (
    KINDS,
    Advertised,
    AdvertisedOption,
    Advertising,
    Dhcp4,
    Dhcp6,
    DnsRelay,
    Forwarder,
    Forwarding4,
    Option4,
    Option6,
    Pool4,
    Pool6,
    Relay4,
    Static4,
)
from backends.lan.resolver import Resolver
from backends.lan.service import LanService
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.links import Links
from backends.tr181.record_table import Keys, RecordTable, field_of
from backends.tr181.service import TableService

POOL4: Final = "Device.DHCPv4.Server.Pool.{i}."
FORWARDING4: Final = "Device.DHCPv4.Relay.Forwarding.{i}."
CLIENT4: Final = f"{POOL4}Client.{{i}}."
POOL6: Final = "Device.DHCPv6.Server.Pool.{i}."
CLIENT6: Final = f"{POOL6}Client.{{i}}."
ADVERTISED: Final = "Device.RouterAdvertisement.InterfaceSetting.{i}."
TABLES: Final[dict[type[Record], str]] = {
    Dhcp4: "Device.DHCPv4.Server.",
    Pool4: POOL4,
    Static4: f"{POOL4}StaticAddress.{{i}}.",
    Option4: f"{POOL4}Option.{{i}}.",
    Relay4: "Device.DHCPv4.Relay.",
    Forwarding4: FORWARDING4,
    Dhcp6: "Device.DHCPv6.Server.",
    Pool6: POOL6,
    Option6: f"{POOL6}Option.{{i}}.",
    Advertising: "Device.RouterAdvertisement.",
    Advertised: ADVERTISED,
    AdvertisedOption: f"{ADVERTISED}Option.{{i}}.",
    DnsRelay: "Device.DNS.Relay.",
    Forwarder: "Device.DNS.Relay.Forwarding.{i}.",
}
PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "vendor_class_id": ("VendorClassID", "VendorClassIDMode"),
    "vendor_class_id_mode": ("VendorClassIDMode",),
    "client_id": ("ClientID",),
    "user_class_id": ("UserClassID",),
    "chaddr_mask": ("ChaddrMask", "Chaddr"),
    "duid": ("DUID",),
    "iapd_enable": ("IAPDEnable",),
    "dns_server": ("DNSServer",),
    "dns_servers": ("DNSServers",),
    "dhcp_server_ip_address": ("DHCPServerIPAddress",),
    "rdnss": ("RDNSS",),
    "dnssl": ("DNSSL",),
}
"""By which parameters a field is set, where the names differ otherwise than in their capitals."""
HEXADECIMAL: Final = frozenset({"client_id", "user_class_id", "duid", "value"})

SWITCHES: Final[tuple[type[Dhcp4 | Dhcp6 | Relay4 | Advertising | DnsRelay], ...]] = (
    Dhcp4,
    Dhcp6,
    Relay4,
    Advertising,
    DnsRelay,
)
"""Nothing runs while all of these are off."""
TOPIC: Final = "lan"
LOOK: Final = 30.0
"""Seconds between two looks whether the programs still run."""


class Serving(Service, Protocol):
    """Whoever serves the LAN by the records."""

    def is_running(self, family: int = 4) -> bool:
        """Whether the DHCP server of a family is there to serve."""

    def is_advertising(self) -> bool:
        """Whether router advertisements are sent."""

    def is_relaying(self) -> bool:
        """Whether requests are relayed."""

    def serves_names(self) -> bool:
        """Whether names are served to the LAN."""

    def is_whole(self, seconds: float) -> bool:
        """Whether a DHCPv6 lease that was given for so long, or a little less, was cut by nobody."""

    def links_served(self, wanted: Wanted) -> frozenset[str]:
        """The links whose hosts are given addresses, or told of prefixes."""


class LanTables(TableService):
    """The backend of all these tables; ``leases`` and ``resolver`` are what they read of the system."""

    def __init__(self, daemons: Serving, links: Links, leases: LeaseFile, resolver: Resolver) -> None:
        super().__init__("lan", KINDS, daemons, TABLES, PARAMETERS)
        self.daemons = daemons
        self.links = links
        self.leases = leases
        self.resolver = resolver

    def forget(self) -> None:
        """What was read of the system may be old."""
        self.leases.forget()
        self.resolver.forget()

    def serves(self, family: int, link: str | None) -> bool:  # noqa: ARG002 - one server, for every link that is told
        """Whether the DHCP server of a family serves a link that it was told of."""
        return self.daemons.is_running(family)

    def links_served(self) -> frozenset[str]:
        """The links whose hosts are given addresses, or told of prefixes, as it is in force."""
        return self.daemons.links_served(self.in_force)


class OwnLanTables(LanTables):
    """With daemons of our own: as a chore it starts programs anew that ended by themselves or by somebody else, makes
    room for others' and takes it again, and shortens leases in time.
    """

    daemons: LanService

    def __init__(self, daemons: LanService, links: Links, leases: LeaseFile, resolver: Resolver) -> None:
        super().__init__(daemons, links, leases, resolver)
        self._next = 0.0

    def serves(self, family: int, link: str | None) -> bool:
        """See LanTables; what somebody else has taken is not served by us."""
        return self.daemons.serves(family, link)

    def due(self, now: float) -> float | None:  # noqa: ARG002 - it has times of its own
        """See parts.Chore."""
        is_on = any(self.in_force.get(kind).enable for kind in SWITCHES)
        return min(self._next, self.daemons.shortens_at) if is_on else None

    def act(self, now: float) -> frozenset[str]:
        """See parts.Chore."""
        self._next = now + LOOK
        missing = {program.name for program in self.daemons.missing()}
        if not missing and now < self.daemons.shortens_at and not self.daemons.has_others_moved():
            return frozenset()
        self.reapply(logging.WARNING if missing - self.daemons.missed else logging.DEBUG)
        return frozenset({TOPIC})


@dataclass(frozen=True, slots=True)
class LanTable(RecordTable[R]):
    """The table, or the single object, of a kind of record of the LAN's services."""

    service: LanTables

    def declared(self, parameters: Iterable[Parameter[Keys, Any]], changed_by: Collection[str] = ()) -> Object[Keys]:
        """The declaration."""
        return self.object(parameters, "what is configured for the agent's dnsmasq", (*changed_by, TOPIC))

    def link(self, row: Keys) -> str | None:
        """The link of a row's interface."""
        pointer: Pointer | None = getattr(self.record(row), "interface", None)
        return self.service.links.link_of(pointer)

    def parameters(self, *names: str) -> list[Parameter[Keys, Any]]:
        """Parameters that are a field each; octets are kept in hexadecimal."""
        return [self._parameter(name) for name in names]

    def _parameter(self, name: str) -> Parameter[Keys, Any]:
        field = field_of(name)
        if field == "interface":
            return self.reference(name, IP_INTERFACE)
        if field == "order":
            return self.order()
        if field in HEXADECIMAL or (field == "vendor_class_id" and self.kind is Pool6):
            return self.field(name, read=bytes.fromhex, write=bytes.hex)
        return self.field(name)


def table_of(lan: LanTables, kind: type[R]) -> LanTable[R]:
    """The table of a kind."""
    return LanTable(lan, kind, TABLES[kind])


def target_of_link(lan: LanTables, link: str | None) -> Target | None:
    """The IP interface on a link."""
    return lan.links.row_of(link, IP_INTERFACE) if link else None
