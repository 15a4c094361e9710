"""NAT and packet filter as a service: from records to the one table of ours, by difference."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from backends.desired_state import NotOurs, Record, Wanted
from backends.firewall.conditions import check, lacking
from backends.firewall.filter import filter_chains
from backends.firewall.nat import about, arrivals, last_port, nat_chains
from backends.firewall.records import PortMapping
from backends.firewall.strangers import led_elsewhere
from backends.firewall.surroundings import Surroundings
from backends.nftables import TOUCHED, Nftables, Table

log = logging.getLogger(__name__)

TABLE: Final = "cpe_agent"
"""The tables of the agent's other services are called by it and what they are for."""


class Firewall:
    """See backends.desired_state.Service. ``surroundings`` tells what the rules depend on beside the records, now."""

    def __init__(
        self,
        nftables: Nftables,
        surroundings: Callable[[], Surroundings],
        may_change: Callable[[str], bool],
    ) -> None:
        self._nftables = nftables
        self._surroundings = surroundings
        self._may_change = may_change
        self._applied = Wanted()
        self._around: Surroundings | None = None
        self._neighbours_told = False
        self._made = Table(TABLE)

    @property
    def around(self) -> Surroundings:
        """The surroundings of this request."""
        if self._around is None:
            self._around = self._surroundings()
        return self._around

    def forget(self) -> None:
        """Read everything again for the next request."""
        self._around = None
        self._nftables.forget()

    def check(self, wanted: Wanted) -> None:
        """Raises Refused or NotOurs."""
        self._around = None
        check(wanted, self._applied, self.around, self._may_change)
        before = self._applied.of(PortMapping)
        new = {key: one for key, one in wanted.of(PortMapping).items() if one.enable and one != before.get(key)}
        if new:
            self._check_ports(new, wanted)

    def _check_ports(self, mappings: Mapping[str, PortMapping], wanted: Wanted) -> None:
        """What somebody else's table leads elsewhere never comes to a mapping of ours."""
        tables = {f"{family} {name}": self._nftables.listed(family, name) for family, name in self._others()}
        for key, mapping in mappings.items():
            links = arrivals(mapping, wanted, self.around)
            addresses = frozenset[str]().union(*map(self.around.addresses_on, links))
            first, last = mapping.external_port, last_port(mapping)
            for table, told in tables.items():
                led = led_elsewhere(told, links, addresses)
                if first and any(one.meets(mapping.protocol, first, last) for one in led):
                    reason = f"the packet filter's table {table}, which is somebody else's, leads this port elsewhere"
                    raise NotOurs(reason, PortMapping, key, ("external_port",))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - whatever is wanted
        """Never. There is no chain of ours in the way of what this machine sends; what comes to it passes where it
        belongs to a connection that exists, or goes to a port on which the agent listens. No mapping takes such a port.
        """
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Let the kernel have the table that the records make now. MechanismError."""
        self._around = None
        table = self.table(wanted)
        was_touched = self.is_touched()
        was_changed = self._nftables.bring_to(table)
        self._applied, self._made = wanted, table
        if was_touched:
            log.warning(TOUCHED, f"inet {TABLE}")
        if was_changed and table.chains:
            self._tell_of_neighbours()
        return was_changed

    def is_there(self) -> bool:
        """Whether the kernel has a table of ours, whatever is in it: not after a boot. MechanismError."""
        return self._nftables.is_there(TABLE)

    @property
    def has_table(self) -> bool:
        """Whether the kernel was given a table, and should have it."""
        return bool(self._made.chains)

    def is_touched(self) -> bool:
        """Whether the table is not as it was made: taken away, as a restart of the nftables service does, emptied, or
        with rules of somebody else's.
        """
        return self.has_table and not self._nftables.has(self._made)

    def table(self, wanted: Wanted) -> Table:
        """The table; without chains where nothing is wanted."""
        return Table(TABLE, [*nat_chains(wanted, self.around), *filter_chains(wanted, self.around)])

    def is_made(self, what: str, key: str) -> bool:
        """Whether the kernel has the rules of a row."""
        return about(what, key) in self._nftables.counters(TABLE)

    def lacking(self, record: Record, wanted: Wanted) -> str:
        """What a record lacks to be made, in words; "" for nothing."""
        return lacking(record, self.around, wanted)

    def _others(self) -> list[tuple[str, str]]:
        """Family and name of the tables that are not ours."""
        return [(family, name) for family, name in self._nftables.tables() if not name.startswith(TABLE)]

    def _tell_of_neighbours(self) -> None:
        """Once: whoever looks for why a port mapping does not work should know where else packets can end."""
        others = [" ".join(one) for one in self._others()]
        if others and not self._neighbours_told:
            log.info("there are other packet filters, and what they drop stays dropped: %s", ", ".join(others))
        self._neighbours_told = True
