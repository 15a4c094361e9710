"""Which link of the kernel a row of any interface table stands for, and which row a link is; for every service."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Network
from typing import Any, Final, Protocol

from agent.model.object import Target
from backends.network import rows as tables
from backends.network.network import Network
from backends.network.records import Reference
from backends.network.rows import Row
from backends.network.topology import Topology
from backends.tr181.ip_prefix_rows import prefix_target
from backends.tr181.layers import (
    BRIDGE,
    BRIDGE_PORT,
    ETHERNET_INTERFACE,
    ETHERNET_LINK,
    IP_INTERFACE,
    LOGICAL_INTERFACE,
    VLAN_TERMINATION,
    target_of,
)


class Pointing(Protocol):
    """A reference to a row of a table: the model's Target, or what a service stores of one."""

    @property
    def table(self) -> str:
        """The table's path, with ``{i}`` for the rows."""

    @property
    def keys(self) -> tuple[str, ...]:
        """One for each ``{i}``."""


ROWS: Final[Mapping[str, tuple[str, Callable[[Topology], Iterable[Row[Any]]]]]] = {
    ETHERNET_INTERFACE: ("port", tables.ports),
    ETHERNET_LINK: ("ethernet_link", tables.ethernet_links),
    VLAN_TERMINATION: ("vlan", tables.vlans),
    BRIDGE: ("bridge", tables.bridges),
    BRIDGE_PORT: ("bridge_port", tables.bridge_ports),
    IP_INTERFACE: ("ip", tables.ip_interfaces),
    LOGICAL_INTERFACE: ("logical", tables.logical_interfaces),
}
"""Of each table of the network's, the kind of its references and its rows."""


class Links:
    """Answers from the network as it is now, staged edits included."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rows: dict[str, Target] = {}
        self._rows_of: tuple[str, Topology] | None = None

    def link_of(self, target: Pointing | None) -> str | None:
        """The kernel's name of the link that a row is or will be; None for no row, one that has no link, or one of a
        table that has nothing to do with links.
        """
        if target is None or not target.keys:
            return None
        if target.table in ROWS:
            return self._network.topology.link_of(Reference(ROWS[target.table][0], target.keys[-1]))
        layer = next((one for one in self._network.other_layers if one.table == target.table), None)
        return layer.link_of(Reference(layer.kind, target.keys[-1])) if layer else None

    def may_change(self, link: str) -> bool:
        """Whether the owner gave this link to the agent (``[network] manage``)."""
        return self._network.may_change(link)

    def row_of(self, link: str, table: str) -> Target | None:
        """The row of a table that a link is; None where it is none. A bridge's link is also its management port."""
        topology = self._network.topology
        if table in ROWS:
            if self._rows_of is None or self._rows_of[0] != table or self._rows_of[1] is not topology:
                self._rows_of, self._rows = (table, topology), self._targets(table, topology)
            return self._rows.get(link)
        there = topology.links.get(link)
        reference = topology.other(there) if there else None
        is_there = reference is not None and topology.others[reference.kind].table == table
        return target_of(self._network, reference) if is_there else None

    def prefix_row(self, interface: str, link: str, subnet: IPv6Network) -> Target:
        """The row of a prefix on the link of the IP interface with this key."""
        return prefix_target(self._network.topology, interface, link, subnet)

    def _targets(self, table: str, topology: Topology) -> dict[str, Target]:
        """The rows of a table by link: asked for hundreds of links, they are listed once."""
        found: dict[str, Target] = {}
        for row in ROWS[table][1](topology):
            name = topology.link_of(row.reference)
            if name is not None and name not in found:
                found[name] = Target(table, (row.parent, row.key) if row.parent else (row.key,))
        return found
