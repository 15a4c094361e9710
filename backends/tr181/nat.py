"""Device.NAT.: on which interfaces addresses are translated, and which ports lead to hosts inside."""

from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.firewall.records import InterfaceNat, PortMapping
from backends.firewall.surroundings import ports_are_mapped
from backends.tr181.firewall_backend import FirewallTables
from backends.tr181.firewall_tables import table_of
from backends.tr181.firewall_values import internal_client, remote_host
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.record_table import Keys

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
    return [whole, _interface_settings(tables), _port_mappings(tables)]


def _interface_settings(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, InterfaceNat)
    made = table.status("nat").get

    def status(row: Keys) -> str:
        word = made(row)
        return "Enabled_PortMappingDisabled" if word == "Enabled" and not ports_are_mapped(tables.wanted) else word

    return table.declared([*table.plain("Enable"), Parameter("Status", status), table.ip_interface()])


def _port_mappings(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, PortMapping)
    return table.declared(
        [
            *table.plain("Enable"),
            table.status("port mapping", is_hindered=lambda _: not ports_are_mapped(tables.wanted)),
            Parameter("Origin", lambda _: "Controller"),
            table.ip_interface(),
            *table.plain("AllInterfaces"),
            *table.lease(),
            table.field("RemoteHost", write=remote_host),
            *table.plain("ExternalPort", "ExternalPortEndRange", "InternalPort", "Protocol"),
            table.field("InternalClient", write=internal_client),
            *table.plain("Description"),
        ]
    )
