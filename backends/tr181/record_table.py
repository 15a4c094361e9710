"""Tables whose rows are the records of one kind of a service, each parameter a field of the record."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import SINGLE, R, Record
from backends.tr181.orders import moved
from backends.tr181.service import TableService, only, target_of

WORD_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Keys = tuple[str, ...]


def unchanged(value: Any) -> Any:
    """What a field that is read and written as it is does with a value; lists are kept as tuples."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class RecordTable(Generic[R]):
    """The table, or the single object, of a kind of record. A row is its keys, so that it reads what is staged now.

    A kind that has a field ``order`` keeps its rows in that order, without gaps.
    """

    service: TableService
    kind: type[R]
    path: str

    @property
    def is_table(self) -> bool:
        """Whether there are rows to add and delete."""
        return self.path.endswith("{i}.")

    def rows(self) -> Sequence[Keys]:
        """The rows that there are records of, in the order of adding."""
        if not self.is_table:
            return ((),)
        records = self.service.wanted.of(self.kind)
        return [(record.parent, key) if self.kind.owner else (key,) for key, record in records.items()]

    def record(self, row: Keys) -> R:
        """What is wanted of a row."""
        return self.service.wanted.get(self.kind, row[-1] if row else SINGLE)

    def edit(self, row: Keys, **values: Any) -> None:
        """Stage values."""
        self.service.edit(self.kind, row[-1] if row else SINGLE, **values)

    def add(self, parents: Keys, **values: Any) -> Keys:
        """A new row, last in its order."""
        record = self.kind(parent=parents[-1] if parents else "")
        if hasattr(record, "order"):
            values["order"] = max(self._siblings(parents).values(), default=0) + 1
        return (*parents, self.service.add(replace(record, **values)))

    def delete(self, row: Keys) -> None:
        """Without the row and what belongs to it; those behind it move up."""
        self.service.remove(self.kind, row[-1])

    def object(
        self,
        parameters: Iterable[Parameter[Keys, Any]],
        source: str,
        changed_by: Collection[str] = (),
        add: Callable[[Keys], Keys] | None = None,
        delete: Callable[[Keys], None] | None = None,
    ) -> Object[Keys]:
        """The declaration; ``add`` and ``delete`` where more belongs to it than one record."""
        return Object(
            path=self.path,
            rows=self.rows,
            keys=lambda row: row,
            parameters=list(parameters),
            add=(add or self.add) if self.is_table else None,
            delete=(delete or self.delete) if self.is_table else None,
            changed_by=tuple(changed_by),
            backend=self.service,
            source=lambda _: source,
        )

    # -- parameters ---------------------------------------------------------------------------------------------------

    def plain(self, *names: str) -> list[Parameter[Keys, Any]]:
        """Parameters that are a field each, read and written as they are."""
        return [self.field(name) for name in names]

    def field(
        self,
        name: str,
        field: str = "",
        read: Callable[[Any], Any] = unchanged,
        write: Callable[[Any], Any] | None = unchanged,
    ) -> Parameter[Keys, Any]:
        """A parameter that is a field, by default the one of its name; one without ``write`` is read only."""
        kept = field or field_of(name)

        def set_field(row: Keys, value: Any) -> None:
            self.edit(row, **{kept: write(value) if write else value})

        return Parameter(name, lambda row: read(getattr(self.record(row), kept)), set_field if write else None)

    def reference(self, name: str, *tables: str, field: str = "") -> Parameter[Keys, Any]:
        """A reference to a row of one of these tables."""
        return self.field(name, field, target_of, only(*tables))

    def row_of(self, name: str, other: "RecordTable[Any]", field: str = "") -> Parameter[Keys, Any]:
        """A reference to a row of another table of the service, kept as its key; nothing when the row has gone."""
        return self.field(name, field, other.target, other.key_of)

    def target(self, key: str) -> Target | None:
        """The row under a key, if it is there."""
        return Target(self.path, (key,)) if key and key in self.service.wanted.of(self.kind) else None

    def key_of(self, target: Target | None) -> str:
        """The key of a row of this table, "" for none; InvalidValue for a row of another."""
        if target is not None and target.table != self.path:
            raise InvalidValue("", f"a row of {self.path} is needed")
        return target.keys[-1] if target else ""

    def order(self) -> Parameter[Keys, Any]:
        """Order."""
        return Parameter("Order", self._order, self._set_order)

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


def tables_of(service: TableService, paths: Mapping[type[Record], str]) -> dict[type[Record], RecordTable[Any]]:
    """The table of each kind of a service."""
    return {kind: RecordTable(service, kind, path) for kind, path in paths.items()}
