"""All-or-nothing changes: edits are staged, every refusal is collected, and commit holds everywhere or nowhere."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.model import values
from agent.model.errors import (
    Denied,
    InvalidArguments,
    InvalidType,
    InvalidValue,
    ModelError,
    NotificationRejected,
    NotWritable,
    Refusals,
    ResourcesExceeded,
    Unavailable,
    UnknownPath,
    WriteSideOff,
)
from agent.model.instances import check_alias
from agent.model.object import Backend, RowsRefused, Target
from agent.model.path import Alias, ParameterPath
from agent.model.view import LeafAt, Place, Table, UnknownAlias

if TYPE_CHECKING:
    from agent.model.configuration import Configuration, Difference
    from agent.model.data_model import DataModel

log = logging.getLogger(__name__)

PASSIVE, ACTIVE = 1, 2
LARGEST_TABLE: Final = 1024
"""Rows of one table, under all its parents, whatever the schema admits: memory does not grow at an outsider's will."""
MOST_MADE: Final = 128
"""Rows that one change makes for aliases that nobody has (AutoCreateInstances): each has its table read again."""
LOGGED_AT_ONCE: Final = 32
"""Paths in one line of the log."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a commit came to: CWMP's Status (0 applied, 1 waits until no session runs) and the parameters set."""

    status: int
    changed: tuple[str, ...]


class Transaction:
    """One caller's edits. ``set`` collects refusals for ``commit`` to raise; ``add`` and ``delete`` refuse at once.

    Rows show what is staged, so that a later edit may build on an earlier one. A transaction that is neither committed
    nor abandoned blocks the next.
    """

    def __init__(self, model: "DataModel", caller: str, writes_allowed: Callable[[Backend], bool]) -> None:
        self._model = model
        self._view = model.view()
        self._caller = caller
        self._allowed = writes_allowed
        self._touched: list[Backend] = []
        self._staged_by: dict[str, dict[str, str]] = {}  # by backend: paths as the caller wrote them, and concrete
        self._refusals: list[ModelError] = []
        self._changed: dict[str, None] = {}
        self._renamed: list[tuple[LeafAt, str]] = []
        self._done: list[str] = []
        self._made = 0
        self._is_over = False
        model.instances.begin()
        model.parameter_attributes.begin()

    # -- edits ------------------------------------------------------------------------------------------------------

    def set(self, path: str, text: str, xsd_type: str | None = None) -> None:
        """Stage a value as it stands on the wire; ``xsd_type`` is its xsi:type without prefix, where one was given."""
        at: LeafAt | None = None
        try:
            with self._refusing(path):
                at = self._parameter(path)
                if at.concrete in self._changed:
                    raise InvalidArguments(path, "set twice in one request")
                self._changed[at.concrete] = None
                self._set(at, text, xsd_type)
                self._done.append(f"set {at.concrete}")
        except ModelError as refusal:
            if at is not None and at.leaf.entry.is_secret and isinstance(refusal, (InvalidType, InvalidValue)):
                refusal = type(refusal)(path, values.unfit(at.leaf.entry))  # the reason might quote it
            self._refusals.append(refusal)

    def add(self, path: str) -> int:
        """Stage a new row of the table "….": its instance number. An ``[alias]`` at the end names the new row."""
        with self._refusing(path):
            return self._add_at(path)

    def delete(self, path: str) -> None:
        """Stage the removal of a row and of everything below it."""
        with self._refusing(path):
            self._delete_at(path)

    def set_attributes(self, path: str, notification: int | None, access_list: tuple[str, ...] | None) -> None:
        """Stage notification level and access list of a parameter, or of all below a partial path; ``None`` keeps.

        Below a partial path, parameters that cannot have the level keep theirs: "Device." could not be set otherwise.
        """
        is_partial = path == "" or path.endswith(".")
        with self._refusing(""):
            done = []
            for at in self._model.leaves_at(self._view, path):
                self._set_attributes_of(at, notification, access_list, is_partial)
                done.append(f"attributes of {at.concrete}")
            many = len(done) > LOGGED_AT_ONCE
            self._done += [f"attributes of {path or 'everything'} ({len(done)} parameters)"] if many else done

    def set_own(self, name: str, value: Any) -> None:
        """Stage one of the agent's own values, such as the ParameterKey that comes with the request."""
        self._touch(self._model.own, name)
        self._model.own.stage(name, value)

    def forget_own(self, name: str) -> None:
        """Stage that one of the agent's own values is no longer set by anybody."""
        self._touch(self._model.own, name)
        self._model.own.unstage(name)

    def bring_back(self, configuration: "Configuration", stay: Collection[str] = ()) -> "tuple[Difference, ...]":
        """Stage a whole configuration in place of what is configured now; what differs thereby, by concrete path.

        ``stay`` are own values that remain. What cannot be is collected for ``commit`` as by ``set``.
        """
        from agent.model.configuration import staged  # rarely asked for

        return staged(self, self._model, self._view, configuration, stay)

    def refuse(self, refusal: ModelError) -> None:
        """Collect a refusal for ``commit`` to raise."""
        self._refusals.append(refusal)

    def try_out(self, at: LeafAt, text: str) -> None:
        """Refuse what a parameter has by now, unless it could have been set to that."""
        leaf = at.leaf
        try:
            with self._refusing(at.concrete):
                if leaf.binding is None or leaf.binding.set is None or leaf.object is None:
                    raise Denied("", "this system does not let it be changed")
                value = self._value(leaf.entry, text)
                with suppress(NotWritable):  # it is that already
                    leaf.binding.set(self._view.row(leaf.object, at.place.keys), value)
        except ModelError as refusal:
            is_quoted = leaf.entry.is_secret and isinstance(refusal, (InvalidType, InvalidValue))
            self.refuse(type(refusal)(at.concrete, values.unfit(leaf.entry)) if is_quoted else refusal)

    def touch(self, backend: Backend, paths: Collection[str] = ()) -> None:
        """Begin with a backend; ``paths`` are what is staged on it, by concrete path. Raises WriteSideOff."""
        self._touch(backend, "")
        self._staged_by[backend.name].pop("", None)
        self._staged_by[backend.name].update((path, path) for path in paths)

    def note(self, path: str, what: str) -> None:
        """Say for the log and whoever is told of changes what was done."""
        self._changed[path] = None
        self._done.append(f"{what} {path}")

    # -- the end ----------------------------------------------------------------------------------------------------

    def commit(self) -> Outcome:
        """Make every edit, durably, or none.

        Raises Refusals with everything that was refused; then nothing has changed.
        """
        try:
            with self._refusing(""):
                status = self._commit()
        except ModelError as refusal:
            self.abandon()
            raise refusal if isinstance(refusal, Refusals) else Refusals((refusal,)) from refusal
        self._is_over = True
        self._model.instances.commit()
        self._model.parameter_attributes.commit()
        self._model.finished(self)
        self._log(status)
        return Outcome(status, tuple(self._changed))

    def preview(self) -> int:
        """Check all that ``commit`` checks, and change nothing: the Status that it would have. ``abandon`` follows.

        Raises Refusals with everything that is refused.
        """
        try:
            with self._refusing(""):
                deferred = self._checked()
        except ModelError as refusal:
            raise refusal if isinstance(refusal, Refusals) else Refusals((refusal,)) from refusal
        return 1 if deferred or self._model.awaits_application else 0

    def _commit(self) -> int:
        if self._checked() or self._model.awaits_application:
            self._model.keep_for_later(self._touched)
            return 1
        self._model.make(self._touched, self._failed)
        return 0

    def _checked(self) -> bool:
        """Have everything prepared; whether it has to wait."""
        self._name_rows()
        if self._refusals:
            raise Refusals(tuple(self._refusals))
        if self._model.awaits_confirmation and not self._model.awaits_application:
            raise Unavailable("", "the last change still has to prove that it does not cut off the management server")
        self._touched.sort(key=self._model.place_of)
        deferred = [self._prepared(backend) for backend in self._touched]
        return any(deferred)

    def _log(self, status: int) -> None:
        """Who changed what, never to which value."""
        when = ", to be made when no session runs" if status else ""
        for first in range(0, len(self._done), LOGGED_AT_ONCE):
            log.info("%s: %s%s", self._caller, "; ".join(self._done[first : first + LOGGED_AT_ONCE]), when)
        if self._done:
            self._model.committed(str(self._caller), tuple(self._done))

    def abandon(self) -> None:
        """Forget every edit; what a failed commit made is undone. After the end it changes nothing any more."""
        if self._is_over:
            return
        self._is_over = True
        for backend in reversed(self._touched):
            try:
                backend.rollback()
            except Exception:
                log.exception("%s could not be rolled back", backend.name)
        self._model.instances.rollback()
        self._model.parameter_attributes.rollback()
        self._model.finished(self)

    def _prepared(self, backend: Backend) -> bool:
        try:
            return backend.prepare()
        except Exception as failure:
            raise self._failed(backend, failure) from failure

    def _failed(self, backend: Backend, failure: Exception) -> Refusals:
        """A backend's failure as refusals of the parameters that were staged on it."""
        staged = list(self._staged_by.get(backend.name, ()))
        if isinstance(failure, Refusals):
            return failure
        if isinstance(failure, RowsRefused):
            log.info("%s refused the change: %s", backend.name, failure.reason)
            paths = self._staged_in(backend, failure) or staged or [""]
            return Refusals(tuple(failure.refusal(path, failure.reason) for path in paths))
        if isinstance(failure, ModelError):
            paths = [failure.path] if failure.path else staged or [""]
            return Refusals(tuple(type(failure)(path, failure.reason) for path in paths))
        log.error("%s could not make the change", backend.name, exc_info=failure)
        reason = "the system refused the change; the log says why"
        return Refusals(tuple(Unavailable(path, reason) for path in staged or [""]))

    def _staged_in(self, backend: Backend, failure: RowsRefused) -> list[str]:
        """What was set in the rows that a backend refused, narrowed to the parameters concerned where that is known."""
        rows = tuple(place.concrete for row in failure.rows if (place := self._view.place_of(row)))
        within = {
            shown: concrete
            for shown, concrete in self._staged_by.get(backend.name, {}).items()
            if concrete.startswith(rows)
        }
        named = [shown for shown, concrete in within.items() if concrete.rpartition(".")[2] in failure.parameters]
        return named or list(within)

    # -- staging ----------------------------------------------------------------------------------------------------

    def _set(self, at: LeafAt, text: str, xsd_type: str | None) -> None:
        leaf = at.leaf
        if not leaf.is_writable:
            raise NotWritable(at.shown, "read-only")
        if not values.type_matches(leaf.entry, xsd_type):
            raise InvalidType(at.shown, f"the type is {leaf.entry.type}, not {xsd_type}")
        if leaf.binding is None or leaf.binding.set is None or leaf.object is None:
            alias = values.parse(leaf.entry, text)
            check_alias(alias)
            self._renamed.append((at, alias))
            return
        value = self._value(leaf.entry, text)
        self._touch(leaf.object.backend, at.shown, at.concrete)
        row = self._view.row(leaf.object, at.place.keys)
        try:
            leaf.binding.set(row, value)
        except NotWritable:
            if not _is_same(leaf.entry, leaf.binding.get(row), value):  # what it is already it may be told to be
                raise
        keys = leaf.object.keys(row)
        if keys != at.place.keys:
            for table, old, new in zip(_tables_above(at.place.concrete), at.place.keys, keys, strict=True):
                self._model.instances.rekey(table, old, new)
            self._view.forget()

    def _name_rows(self) -> None:
        """Aliases change together, after everything else: until then each path means the row that it meant before."""
        instances = self._model.instances
        wanted = [(at, _table_of(at.place.concrete), alias) for at, alias in self._renamed]
        rows = [(at, table, instances.key_of(table, _number(at.place.concrete)), alias) for at, table, alias in wanted]
        for _, table, key, _ in rows:
            if key is not None:
                instances.unname(table, key)
        for at, table, key, alias in rows:
            if key is not None:
                try:
                    instances.name(table, key, alias)
                except ModelError as refusal:
                    self._refusals.append(_at(at.shown, refusal))

    def _value(self, entry: Any, text: str) -> Any:
        if entry.reference is None or entry.reference.kind != "row":
            return values.parse(entry, text)
        names = [part.strip() for part in text.split(",")] if entry.list is not None else [text.strip()]
        targets = [self._target(entry, name) for name in names if name]
        if entry.list is not None:
            return targets
        return targets[0] if targets else None

    def _target(self, entry: Any, text: str) -> Target:
        try:
            path = ParameterPath.parse(text if text.endswith(".") else text + ".")
            found = [] if path.has_wildcard else self._view.match(path)
        except UnknownPath as unknown:
            raise InvalidValue("", f"{text} is no row that a reference can point at") from unknown
        if len(found) != 1 or not isinstance(found[0], Place):
            raise InvalidValue("", f"{text} is no single row")
        template = found[0].node.path
        if entry.reference.targets and template not in entry.reference.targets:
            raise InvalidValue("", f"{text} is not of {' or '.join(entry.reference.targets)}")
        return self._view.target_at(found[0])

    def _add_at(self, path: str) -> int:
        parsed = ParameterPath.parse(path)
        alias = parsed.segments[-1].text if parsed.segments and isinstance(parsed.segments[-1], Alias) else None
        if alias is not None:
            parsed = ParameterPath(parsed.segments[:-1], True)
        table = self._one(path, parsed)
        if not isinstance(table, Table):
            raise UnknownPath(path, "rows are added to a table")
        return self._add(path, table, alias)

    def _delete_at(self, path: str) -> None:
        row = self._one(path, ParameterPath.parse(path))
        if not isinstance(row, Place) or not row.node.is_table:
            raise UnknownPath(path, "only a row of a table can be deleted")
        declared = row.node.deleter
        if declared is None or declared.delete is None or not self._view.declares(declared, row.keys):
            raise Denied(path, "this system does not let rows of the table be deleted")
        self._touch(declared.backend, path)
        declared.delete(self._view.row(declared, row.keys))
        self._model.instances.retire(_table_of(row.concrete), row.keys[-1])
        self._model.parameter_attributes.drop(row.concrete)
        self._done.append(f"delete {row.concrete}")
        self._view.forget()

    def _set_attributes_of(
        self, at: LeafAt, notification: int | None, access_list: tuple[str, ...] | None, is_partial: bool
    ) -> None:
        if notification is not None and notification != self._model.effective_notification(at):
            reason = _reason_against(at, notification)
            if reason and not is_partial:
                raise NotificationRejected(at.shown, reason)
            if not reason:
                self._model.parameter_attributes.set_notification(at.concrete, notification)
        if access_list is not None:
            self._model.parameter_attributes.set_access_list(at.concrete, access_list)

    def _add(self, path: str, table: Table, alias: str | None) -> int:
        declared = table.node.adder
        if declared is None or declared.add is None:
            raise Denied(path, "this system does not let rows be added to the table")
        entry = table.node.entry
        largest = min(entry.max_entries if entry and entry.max_entries else LARGEST_TABLE, LARGEST_TABLE)
        if len(self._view.instances(table)) >= largest or self._view.table_size(table.node) >= LARGEST_TABLE:
            raise ResourcesExceeded(path, f"the table is full with {largest} rows")
        self._touch(declared.backend, path)
        keys = declared.add(table.keys)
        self._view.forget()
        number = self._view.instances(table)[keys[-1]].number
        if alias is not None:
            self._model.instances.name(table.concrete, keys[-1], alias)
            self._view.renamed(table)
        self._done.append(f"add {table.concrete}{number}.")
        return number

    def _parameter(self, path: str) -> LeafAt:
        parsed = ParameterPath.parse(path)
        if parsed.is_partial or parsed.has_wildcard:
            raise UnknownPath(path, "only a whole parameter path can be set")
        while True:
            try:
                found = self._view.match(parsed)
                break
            except UnknownAlias as unknown:
                if not self._model.creates_instances() or unknown.table.node.adder is None:
                    raise
                if self._made == MOST_MADE:
                    raise ResourcesExceeded(path, f"one request makes at most {MOST_MADE} rows") from unknown
                self._made += 1
                self._add(path, unknown.table, unknown.alias)
        if not isinstance(found[0], LeafAt):
            raise UnknownPath(path, "not a parameter")
        return found[0]

    def _one(self, path: str, parsed: ParameterPath) -> Place | Table:
        if not parsed.is_partial or not parsed.segments or parsed.has_wildcard:
            raise UnknownPath(path, "the path of one object, with a dot at the end, is needed")
        found = self._view.match(parsed)[0]
        if isinstance(found, LeafAt):
            raise UnknownPath(path, "not an object")
        return found

    def _touch(self, backend: Backend | None, path: str, concrete: str = "") -> None:
        if backend is None:
            raise NotWritable(path, "nothing on this system can change it")
        if not self._allowed(backend):
            raise WriteSideOff(path, "the agent's write side is off after repeated crashes")
        if backend not in self._touched:
            backend.begin()
            self._touched.append(backend)
        self._staged_by.setdefault(backend.name, {})[path] = concrete or path

    @contextmanager
    def _refusing(self, path: str) -> Iterator[None]:
        """Refusals come under the path that the caller used; a surprise of a declaration or a backend is one too."""
        try:
            yield
        except ModelError as refusal:
            raise (_at(path, refusal) if path else refusal) from refusal
        except Exception as surprise:
            log.exception("%s could not be changed", path or "the system")
            raise Unavailable(path, "could not be changed; the log has the cause") from surprise


def _is_same(entry: Any, present: Any, value: Any) -> bool:
    """Whether a parameter would show both alike."""
    if entry.reference is not None and entry.reference.kind == "row":
        several = entry.list is not None
        return (list(present) == list(value)) if several else bool(present == value)
    return values.render(entry, present) == values.render(entry, value)


def _reason_against(at: LeafAt, notification: int) -> str:
    """Why a parameter cannot have this level (TR-106, activeNotify); "": it can."""
    rule = at.leaf.entry.active_notify
    if rule == "forceEnabled":
        return "the data model forces active notification"
    return "changes too often for active notification" if notification == ACTIVE and rule == "canDeny" else ""


def _at(path: str, refusal: ModelError) -> ModelError:
    """The refusal under the path that the caller used."""
    if isinstance(refusal, Refusals):
        return refusal
    kind = UnknownPath if isinstance(refusal, UnknownPath) else type(refusal)
    return kind(path, refusal.reason)


def _table_of(concrete: str) -> str:
    """The table of a row: "Device.IP.Interface.3." → "Device.IP.Interface."."""
    return concrete[:-1].rpartition(".")[0] + "."


def _number(concrete: str) -> int:
    """The number of a row: "Device.IP.Interface.3." → 3."""
    return int(concrete[:-1].rpartition(".")[2])


def _tables_above(concrete: str) -> list[str]:
    """The tables through which a path goes: "Device.IP.Interface.3.IPv4Address.1." → both, the outer first."""
    names = concrete[:-1].split(".")
    return [".".join(names[:place]) + "." for place, name in enumerate(names) if name.isdigit()]
