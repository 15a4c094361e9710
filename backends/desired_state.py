"""What a service of this machine should be: records, staged and made all or nothing, and kept over restarts.

A service (a firewall, a DHCP server, an access point) is described by records of a few kinds, as a whole. To change,
to undo and to apply at boot are one and the same act: bring the system to what the records say, by difference.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, ClassVar, Final, Protocol, TypeVar, get_args, get_origin

from backends.errors import MechanismError

log = logging.getLogger(__name__)

SINGLE: Final = ""
"""The key of the one record of a kind that there is once only."""
MOST: Final = 1024
"""Records of a kind in a backup: as many rows as a table gets by adding (agent.model.transaction)."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A reference to a row of some table; a service only asks whoever knows the table for the row's link."""

    table: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all kinds share. Fields are bool, int, str, None, Pointer or tuples of these, and have a default each.

    ``parent`` is the key of the record that this one belongs to, ``owner`` that record's kind where others might have
    a record under the same key. It goes when that goes.
    """

    owner: ClassVar["type[Record] | None"] = None
    parent: str = ""


R = TypeVar("R", bound=Record)


class Refused(Exception):
    """What is wanted cannot be. ``kind`` and ``key`` name the record, ``fields`` what of it, where that is known.

    A reason names one of the fields as ``{field}``: whoever tells it knows what the field is called there.
    """

    def __init__(
        self, reason: str, kind: type[Record] | None = None, key: str = "", fields: Collection[str] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.key = key
        self.fields = frozenset(fields)


class NotOurs(Refused):
    """What is wanted would change what somebody else configured, or what the owner did not give to the agent."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """All records of one service. Those that were added are in the order of adding, behind those of the system's own:
    also after a restart, so that what is rendered from them stays the same.
    """

    next_number: int = 1
    by_kind: Mapping[type[Record], Mapping[str, Record]] = field(default_factory=dict)

    def of(self, kind: type[R]) -> Mapping[str, R]:
        """The records of a kind by key."""
        return self.by_kind.get(kind, {})  # type: ignore[return-value]

    def get(self, kind: type[R], key: str = SINGLE) -> R:
        """A record; with every field at its default where nothing is wanted yet."""
        found = self.of(kind).get(key)
        return kind() if found is None else found

    def children(self, kind: type[R], parent: str) -> dict[str, R]:
        """The records of a kind that belong to a record."""
        return {key: record for key, record in self.of(kind).items() if record.parent == parent}

    def with_record(self, key: str, record: Record) -> "Wanted":
        """With this record under this key."""
        kind = type(record)
        records = {**self.by_kind.get(kind, {}), key: record}
        if len(records) > len(self.by_kind.get(kind, {})):
            records = dict(sorted(records.items(), key=_place))
        return replace(self, by_kind={**self.by_kind, kind: records})

    def without(self, kind: type[Record], key: str) -> "Wanted":
        """Without a record and without all that belongs to it."""
        by_kind: dict[type[Record], Mapping[str, Record]] = dict(self.by_kind)
        gone: list[tuple[type[Record], str]] = [(kind, key)]
        while gone:
            above, parent = gone.pop()
            by_kind[above] = {other: record for other, record in by_kind.get(above, {}).items() if other != parent}
            gone += [
                (below, other)
                for below, some in by_kind.items()
                if below.owner in (None, above)
                for other, record in some.items()
                if record.parent == parent
            ]
        return replace(self, by_kind=by_kind)

    def to_json(self) -> dict[str, Any]:
        """The durable form; {} when nothing is wanted."""
        records = {
            kind.__name__: {key: _said(record) for key, record in some.items()}
            for kind, some in self.by_kind.items()
            if some
        }
        return {"next": self.next_number, "records": records} if records or self.next_number > 1 else {}

    @classmethod
    def from_json(cls, stored: Any, kinds: Iterable[type[Record]]) -> "Wanted":
        """The inverse of ``to_json``; kinds and fields that this version does not know are left out."""
        stored = stored or {}
        records = stored.get("records", {})
        by_kind = {
            kind: {key: _record(kind, values) for key, values in sorted(records[kind.__name__].items(), key=_place)}
            for kind in kinds
            if kind.__name__ in records
        }
        return cls(int(stored.get("next", 1)), by_kind)


class Service(Protocol):
    """The system behind the records."""

    def check(self, wanted: Wanted) -> None:
        """Make sure that it can be made, or raise Refused (NotOurs); nothing is changed."""

    def cuts(self, wanted: Wanted) -> bool:
        """Whether making it would cut the way to the management server."""

    def apply(self, wanted: Wanted) -> bool:
        """Bring the system to it, touching nothing that is so already; whether anything was changed.

        MechanismError when it cannot be made; what was changed until then may stay: another ``apply`` follows.
        """


def make_each(acts: Iterable[Callable[[], bool]]) -> bool:
    """Do every act, whatever becomes of the others; whether any changed something. Raises the first MechanismError
    when all are done.
    """
    changed, failures = False, list[MechanismError]()
    for act in acts:
        try:
            changed = act() or changed
        except MechanismError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return changed


class Desired:
    """The records of one service as something that can be changed, all or nothing; see agent.model.object.Backend."""

    def __init__(self, name: str, kinds: Sequence[type[Record]], service: Service) -> None:
        self.name = name
        self.wanted = Wanted()
        self._kinds = tuple(kinds)
        self._service = service
        self._before: Wanted | None = None
        self._applied = Wanted()
        self._replaced: Wanted | None = None
        self.followers: list[Callable[[], object]] = []
        """What others do after each change that was made or taken back, because they stand on these records."""

    @property
    def in_force(self) -> Wanted:
        """What is made, without what is staged or waits."""
        return self._applied

    # -- editing ------------------------------------------------------------------------------------------------------

    def add(self, record: Record) -> str:
        """Stage a new record; its key."""
        key = f"+{self.wanted.next_number}"
        self.wanted = replace(self.wanted.with_record(key, record), next_number=self.wanted.next_number + 1)
        return key

    def put(self, key: str, record: Record) -> None:
        """Stage a record under a key that the system or the kind gives."""
        self.wanted = self.wanted.with_record(key, record)

    def edit(self, kind: type[Record], key: str = SINGLE, **values: Any) -> None:
        """Stage values of a record."""
        self.put(key, replace(self.wanted.get(kind, key), **values))

    def remove(self, kind: type[Record], key: str) -> None:
        """Stage the removal of a record and of all that belongs to it."""
        self.wanted = self.wanted.without(kind, key)

    # -- the transaction ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a staged copy; what the last transaction made can no longer be taken back by ``rollback``."""
        self._before, self._replaced = self.wanted, None

    def prepare(self) -> bool:
        """Raises Refused; True when the change cuts the way to the management server.

        What is as it was is not judged anew: what has come in its way since shows in its status, and is no reason why
        nothing else could be changed.
        """
        if self._is_as_it_was():
            return False
        self._service.check(self.wanted)
        return self._service.cuts(self.wanted)

    def _is_as_it_was(self) -> bool:
        return self.wanted == self._applied

    def undo_record(self) -> Any:
        """What is in force now, if that is to be changed."""
        return None if self.wanted == self._applied else {"applied": self._applied.to_json()}

    def commit(self) -> None:
        """Make it; MechanismError when the system refuses, and then all is as it was."""
        if self._is_as_it_was():
            self._bring_back(self._applied)
            self.wanted, self._before = self._applied, None  # a state that was restored is equal, and another object
            return
        try:
            self._service.apply(self.wanted)
        except MechanismError:
            self._bring_back(self._applied)
            raise
        self._replaced, self._applied, self._before = self._applied, self.wanted, None
        self._tell_followers()

    def postpone(self) -> None:
        """What is staged is wanted from now on, and made by a later commit."""
        self._before = None

    def rollback(self) -> None:
        """Forget what is staged; take back what was made."""
        if self._replaced is not None:
            self._bring_back(self._replaced)
            self.wanted = self._applied = self._replaced
        elif self._before is not None:
            self.wanted = self._before
        was_made, self._before, self._replaced = self._replaced is not None, None, None
        if was_made:
            self._tell_followers()

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - by difference it is right after a boot too
        """Take back by the undo record."""
        if record:
            self._applied = self._sound(record["applied"])
            self._bring_back(self._applied)

    def state(self) -> Any:
        """The durable part, staged edits included."""
        return self.wanted.to_json()

    def restore(self, state: Any) -> None:
        """Take the durable part over, without touching the system."""
        self.wanted = self._sound(state)
        if self._before is None:
            self._applied = self.wanted

    def _sound(self, state: Any) -> Wanted:
        """What was saved; fields that were damaged have their defaults."""
        wanted = Wanted.from_json(state, self._kinds)
        for kind, some in wanted.by_kind.items():
            for key, record in some.items():
                for name in (damaged := _of_other_types(record)):
                    log.warning("%s: %s of the saved %s %r is damaged", self.name, name, kind.__name__, key)
                if damaged:
                    wanted = wanted.with_record(key, replace(record, **damaged))
        return wanted

    def backup(self) -> Any:
        """All records; see agent.model.configuration.KeepsElsewhere."""
        return self.wanted.to_json()

    def bring_back(self, kept: Any) -> None:
        """Stage other records in place of all that there are; ValueError for what no record can be."""
        wanted = Wanted.from_json(kept, self._kinds)
        for kind, some in wanted.by_kind.items():
            if len(some) > MOST:
                raise ValueError(f"more than {MOST} rows of {kind.__name__}")
            for key, record in some.items():
                for name in _of_other_types(record):
                    raise ValueError(f"{name} of {kind.__name__} {key} is of another type")
        self.wanted = wanted

    def apply_at_start(self) -> None:
        """Bring the system to what is wanted, as far as it goes."""
        self._applied = self.wanted
        self.reapply()

    def reapply(self, level: int = logging.WARNING) -> None:
        """Something around the service changed, a link came or went: make it fit again.

        ``level`` is that at which the log hears of what cannot be made.
        """
        if self._before is None and self.wanted is self._applied:
            self._bring_back(self._applied, level)

    def _tell_followers(self) -> None:
        for follow in self.followers:
            try:
                follow()
            except MechanismError as error:  # what was made stands; who follows is compared again at the next event
                log.warning("%s: what follows from it could not be made: %s", self.name, error.reason)

    def _bring_back(self, wanted: Wanted, level: int = logging.WARNING) -> None:
        try:
            self._service.apply(wanted)
        except MechanismError as error:
            log.log(level, "%s: %s", self.name, error.reason)


def _place(item: tuple[str, Any]) -> tuple[int, str]:
    key = item[0]
    return (int(key[1:]), "") if key[:1] == "+" and key[1:].isdigit() else (0, key)


def _said(record: Record) -> dict[str, Any]:
    """Only what differs from the default."""
    blank = type(record)()
    return {
        name: _plain(value)
        for name in (one.name for one in fields(record))
        if (value := getattr(record, name)) != getattr(blank, name)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Pointer):
        return asdict(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    known = {one.name for one in fields(kind)} & set(values)
    return kind(**{name: _read(values[name]) for name in known})


def _of_other_types(record: Record) -> dict[str, Any]:
    """The fields whose values are not of their types, with their defaults."""
    blank = type(record)()
    return {
        one.name: default
        for one in fields(record)
        if not _is_of(one.type, getattr(record, one.name), default := getattr(blank, one.name))
    }


def _is_of(kind: Any, value: Any, default: Any) -> bool:
    """``kind`` is ``int`` in a small program whatever it was (openwrt/shaking.py); then the default tells."""
    if not isinstance(value, (bool, int, str, tuple, Pointer, type(None))):
        return False
    return (default is None or type(value) is type(default)) and (kind is int or _is(kind, value))


def _is(kind: Any, value: Any) -> bool:
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(type(one) is get_args(kind)[0] for one in value)
    return type(value) is kind or any(_is(one, value) for one in get_args(kind))


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return Pointer(value["table"], tuple(value["keys"]))
    return tuple(_read(one) for one in value) if isinstance(value, list) else value
