"""Device.Firewall.Chain.{i}.Rule.: what a packet must be like, and what becomes of it."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.firewall.records import FilterRule, RuleChain
from backends.tr181.firewall_backend import FirewallTables
from backends.tr181.firewall_tables import Keys, Table, moment
from backends.tr181.firewall_values import NEVER, address, expiry, mask


def rules(tables: FirewallTables) -> Object[Keys]:
    """The table below each chain."""
    table = Table(tables, FilterRule)

    def add(parents: Keys) -> Keys:
        wall = tables.clock().wall
        return table.add(parents, creation_date=None if wall is None else round(wall))

    return table.object([*_action(table), *_criteria(table)], add=add)


def _action(table: Table[FilterRule]) -> list[Parameter[Keys, Any]]:
    return [
        *table.plain("Enable"),
        table.status(),
        table.order(),
        *table.plain("Description", "Target"),
        table.row_of("TargetChain", RuleChain),
        *table.plain("Log"),
        table.converted("CreationDate", moment),
        table.converted("ExpiryDate", lambda wall: NEVER if wall is None else moment(wall), expiry),
    ]


def _criteria(table: Table[FilterRule]) -> list[Parameter[Keys, Any]]:
    return [
        *(
            parameter
            for end in ("Source", "Dest")
            for parameter in (
                table.any_interface(f"{end}Interface"),
                *table.plain(f"{end}InterfaceExclude", f"{end}AllInterfaces"),
                table.converted(f"{end}IP", write=address),
                table.converted(f"{end}Mask", write=mask),
                *table.plain(f"{end}IPExclude", f"{end}Port", f"{end}PortRangeMax", f"{end}PortExclude"),
            )
        ),
        *table.plain("IPVersion", "Protocol", "ProtocolExclude", "DSCP", "DSCPExclude"),
        *table.lists("ConnectionState"),
        *table.plain("SourceMAC", "SourceMACExclude"),
    ]
