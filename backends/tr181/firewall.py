"""Device.Firewall.: the predefined configurations, or levels of chains of rules; and what is let in besides."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.firewall.records import (
    Dmz,
    FirewallSettings,
    Level,
    LocalService,
    Pinhole,
    Policy,
    RuleChain,
)
from backends.firewall.surroundings import config_of, is_filtering
from backends.tr181.firewall_backend import FirewallTables
from backends.tr181.firewall_rules import rules
from backends.tr181.firewall_tables import table_of
from backends.tr181.firewall_values import address, host, ipv4_prefix, prefix
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import moment
from backends.tr181.record_table import Keys

CREATOR: Final = "ACS"
ORIGIN: Final = "Controller"


def firewall(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The firewall as a whole, and its tables."""
    tables = mechanisms.firewall
    if tables is None:
        return []
    parts = (_settings, _levels, _chains, rules, _policies, _dmz, _pinholes, _services)
    return [part(tables) for part in parts]


def _settings(tables: FirewallTables) -> Object[Keys]:
    table, levels = table_of(tables, FirewallSettings), table_of(tables, Level)
    return table.declared(
        [
            Parameter(
                "Enable", lambda _: is_filtering(tables.wanted), lambda row, value: table.edit(row, enable=value)
            ),
            Parameter("Config", lambda _: config_of(tables.wanted), lambda row, value: table.edit(row, config=value)),
            table.row_of("AdvancedLevel", levels),
            table.row_of("PolicyLevel", levels),
            Parameter("Type", lambda _: "Stateful"),
            Parameter("Version", lambda _: ""),
            table.field("LastChange", read=moment, write=None),
        ]
    )


def _levels(tables: FirewallTables) -> Object[Keys]:
    """A level has a chain of its own, which comes and goes with it."""
    table, chains, every_policy = table_of(tables, Level), table_of(tables, RuleChain), table_of(tables, Policy)

    def add(parents: Keys) -> Keys:
        return table.add(parents, chain=chains.add((), enable=True)[-1])

    def delete(row: Keys) -> None:
        chain = table.record(row).chain
        table.delete(row)
        tables.remove(RuleChain, chain)

    def policies(row: Keys) -> list[Target]:
        return [target for key in table.record(row).policies if (target := every_policy.target(key))]

    def set_policies(row: Keys, targets: Sequence[Target]) -> None:
        table.edit(row, policies=tuple(map(every_policy.key_of, targets)))

    return table.declared(
        [
            *table.plain("Name", "Description"),
            table.order(),
            Parameter("Policies", policies, set_policies),
            table.field("Chain", read=chains.target, write=None),
            *table.plain("PortMappingEnabled", "DefaultPolicy", "DefaultLogPolicy"),
        ],
        add=add,
        delete=delete,
    )


def _chains(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, RuleChain)
    return table.declared([*table.plain("Enable", "Name"), Parameter("Creator", lambda _: CREATOR)])


def _policies(tables: FirewallTables) -> Object[Keys]:
    table, chains = table_of(tables, Policy), table_of(tables, RuleChain)
    return table.declared(
        [
            *table.plain("Enable"),
            table.status(),
            table.row_of("Chain", chains),
            *table.plain("TargetChain"),
            table.ip_interface("SourceInterface"),
            table.ip_interface("DestinationInterface"),
            *table.plain("IPVersion"),
            table.row_of("ReverseChain", chains),
            *table.plain("ReverseTargetChain"),
        ]
    )


def _dmz(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, Dmz)
    return table.declared(
        [
            *table.plain("Enable"),
            table.status("dmz"),
            Parameter("Origin", lambda _: ORIGIN),
            *table.plain("Description"),
            table.ip_interface(),
            *table.lease(),
            table.field("DestIP", write=host),
            table.field("SourcePrefix", write=ipv4_prefix),
        ]
    )


def _pinholes(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, Pinhole)
    return table.declared(
        [
            *table.plain("Enable"),
            table.status("pinhole", is_hindered=lambda _: not is_filtering(tables.wanted)),
            Parameter("Origin", lambda _: ORIGIN),
            *table.plain("Description"),
            table.ip_interface(),
            *table.lease(),
            *table.plain("SourcePort", "SourcePortRangeMax", "DestPort", "DestPortRangeMax", "IPVersion", "Protocol"),
            table.field("SourcePrefixes", write=lambda texts: tuple(map(prefix, texts))),
            table.field("DestIP", write=address),
        ]
    )


def _services(tables: FirewallTables) -> Object[Keys]:
    table = table_of(tables, LocalService)

    def is_open_anyway(row: Keys) -> bool:
        return table.record(row).action == "Accept" and not is_filtering(tables.wanted)

    return table.declared(
        [
            *table.plain("Enable", "DestPort", "Protocol", "IPVersion", "ICMPType", "Action"),
            table.status("service", is_hindered=is_open_anyway),
            table.ip_interface(),
            table.field("SourcePrefixes", write=lambda texts: tuple(map(prefix, texts))),
        ]
    )
