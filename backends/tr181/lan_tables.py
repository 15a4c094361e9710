"""The service behind the LAN's tables (DHCP, router advertisements, DNS relay), and what their rows have in common."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from agent.model.object import Object, Parameter, Target
from backends.desired_state import SINGLE, Pointer, Record
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
from backends.tr181.orders import closed, moved
from backends.tr181.service import TableService, only, target_of

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
WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
HEXADECIMAL: Final = frozenset({"client_id", "user_class_id", "duid", "value"})
ORDERED: Final = (Pool4, Forwarding4, Pool6)

R = TypeVar("R", bound=Record)
Keys = tuple[str, ...]


class LanTables(TableService):
    """The backend of all these tables; ``leases`` and ``resolver`` are what they read of the system."""

    def __init__(self, service: LanService, links: Links, leases: LeaseFile, resolver: Resolver) -> None:
        super().__init__("lan", KINDS, service, TABLES, PARAMETERS)
        self.service = service
        self.links = links
        self.leases = leases
        self.resolver = resolver

    def forget(self) -> None:
        """What was read of the system may be old."""
        self.leases.forget()
        self.resolver.forget()


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """The table, or the single object, of a kind of record. A row is its keys, so that it reads what is staged now."""

    lan: LanTables
    kind: type[R]

    @property
    def path(self) -> str:
        """The object's path."""
        return TABLES[self.kind]

    def rows(self) -> Iterable[Keys]:
        """The rows that there are records of, in the order of adding."""
        if not self.path.endswith("{i}."):
            return ((),)
        records = self.lan.wanted.of(self.kind)
        return [(record.parent, key) if self.kind.owner else (key,) for key, record in records.items()]

    def record(self, row: Keys) -> R:
        """What is wanted of a row."""
        return self.lan.wanted.get(self.kind, row[-1] if row else SINGLE)

    def edit(self, row: Keys, **values: Any) -> None:
        """Stage values."""
        self.lan.edit(self.kind, row[-1] if row else SINGLE, **values)

    def link(self, row: Keys) -> str | None:
        """The link of a row's interface."""
        pointer: Pointer | None = getattr(self.record(row), "interface", None)
        return self.lan.links.link_of(pointer)

    def add(self, parents: Keys) -> Keys:
        """A new row, last in its order."""
        record: Any = self.kind(parent=parents[-1] if parents else "")
        if self.kind in ORDERED:
            record = replace(record, order=len(self.lan.wanted.of(self.kind)) + 1)
        return (*parents, self.lan.add(record))

    def delete(self, row: Keys) -> None:
        """Without the row and what belongs to it."""
        self.lan.remove(self.kind, row[-1])
        if self.kind in ORDERED:
            self._arrange(closed(self._orders()))

    def parameters(self, *names: str) -> list[Parameter[Keys, Any]]:
        """Parameters that are a field each, read and written as they are."""
        return [self.parameter(name) for name in names]

    def parameter(self, name: str) -> Parameter[Keys, Any]:
        """One such parameter."""
        field = field_of(name)
        if field == "interface":
            return self._converted(name, target_of, only(IP_INTERFACE))
        if field == "order":
            return Parameter(name, self._order, self._set_order)
        if field in HEXADECIMAL or (field == "vendor_class_id" and self.kind is Pool6):
            return self._converted(name, bytes.fromhex, bytes.hex)
        return self._converted(name, lambda value: value, lambda value: tuple(value) if _is_list(value) else value)

    def object(self, parameters: Iterable[Parameter[Keys, Any]], changed_by: tuple[str, ...] = ()) -> Object[Keys]:
        """The declaration."""
        is_table = self.path.endswith("{i}.")
        return Object(
            path=self.path,
            rows=self.rows,
            keys=lambda row: row,
            parameters=list(parameters),
            add=self.add if is_table else None,
            delete=self.delete if is_table else None,
            backend=self.lan,
            changed_by=changed_by,
            source=lambda _: "what is configured for the agent's dnsmasq",
        )

    def _converted(self, name: str, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Parameter[Keys, Any]:
        field = field_of(name)
        return Parameter(
            name,
            lambda row: read(getattr(self.record(row), field)),
            lambda row, value: self.edit(row, **{field: write(value)}),
        )

    def _order(self, row: Keys) -> int:
        order: int = getattr(self.record(row), "order")  # noqa: B009 - of the kinds that have one
        return order

    def _orders(self) -> dict[str, int]:
        return {row[-1]: self._order(row) for row in self.rows()}

    def _set_order(self, row: Keys, place: int) -> None:
        self._arrange(moved(self._orders(), row[-1], place))

    def _arrange(self, orders: Mapping[str, int]) -> None:
        for key, place in orders.items():
            if self._order((key,)) != place:
                self.edit((key,), order=place)


def field_of(name: str) -> str:
    """A record's field for a parameter: ``remote_host`` of ``RemoteHost``, ``client_id`` of ``ClientID``."""
    return WORD_BREAK.sub("_", name).lower()


def target_of_link(lan: LanTables, link: str | None) -> Target | None:
    """The IP interface on a link."""
    return lan.links.row_of(link, IP_INTERFACE) if link else None


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))
