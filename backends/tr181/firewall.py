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
from backends.tr181.firewall_tables import Keys, Table, keys_in, moment
from backends.tr181.firewall_values import address, host, ipv4_prefix, prefix
from backends.tr181.mechanisms import Mechanisms

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
    table = Table(tables, FirewallSettings)
    return table.object(
        [
            Parameter(
                "Enable", lambda _: is_filtering(tables.wanted), lambda row, value: table.edit(row, enable=value)
            ),
            Parameter("Config", lambda _: config_of(tables.wanted), lambda row, value: table.edit(row, config=value)),
            table.row_of("AdvancedLevel", Level),
            table.row_of("PolicyLevel", Level),
            Parameter("Type", lambda _: "Stateful"),
            Parameter("Version", lambda _: ""),
            table.converted("LastChange", moment),
        ]
    )


def _levels(tables: FirewallTables) -> Object[Keys]:
    """A level has a chain of its own, which comes and goes with it."""
    table, chains = Table(tables, Level), Table(tables, RuleChain)

    def add(parents: Keys) -> Keys:
        return table.add(parents, chain=chains.add((), enable=True)[-1])

    def delete(row: Keys) -> None:
        chain = table.record(row).chain
        table.delete(row)
        tables.remove(RuleChain, chain)

    def policies(row: Keys) -> list[Target]:
        return [target for key in table.record(row).policies if (target := table.target(Policy, key))]

    def set_policies(row: Keys, targets: Sequence[Target]) -> None:
        table.edit(row, policies=keys_in(Policy, targets))

    return table.object(
        [
            *table.plain("Name", "Description"),
            table.order(),
            Parameter("Policies", policies, set_policies),
            table.converted("Chain", lambda key: table.target(RuleChain, key)),
            *table.plain("PortMappingEnabled", "DefaultPolicy", "DefaultLogPolicy"),
        ],
        add=add,
        delete=delete,
    )


def _chains(tables: FirewallTables) -> Object[Keys]:
    table = Table(tables, RuleChain)
    return table.object([*table.plain("Enable", "Name"), Parameter("Creator", lambda _: CREATOR)])


def _policies(tables: FirewallTables) -> Object[Keys]:
    table = Table(tables, Policy)
    return table.object(
        [
            *table.plain("Enable"),
            table.status(),
            table.row_of("Chain", RuleChain),
            *table.plain("TargetChain"),
            table.ip_interface("SourceInterface"),
            table.ip_interface("DestinationInterface"),
            *table.plain("IPVersion"),
            table.row_of("ReverseChain", RuleChain),
            *table.plain("ReverseTargetChain"),
        ]
    )


def _dmz(tables: FirewallTables) -> Object[Keys]:
    table = Table(tables, Dmz)
    return table.object(
        [
            *table.plain("Enable"),
            table.status("dmz"),
            Parameter("Origin", lambda _: ORIGIN),
            *table.plain("Description"),
            table.ip_interface(),
            *table.lease(),
            table.converted("DestIP", write=host),
            table.converted("SourcePrefix", write=ipv4_prefix),
        ]
    )


def _pinholes(tables: FirewallTables) -> Object[Keys]:
    table = Table(tables, Pinhole)
    return table.object(
        [
            *table.plain("Enable"),
            table.status("pinhole", is_hindered=lambda _: not is_filtering(tables.wanted)),
            Parameter("Origin", lambda _: ORIGIN),
            *table.plain("Description"),
            table.ip_interface(),
            *table.lease(),
            *table.plain("SourcePort", "SourcePortRangeMax", "DestPort", "DestPortRangeMax", "IPVersion"),
            *table.lists("Protocol"),
            table.converted("SourcePrefixes", write=lambda texts: tuple(map(prefix, texts))),
            table.converted("DestIP", write=address),
        ]
    )


def _services(tables: FirewallTables) -> Object[Keys]:
    table = Table(tables, LocalService)
    return table.object(
        [
            *table.plain("Enable"),
            table.status("service", is_hindered=lambda _: not is_filtering(tables.wanted)),
            table.ip_interface(),
            *table.lists("DestPort", "Protocol"),
            *table.plain("IPVersion", "ICMPType"),
            table.converted("SourcePrefixes", write=lambda texts: tuple(map(prefix, texts))),
            *table.plain("Action"),
        ]
    )
