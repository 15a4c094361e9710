"""What the rows of Device.NAT. and Device.Firewall. have in common: each is a record of the firewall's service."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import SINGLE, Record
from backends.firewall.leases import granted, remaining
from backends.firewall.records import Leased
from backends.tr181.firewall_backend import FIREWALL, TABLES, TOPIC, FirewallTables
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.orders import closed, moved
from backends.tr181.service import only, pointer_of, target_of

WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

R = TypeVar("R", bound=Record)
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """The table, or the single object, of a kind of record. A row is its keys, so that it reads what is staged now."""

    tables: FirewallTables
    kind: type[R]

    @property
    def path(self) -> str:
        """The object's path."""
        return TABLES[self.kind]

    @property
    def is_firewall(self) -> bool:
        """Whether a change here is one of the firewall's settings."""
        return self.path.startswith(FIREWALL)

    def rows(self) -> Sequence[Keys]:
        """The rows that there are records of, in the order of adding."""
        if not self.path.endswith("{i}."):
            return ((),)
        records = self.tables.wanted.of(self.kind)
        return [(record.parent, key) if self.kind.owner else (key,) for key, record in records.items()]

    def record(self, row: Keys) -> R:
        """What is wanted of a row."""
        return self.tables.wanted.get(self.kind, row[-1] if row else SINGLE)

    def edit(self, row: Keys, **values: Any) -> None:
        """Stage values."""
        self.tables.edit(self.kind, row[-1] if row else SINGLE, **values)
        if self.is_firewall:
            self.tables.note_change()

    def add(self, parents: Keys, **values: Any) -> Keys:
        """A new row, last in its order."""
        record = self.kind(parent=parents[-1] if parents else "")
        if hasattr(record, "order"):
            values["order"] = len(self._siblings(parents)) + 1
        key = self.tables.add(replace(record, **values))
        if self.is_firewall:
            self.tables.note_change()
        return (*parents, key)

    def delete(self, row: Keys) -> None:
        """Without the row and what belongs to it; those behind it move up."""
        self.tables.remove(self.kind, row[-1])
        if hasattr(self.kind(), "order"):
            self._arrange(closed(self._siblings(row[:-1])))
        if self.is_firewall:
            self.tables.note_change()

    def object(self, parameters: Iterable[Parameter[Keys, Any]], **other: Any) -> Object[Keys]:
        """The declaration."""
        if self.path.endswith("{i}."):
            other = {"add": self.add, "delete": self.delete, **other}
        return Object(
            path=self.path,
            rows=self.rows,
            keys=lambda row: row,
            parameters=list(parameters),
            changed_by=(TOPIC, "link"),
            backend=self.tables,
            source=lambda _: "what is configured for the table inet cpe_agent of nftables",
            **other,
        )

    # -- parameters ---------------------------------------------------------------------------------------------------

    def plain(self, *names: str) -> list[Parameter[Keys, Any]]:
        """Parameters that are a field each, read and written as they are; lists are tuples."""
        return [self.converted(name, write=lambda value: value) for name in names]

    def lists(self, *names: str) -> list[Parameter[Keys, Any]]:
        """Parameters that are lists."""
        return [self.converted(name, write=tuple) for name in names]

    def converted(
        self, name: str, read: Callable[[Any], Any] = lambda value: value, write: Callable[[Any], Any] | None = None
    ) -> Parameter[Keys, Any]:
        """A parameter that is a field in another form; one without ``write`` is read only."""
        field = field_of(name)
        setter = None
        if write is not None:
            kept = write

            def set_field(row: Keys, value: Any) -> None:
                self.edit(row, **{field: kept(value)})

            setter = set_field
        return Parameter(name, lambda row: read(getattr(self.record(row), field)), setter)

    def ip_interface(self, name: str = "Interface") -> Parameter[Keys, Any]:
        """A reference to an IP interface."""
        return self.converted(name, target_of, only(IP_INTERFACE))

    def any_interface(self, name: str) -> Parameter[Keys, Any]:
        """A reference to any row that stands for a link."""
        return self.converted(name, target_of, self._interface)

    def row_of(self, name: str, kind: type[Record]) -> Parameter[Keys, Any]:
        """A reference to a row of one of these tables; it goes when the row goes."""
        return self.converted(name, lambda key: self.target(kind, key), lambda target: key_in(kind, target))

    def target(self, kind: type[Record], key: str) -> Target | None:
        """The row of another table of these, if it is there."""
        return Target(TABLES[kind], (key,)) if key and key in self.tables.wanted.of(kind) else None

    def order(self) -> Parameter[Keys, Any]:
        """Order."""
        return Parameter("Order", self._order, self._set_order)

    def lease(self) -> list[Parameter[Keys, Any]]:
        """LeaseDuration and RemainingLeaseTime."""

        def set_lease(row: Keys, seconds: int) -> None:
            self.edit(row, **granted(seconds, self.tables.clock()))

        def left(row: Keys) -> int:
            record = self.record(row)
            return (remaining(record, self.tables.clock()) or 0) if isinstance(record, Leased) else 0

        return [
            Parameter("LeaseDuration", lambda row: getattr(self.record(row), "lease_duration", 0), set_lease),
            Parameter("RemainingLeaseTime", left),
        ]

    def status(self, made_as: str = "", is_hindered: Callable[[Keys], bool] = lambda _: False) -> Parameter[Keys, str]:
        """Status; ``made_as``: the kernel is asked for the rules of the row, unless it is hindered."""

        def tell(row: Keys) -> str:
            record, firewall = self.record(row), self.tables.firewall
            if not getattr(record, "enable", False):
                return "Disabled"
            if firewall.is_misconfigured(record):
                return "Error_Misconfigured"
            is_missing = bool(made_as) and not is_hindered(row) and not firewall.is_made(made_as, row[-1])
            return "Error" if is_missing else "Enabled"

        return Parameter("Status", tell)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _interface(self, target: Target | None) -> Any:
        pointer = pointer_of(target)
        if pointer is not None and self.tables.firewall.around.link_of(pointer) is None:
            raise InvalidValue("", "the row stands for no interface")
        return pointer

    def _siblings(self, parents: Keys) -> dict[str, int]:
        return {row[-1]: self._order(row) for row in self.rows() if row[:-1] == parents}

    def _order(self, row: Keys) -> int:
        order: int = getattr(self.record(row), "order")  # noqa: B009 - of the kinds that have one
        return order

    def _set_order(self, row: Keys, place: int) -> None:
        self._arrange(moved(self._siblings(row[:-1]), row[-1], place))

    def _arrange(self, orders: Mapping[str, int]) -> None:
        for key, place in orders.items():
            if self._order((key,)) != place:
                self.edit((key,), order=place)


def field_of(name: str) -> str:
    """A record's field for a parameter: ``remote_host`` of ``RemoteHost``, ``dest_ip`` of ``DestIP``."""
    return WORD_BREAK.sub("_", name).lower()


def key_in(kind: type[Record], target: Target | None) -> str:
    """The key of a row of the table of a kind, "" for none; InvalidValue for a row of another."""
    if target is None:
        return ""
    if target.table != TABLES[kind]:
        raise InvalidValue("", f"a row of {TABLES[kind]} is needed")
    return target.keys[-1]


def keys_in(kind: type[Record], targets: Collection[Target]) -> tuple[str, ...]:
    """The same for a list."""
    return tuple(key_in(kind, target) for target in targets)


def moment(wall: int | None) -> datetime | None:
    """Unix time as the model has it."""
    return None if wall is None else EPOCH + timedelta(seconds=wall)
