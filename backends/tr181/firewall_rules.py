"""Device.Firewall.Chain.{i}.Rule.: what a packet must be like, and what becomes of it."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.firewall.filter import chains_in_use
from backends.firewall.records import FilterRule, RuleChain
from backends.firewall.surroundings import is_filtering
from backends.tr181.firewall_backend import FirewallTables
from backends.tr181.firewall_tables import FirewallTable, table_of
from backends.tr181.firewall_values import address, expiry, mask
from backends.tr181.moments import FOR_EVER, moment
from backends.tr181.record_table import Keys


def rules(tables: FirewallTables) -> Object[Keys]:
    """The table below each chain."""
    table = table_of(tables, FilterRule)

    def add(parents: Keys) -> Keys:
        wall = tables.clock().wall
        return table.add(parents, creation_date=None if wall is None else round(wall))

    return table.declared([*_action(table), *_criteria(table)], add=add)


def _action(table: FirewallTable[FilterRule]) -> list[Parameter[Keys, Any]]:
    def is_idle(row: Keys) -> bool:
        """Whether nothing leads to the rule's chain at present."""
        wanted = table.service.wanted
        return not is_filtering(wanted) or row[0] not in chains_in_use(wanted)

    return [
        *table.plain("Enable"),
        table.status("rule", is_hindered=is_idle),
        table.order(),
        *table.plain("Description", "Target"),
        table.row_of("TargetChain", table_of(table.service, RuleChain)),
        *table.plain("Log"),
        table.field("CreationDate", read=moment, write=None),
        table.field("ExpiryDate", read=lambda wall: FOR_EVER if wall is None else moment(wall), write=expiry),
    ]


def _criteria(table: FirewallTable[FilterRule]) -> list[Parameter[Keys, Any]]:
    return [
        *(
            parameter
            for end in ("Source", "Dest")
            for parameter in (
                table.any_interface(f"{end}Interface"),
                *table.plain(f"{end}InterfaceExclude", f"{end}AllInterfaces"),
                table.field(f"{end}IP", write=address),
                table.field(f"{end}Mask", write=mask),
                *table.plain(f"{end}IPExclude", f"{end}Port", f"{end}PortRangeMax", f"{end}PortExclude"),
            )
        ),
        *table.plain("IPVersion", "Protocol", "ProtocolExclude", "DSCP", "DSCPExclude", "ConnectionState"),
        *table.plain("SourceMAC", "SourceMACExclude"),
    ]
