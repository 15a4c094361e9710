"""What somebody wants otherwise than it was, and that difference laid over what has become of it meanwhile. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from backends.desired_state import Record, Wanted

Conflict = Callable[[type[Record], str, Collection[str]], None]
"""Told of a record's fields that somebody else has changed as well (none: the record has gone)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The records that differ, as they were (``before``) and as they shall be."""

    before: Wanted = field(default_factory=Wanted)
    after: Wanted = field(default_factory=Wanted)

    @classmethod
    def between(cls, before: Wanted, after: Wanted) -> "Difference":
        """What has to be done to ``before`` to have ``after``."""
        kinds = dict.fromkeys([*before.by_kind, *after.by_kind])
        differing = {
            kind: [
                key
                for key in dict.fromkeys([*before.of(kind), *after.of(kind)])
                if before.of(kind).get(key) != after.of(kind).get(key)
            ]
            for kind in kinds
        }
        return cls(_only(before, differing), _only(after, differing))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(some for one in (self.before, self.after) for some in one.by_kind.values())

    def reversed(self) -> "Difference":
        """What takes it back."""
        return Difference(self.after, self.before)

    def rows(self) -> list[tuple[type[Record], str]]:
        """The records concerned."""
        kinds = dict.fromkeys([*self.after.by_kind, *self.before.by_kind])
        return [(kind, key) for kind in kinds for key in dict.fromkeys([*self.after.of(kind), *self.before.of(kind)])]

    def fields_of(self, kind: type[Record], key: str) -> frozenset[str]:
        """The fields of a record that shall be otherwise; all of them where the record itself is new."""
        return _differing(self.before.of(kind).get(key), self.after.of(kind).get(key), kind)

    def laid_over(self, wanted: Wanted, conflict: Conflict) -> Wanted:
        """``wanted`` with it. Where somebody else has changed the same to something else, ``conflict`` is told of it,
        and what is there stays.
        """
        by_kind: dict[type[Record], dict[str, Record]] = {kind: dict(some) for kind, some in wanted.by_kind.items()}
        for kind, key in self.rows():
            here = by_kind.setdefault(kind, {})
            before, after = self.before.of(kind).get(key), self.after.of(kind).get(key)
            if after is None:
                here.pop(key, None)
            elif before is None:
                here[key] = after
            elif (present := here.get(key)) is None:
                conflict(kind, key, ())
            else:
                here[key], lost = _merged(present, before, after)
                if lost:
                    conflict(kind, key, lost)
        return Wanted(wanted.next_number, by_kind)

    def to_json(self) -> dict[str, Any]:
        """The durable form; {} when there is none."""
        return {"before": self.before.to_json(), "after": self.after.to_json()} if self else {}

    @classmethod
    def from_json(cls, stored: Any, kinds: Iterable[type[Record]]) -> "Difference":
        """The inverse of ``to_json``."""
        stored, kinds = stored or {}, tuple(kinds)
        return cls(*(Wanted.from_json(stored.get(name), kinds) for name in ("before", "after")))


def _only(wanted: Wanted, keys: Mapping[type[Record], Collection[str]]) -> Wanted:
    return Wanted(1, {
        kind: some for kind, which in keys.items()
        if (some := {key: wanted.of(kind)[key] for key in which if key in wanted.of(kind)})
    })  # fmt: skip


def _differing(one: Record | None, other: Record | None, kind: type[Record]) -> frozenset[str]:
    names = [one.name for one in fields(kind)]
    if one is None or other is None:
        return frozenset(names)
    return frozenset(name for name in names if getattr(one, name) != getattr(other, name))


def _merged(present: Record, before: Record, after: Record) -> tuple[Record, list[str]]:
    values, lost = dict[str, Any](), list[str]()
    for name in sorted(_differing(before, after, type(after))):
        wanted = getattr(after, name)
        if getattr(present, name) in (getattr(before, name), wanted):
            values[name] = wanted
        else:
            lost.append(name)
    return replace(present, **values), lost
