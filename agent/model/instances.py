"""Instance numbers and aliases: a row with the same keys keeps its number, and a number is not given twice."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from agent.model.errors import InvalidValue

LARGEST: Final = 2**32 - 1
KEPT_ABSENT: Final = 256
"""How many rows that are gone keep their number in one table, in case they come back (an unplugged adapter)."""

RESERVED: Final = "cpe-"
_ALIAS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:@/-]{0,63}")


@dataclass(frozen=True, slots=True)
class Instance:
    """A row's number, and its alias when somebody gave it one."""

    number: int
    alias: str | None = None

    @property
    def name(self) -> str:
        """The alias: the given one, else the CPE's own (TR-181 Alias)."""
        return self.alias or f"{RESERVED}{self.number}"


@dataclass(slots=True)
class _Table:
    durable: bool
    next_number: int = 1
    rows: dict[str, Instance] = field(default_factory=dict)


class Instances:
    """The numbers of every table, by the table's concrete path ("Device.IP.Interface.3.IPv4Address.").

    Durable tables are part of the document that survives a restart; volatile ones live in memory and forget rows
    that are gone. ``begin`` and ``rollback`` bracket a transaction; ``unsaved`` says that the document has news.
    """

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}
        self._before: dict[str, _Table] | None = None
        self.unsaved = False

    def settle(self, table: str, keys: Collection[str], durable: bool) -> dict[str, Instance]:
        """Give each present row its instance, new rows a new number; forget what the table no longer needs to know."""
        known = self._tables.get(table)
        if known is None:
            if not keys:
                return {}
            known = self._tables[table] = _Table(durable)
        for key in keys:
            if key not in known.rows:
                known.rows[key] = Instance(self._take(known))
                self.unsaved |= durable
        if len(known.rows) > len(keys):
            self._prune(table, known, keys)
        return {key: known.rows[key] for key in keys}

    def lookup(self, table: str, key: str) -> Instance | None:
        """The instance of a row that has one."""
        known = self._tables.get(table)
        return known.rows.get(key) if known else None

    def path_of(self, table: str, keys: Sequence[str]) -> str:
        """The concrete path of a row of a table ("Device.NAT.PortMapping.{i}.") by the keys of each ``{i}``; "" for one
        that has no number. Nothing is read for it.
        """
        path, *rest = table.split("{i}.")
        if len(rest) != len(keys):
            return ""
        for key, below in zip(keys, rest, strict=True):
            instance = self.lookup(path, key)
            if instance is None:
                return ""
            path = f"{path}{instance.number}.{below}"
        return path

    def rekey(self, table: str, old: str, new: str) -> None:
        """The row is known by another key from now on, under the number that it has."""
        known = self._tables[table]
        if old in known.rows and old != new:
            known.rows[new] = known.rows.pop(old)
            self.unsaved |= known.durable

    def retire(self, table: str, key: str) -> None:
        """The row was deleted: its number is spent, and so are those of the tables below it."""
        known = self._tables.get(table)
        gone = known.rows.pop(key, None) if known else None
        if known is None or gone is None:
            return
        self._forget_below(table, [gone])
        self.unsaved |= known.durable

    def key_of(self, table: str, number: int) -> str | None:
        """The key of the row with this number, ``None`` when there is no such row."""
        known = self._tables.get(table)
        rows = known.rows.items() if known else ()
        return next((key for key, row in rows if row.number == number), None)

    def unname(self, table: str, key: str) -> None:
        """Take a row's alias away: several rows are named anew at once, and may exchange their names."""
        known = self._tables[table]
        known.rows[key] = replace(known.rows[key], alias=None)

    def name(self, table: str, key: str, alias: str) -> None:
        """Give a row its alias; raises InvalidValue when it is malformed, reserved, or that of another row."""
        known = self._tables[table]
        check_alias(alias, known.rows[key].number)
        if any(other.name == alias for at, other in known.rows.items() if at != key):
            raise InvalidValue("", f"another row of {table} has the alias {alias}")
        known.rows[key] = replace(known.rows[key], alias=alias)
        self.unsaved |= known.durable

    def begin(self) -> None:
        """Remember everything as it is, until ``commit`` or ``rollback``."""
        self._before = {
            path: _Table(table.durable, table.next_number, dict(table.rows)) for path, table in self._tables.items()
        }

    def commit(self) -> None:
        """What happened since ``begin`` holds."""
        self._before = None

    def rollback(self) -> None:
        """Back to what ``begin`` remembered; numbers handed out since are handed out again."""
        if self._before is not None:
            self._tables, self._before = self._before, None

    def state(self) -> dict[str, Any]:
        """The durable tables as JSON: ``{table: {"next": n, "rows": {key: [number, alias]}}}``."""
        return {
            path: {"next": table.next_number, "rows": {key: [row.number, row.alias] for key, row in table.rows.items()}}
            for path, table in self._tables.items()
            if table.durable
        }

    def restore(self, state: dict[str, Any] | None) -> None:
        """Take the durable tables over; a number that is not consistent with its table is corrected, not believed."""
        self._tables, self._before = {}, None
        for path, stored in (state or {}).items():
            rows = {key: Instance(int(number), alias) for key, (number, alias) in stored["rows"].items()}
            highest = max((row.number for row in rows.values()), default=0)
            self._tables[path] = _Table(True, max(int(stored["next"]), highest + 1), rows)
        self.unsaved = False

    def go_back_to(self, state: dict[str, Any] | None) -> None:
        """As ``restore``, within one life of the device: numbers that were given out since stay spent.

        A table that had no numbers then keeps those of now, without aliases.
        """
        since = self._tables
        self.restore(state)
        for path, table in since.items():
            if path in self._tables:
                self._tables[path].next_number = max(self._tables[path].next_number, table.next_number)
            else:
                rows = {key: replace(row, alias=None) for key, row in table.rows.items()}
                self._tables[path] = _Table(table.durable, table.next_number, rows)

    def bring_back(self, state: Mapping[str, Any]) -> None:
        """Within a transaction: rows get the numbers and aliases of a backup; others keep theirs where these are free.

        Numbers that were given out since stay spent. Raises what JSON of another form raises, and InvalidValue for what
        rows cannot have, or not two of them.
        """
        before, since = self._before, self._tables
        try:
            self.go_back_to(dict(state))
            for path, table in self._tables.items():
                _check_rows(path, table.rows.values())
        finally:  # whoever is refused goes back to where the transaction began
            self._before, self.unsaved = before, True
        for path, table in since.items():
            known = self._tables[path]
            known.durable = table.durable
            taken = {row.number for row in known.rows.values()}
            names = {row.alias for row in known.rows.values()}
            for key, row in table.rows.items():
                if key not in known.rows and row.number not in taken:
                    known.rows[key] = row if row.alias not in names else replace(row, alias=None)

    @staticmethod
    def _take(table: _Table) -> int:
        number = table.next_number
        if number > LARGEST:
            taken = {row.number for row in table.rows.values()}
            return next(candidate for candidate in range(1, LARGEST) if candidate not in taken)
        table.next_number = number + 1
        return number

    def _prune(self, path: str, table: _Table, present: Collection[str]) -> None:
        here = set(present)
        absent = [key for key in table.rows if key not in here]
        gone = [
            table.rows.pop(key) for key in (absent[: max(0, len(absent) - KEPT_ABSENT)] if table.durable else absent)
        ]
        if gone:
            self._forget_below(path, gone)
            self.unsaved |= table.durable

    def _forget_below(self, table: str, gone: Iterable[Instance]) -> None:
        """The tables below rows that are gone for good."""
        for below in [f"{table}{row.number}." for row in gone]:
            for path in [path for path in self._tables if path.startswith(below)]:
                del self._tables[path]


def _check_rows(table: str, rows: Iterable[Instance]) -> None:
    taken = set[int | str]()
    for row in rows:
        try:
            check_alias(row.name, row.number)
        except InvalidValue as wrong:
            raise InvalidValue(f"{table}{row.number}.Alias", wrong.reason) from wrong
        if row.number > LARGEST or taken & {row.number, row.name}:
            raise InvalidValue(f"{table}{row.number}.", "another row has its number or alias, or no row can")
        taken |= {row.number, row.name}


def check_alias(alias: str, number: int | None = None) -> None:
    """Raises InvalidValue when no row can have this alias, or not the row with this number."""
    if number is not None and alias.startswith(RESERVED) and alias != f"{RESERVED}{number}":
        raise InvalidValue("", f"aliases that begin with {RESERVED} are the device's own")  # TR-069 §3.6.1
    if not _ALIAS.fullmatch(alias):
        raise InvalidValue("", "an alias starts with a letter and has at most 64 letters, digits and _ - . : @ /")
