"""A service's desired state whose refusals are the data model's: they name rows of tables and their parameters."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import RowsRefused, Target
from backends.desired_state import Desired, NotOurs, Pointer, Record, Refused, Service
from backends.tr181.orders import closed

log = logging.getLogger(__name__)


class TableService(Desired):
    """A backend of the data model. ``tables`` says in which table the records of a kind are rows.

    ``parameters`` says for a record's field by which parameters it is set, where the names differ otherwise than
    ``remote_host`` does from ``RemoteHost``. The reason of a refusal names one of its fields as ``{remote_host}``.
    """

    def __init__(
        self,
        name: str,
        kinds: Sequence[type[Record]],
        service: Service,
        tables: Mapping[type[Record], str],
        parameters: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(name, kinds, service)
        self._tables: Final = tables
        self._parameters: Final = parameters or {}
        self.path_of: Callable[[Target], str] = lambda _: ""
        """The concrete path of a row whose number the data model knows, for the log; "" for another."""

    def remove(self, kind: type[Record], key: str) -> None:
        """See Desired; where rows have an order, those behind this one move up."""
        parent = self.wanted.get(kind, key).parent
        super().remove(kind, key)
        if not hasattr(kind(), "order"):
            return
        orders = {other: getattr(one, "order", 0) for other, one in self.wanted.children(kind, parent).items()}
        for other, place in closed(orders).items():
            if orders[other] != place:
                self.edit(kind, other, order=place)

    def prepare(self) -> bool:
        """See Desired; raises RowsRefused."""
        try:
            return super().prepare()
        except Refused as refused:
            reason = self._reason_of(refused)
            rows, where = list[Target](), ""
            if refused.kind is not None and refused.kind in self._tables:
                rows = [self._row(refused.kind, refused.key)]
                where = f"{self.known_as(refused.kind, refused.key)}: "
            log.warning("%s: refused: %s%s", self.name, where, reason)
            kind = Denied if isinstance(refused, NotOurs) else InvalidValue
            names = [name for field in refused.fields for name in self._names_of(field)]
            raise RowsRefused(kind, reason, rows, names) from refused

    def known_as(self, kind: type[Record], key: str) -> str:
        """How the log names a row: by its path, or, while it has no number, by its table and key; and as it describes
        itself.
        """
        row, description = self._row(kind, key), getattr(self.wanted.get(kind, key), "description", "")
        path = self.path_of(row) if row.keys else row.table
        words = (path or row.table, repr(description) if description else "", "" if path else f"({key})")
        return " ".join(filter(None, words))

    def _row(self, kind: type[Record], key: str) -> Target:
        table, keys = self._tables[kind], [key] if key else []
        record = self.wanted.get(kind, key)
        while record.parent:
            keys.insert(0, record.parent)
            if kind.owner is None:
                break
            kind = kind.owner
            record = self.wanted.get(kind, record.parent)
        return Target(table, tuple(keys[-table.count("{i}") :]) if keys else ())

    def _reason_of(self, refused: Refused) -> str:
        """The reason, with the fields that it names as parameters."""
        reason = refused.reason
        for field in refused.fields:
            reason = reason.replace(f"{{{field}}}", self._names_of(field)[0])
        return reason

    def _names_of(self, field: str) -> Sequence[str]:
        return self._parameters.get(field) or ["".join(word.capitalize() for word in field.split("_"))]


def target_of(pointer: Pointer | None) -> Target | None:
    """What a stored reference says to the data model."""
    return None if pointer is None else Target(pointer.table, pointer.keys)


def pointer_of(target: Target | None) -> Pointer | None:
    """What the data model's reference is stored as."""
    return None if target is None else Pointer(target.table, target.keys)


def only(*tables: str) -> Callable[[Target | None], Pointer | None]:
    """Like ``pointer_of``, for a reference that may point into these tables only; InvalidValue otherwise."""

    def check(target: Target | None) -> Pointer | None:
        if target is not None and target.table not in tables:
            raise InvalidValue("", f"a row of {' or '.join(tables)} is needed")
        return pointer_of(target)

    return check
