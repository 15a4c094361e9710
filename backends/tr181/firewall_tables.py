"""What the rows of Device.NAT. and Device.Firewall. have in common: each is a record of the firewall's service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer, R
from backends.firewall.leases import granted, remaining
from backends.firewall.records import Leased
from backends.tr181.firewall_backend import TABLES, TOPIC, FirewallTables
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.record_table import Keys, RecordTable
from backends.tr181.service import pointer_of, target_of


@dataclass(frozen=True, slots=True)
class FirewallTable(RecordTable[R]):
    """The table, or the single object, of a kind of record of the firewall."""

    service: FirewallTables

    def declared(
        self,
        parameters: Iterable[Parameter[Keys, Any]],
        add: Callable[[Keys], Keys] | None = None,
        delete: Callable[[Keys], None] | None = None,
    ) -> Object[Keys]:
        """The declaration."""
        return self.object(parameters, self.service.source, (TOPIC, "link"), add, delete)

    # -- parameters ---------------------------------------------------------------------------------------------------

    def ip_interface(self, name: str = "Interface") -> Parameter[Keys, Any]:
        """A reference to an IP interface."""
        return self.reference(name, IP_INTERFACE)

    def any_interface(self, name: str) -> Parameter[Keys, Any]:
        """A reference to any row that stands for a link."""
        return self.field(name, read=target_of, write=self._interface)

    def lease(self) -> list[Parameter[Keys, Any]]:
        """LeaseDuration and RemainingLeaseTime."""

        def set_lease(row: Keys, seconds: int) -> None:
            self.edit(row, **granted(seconds, self.service.clock()))

        def left(row: Keys) -> int:
            record = self.record(row)
            return (remaining(record, self.service.clock()) or 0) if isinstance(record, Leased) else 0

        return [
            Parameter("LeaseDuration", lambda row: getattr(self.record(row), "lease_duration", 0), set_lease),
            Parameter("RemainingLeaseTime", left),
        ]

    def status(self, made_as: str = "", is_hindered: Callable[[Keys], bool] = lambda _: False) -> Parameter[Keys, str]:
        """Status; ``made_as``: the kernel is asked for the rules of the row, unless it is hindered."""

        def tell(row: Keys) -> str:
            record, firewall = self.record(row), self.service.firewall
            if not getattr(record, "enable", False):
                return "Disabled"
            if firewall.lacking(record, self.service.wanted):
                return "Error_Misconfigured"
            is_missing = bool(made_as) and not firewall.is_made(made_as, row[-1]) and not is_hindered(row)
            return "Error" if is_missing else "Enabled"

        return Parameter("Status", tell)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _interface(self, target: Target | None) -> Pointer | None:
        pointer = pointer_of(target)
        if pointer is not None and self.service.firewall.around.link_of(pointer) is None:
            raise InvalidValue("", "the row stands for no interface")
        return pointer


def table_of(service: FirewallTables, kind: type[R]) -> FirewallTable[R]:
    """The table of a kind."""
    return FirewallTable(service, kind, TABLES[kind])
