"""Device.NAT.: on which interfaces addresses are translated, and which ports lead to hosts inside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter
from backends.firewall.records import InterfaceNat, PortMapping
from backends.firewall.surroundings import ports_are_mapped
from backends.tr181.firewall_backend import TABLES, FirewallTables
from backends.tr181.firewall_tables import FirewallTable, table_of
from backends.tr181.firewall_values import internal_client, remote_host
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys
from backends.tr181.upnp_gateway import UpnpTables

UNLIMITED: Final = 0


def nat(mechanisms: Mechanisms) -> list[Object[Any]]:
    """InterfaceSetting and PortMapping."""
    tables = mechanisms.firewall
    if tables is None:
        return []
    whole: Object[Any] = Object(
        path="Device.NAT.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[Parameter("MaxNumberOfPortMappings", lambda _: UNLIMITED)],
        source=lambda _: "nftables",
    )
    return [whole, _interface_settings(tables), _port_mappings(tables, mechanisms.upnp)]


@dataclass(frozen=True, slots=True)
class PortMappings(FirewallTable[PortMapping]):
    """Beside those that were set, those that hosts inside asked for by UPnP: told, and theirs to take away."""

    asked: Callable[[], Mapping[str, PortMapping]]

    def rows(self) -> Sequence[Keys]:
        """See RecordTable."""
        return [*FirewallTable.rows(self), *((key,) for key in self.asked())]

    def record(self, row: Keys) -> PortMapping:
        """See RecordTable."""
        found = None if self.is_set(row) else self.asked().get(row[-1])
        return FirewallTable.record(self, row) if found is None else found

    def edit(self, row: Keys, **values: Any) -> None:
        """See RecordTable."""
        self._check(row)
        FirewallTable.edit(self, row, **values)

    def delete(self, row: Keys) -> None:
        """See RecordTable."""
        self._check(row)
        FirewallTable.delete(self, row)

    def is_set(self, row: Keys) -> bool:
        """Whether it is one of those that were set here."""
        return row[-1] in self.service.wanted.of(PortMapping)

    def _check(self, row: Keys) -> None:
        if not self.is_set(row):
            raise Denied("", "a host inside asked for it by UPnP")


def _interface_settings(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, InterfaceNat)
    made = table.status("nat").get

    def status(row: Keys) -> str:
        word = made(row)
        return "Enabled_PortMappingDisabled" if word == "Enabled" and not ports_are_mapped(tables.wanted) else word

    return table.declared([*table.plain("Enable"), Parameter("Status", status), table.ip_interface()])


def _port_mappings(tables: FirewallTables, upnp: UpnpTables | None) -> Object[Keys]:
    table = PortMappings(
        tables, PortMapping, TABLES[PortMapping], lambda: upnp.mappings(tables.clock()) if upnp else {}
    )
    made = table.status("port mapping", is_hindered=lambda _: not ports_are_mapped(tables.wanted)).get

    def status(row: Keys) -> str:
        if table.is_set(row):
            return made(row)
        asked = table.record(row)
        return "Error" if any(one.hides(asked) for one in tables.wanted.of(PortMapping).values()) else "Enabled"

    return table.declared(
        [
            *table.plain("Enable"),
            Parameter("Status", status),
            Parameter("Origin", lambda row: "Controller" if table.is_set(row) else "UPnP"),
            table.ip_interface(),
            *table.plain("AllInterfaces"),
            *table.lease(),
            table.field("RemoteHost", write=remote_host),
            *table.plain("ExternalPort", "ExternalPortEndRange", "InternalPort", "Protocol"),
            table.field("InternalClient", write=internal_client),
            *table.plain("Description"),
        ]
    )
