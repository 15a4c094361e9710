"""A service whose configuration is UCI's: its records are read from packages and written back by difference."""

import logging
import operator
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from backends.desired_state import NotOurs, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.openwrt.differences import Difference
from backends.openwrt.staged import Others, committed, conflict, named
from backends.uci import ChangedMeanwhile, Edits, NotUci, Package, Uci
from backends.uci.types import check_value

log = logging.getLogger(__name__)

Read = Callable[[str], Package]
"""A package by name: as committed, or with what is staged in it. Missing, BrokenPackage."""


class Mapping(Protocol):
    """How records are said in UCI. What it is given it may read only, and nothing of what it says is remembered."""

    @property
    def packages(self) -> Sequence[str]:
        """Those that it reads; a change of another one is not looked at."""

    @property
    def kinds(self) -> Sequence[type[Record]]:
        """Those of the records."""

    def surroundings(self) -> Hashable:
        """What else than the packages it reads by, to compare."""

    def read(self, read: Read) -> Wanted:
        """What the packages say, whoever has written them; what no record can say is left out."""

    def check(self, before: Wanted, after: Wanted) -> None:
        """Refused for what OpenWrt cannot make; what it cannot even say is found by reading it again."""

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """Stage what differs; ``before`` is what ``read`` makes of what the edits began with."""

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Whether it would cut the way to the management server."""

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """The key of a new record, the same before and after it is written."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was committed, to be taken back."""

    edits: Edits
    difference: Difference


class Configured:
    """See ``backends.desired_state.Service``; ``committed`` is told of the packages that were written."""

    def __init__(self, uci: Uci, mapping: Mapping, committed: Callable[[Collection[str]], None]) -> None:
        self.mapping = mapping
        self._uci = uci
        self._committed = committed
        self._others = Others()
        self._read_from: tuple[tuple[Package, ...], Hashable] | None = None
        self._now = Wanted()
        self._is_current = False
        self._trouble = ""

    def now(self) -> Wanted:
        """What UCI says, read once until ``forget``; the same object as long as the packages are the same.

        While a package cannot be read, what it said last; the log hears of it once.
        """
        if not self._is_current:
            self._is_current = True
            try:
                packages = tuple(map(self._uci.read, self.mapping.packages))
                around = self.mapping.surroundings()
                if self._read_from is None or not _is_same(self._read_from, packages, around):
                    self._now, self._read_from = self.mapping.read(self._uci.read), (packages, around)
                self._tell("")
            except MechanismError as error:
                self._tell(error.reason)
        return self._now

    def forget(self) -> None:
        """What was read may be old."""
        self._uci.forget()
        self._is_current = False

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        self.try_out(Difference.between(self.now(), wanted))

    def cuts(self, wanted: Wanted) -> bool:
        """See Service."""
        return self.mapping.cuts(self.now(), wanted)

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        return self.make(Difference.between(self.now(), wanted)) is not None

    def try_out(self, difference: Difference) -> bool:
        """Make sure that it can be made; whether it cuts the way to the management server. Refused, MechanismError."""
        if not difference:
            return False
        self.forget()
        edits, before, after = self._staged(difference, must_hold=True)
        try:
            edits.prepare()
        except MechanismError as error:
            if error.code == "EACCES":  # the agent runs as a user that only looks and reports
                raise NotOurs(error.reason) from error
            raise
        finally:
            edits.revert()
        return self.mapping.cuts(before, after)

    def make(self, difference: Difference, *, must_hold: bool = True) -> Made | None:
        """Commit it, from what the packages say now; None where nothing was to be done.

        Without ``must_hold`` what somebody else has changed since stays. Refused, MechanismError; nothing is made then.
        """

        def staged() -> Edits:
            self.forget()
            return self._staged(difference, must_hold)[0]

        edits, packages = committed(staged)
        self.forget()
        if not packages:
            return None
        self._committed(packages)
        return Made(edits, difference)

    def take_back(self, made: Made) -> None:
        """Let the packages be as they were, comments included; what somebody else has changed since stays."""
        try:
            self._committed(made.edits.undo())
        except ChangedMeanwhile:
            self.make(made.difference.reversed(), must_hold=False)
        self.forget()

    def _staged(self, difference: Difference, must_hold: bool) -> tuple[Edits, Wanted, Wanted]:
        edits = self._uci.edit()
        before = self.mapping.read(edits.read)
        after = difference.laid_over(before, _conflicts if must_hold else _left)
        if must_hold:
            _check_texts(difference, after)
            self.mapping.check(before, after)
        try:
            self.mapping.write(edits, before, after)
        except NotUci as error:
            raise Refused(error.reason) from error
        if must_hold:
            _check_said(difference, after, self.mapping.read(edits.read), self.mapping.kinds)
        self._beside_others(edits)
        return edits, before, after

    def _beside_others(self, edits: Edits) -> None:
        changed = edits.changed()
        staged = [one for one in self._uci.staged_by_others() if one.package in changed] if changed else []
        self._others.tell(staged)
        for package in sorted({one.package for one in staged}):
            lost = conflict(staged, self._uci.read(package), edits.read(package))
            if lost is not None:
                edits.revert()
                what = f"{named(lost)} is staged in {lost.where} and would be lost"
                raise NotOurs(f"{what}: uci commit {package}, or uci revert {package}, and try again")

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            last = "what it said last is taken" if self._read_from else "nothing of it is known"
            log.error("%s; %s until it is mended", trouble, last)
        self._trouble = trouble


def _is_same(one: tuple[tuple[Package, ...], Hashable], packages: tuple[Package, ...], around: Hashable) -> bool:
    return all(map(operator.is_, one[0], packages)) and one[1] == around


def _conflicts(kind: type[Record], key: str, names: Iterable[str]) -> None:
    what = f"{', '.join(sorted(names))} of " if names else ""
    raise MechanismError(f"{what}{kind.__name__} {key} was changed by somebody else meanwhile: look at it again")


def _left(kind: type[Record], key: str, names: Iterable[str]) -> None:
    log.warning("%s of %s %s stays as somebody else has set it", ", ".join(sorted(names)) or "all", kind.__name__, key)


def _check_texts(difference: Difference, after: Wanted) -> None:
    for kind, key in difference.rows():
        record = after.of(kind).get(key)
        for name in difference.fields_of(kind, key) if record is not None else ():
            for text in _texts(getattr(record, name)):
                try:
                    check_value(text)
                except NotUci as error:
                    raise Refused(error.reason, kind, key, (name,)) from error


def _texts(value: Any) -> Iterable[str]:
    values = value if isinstance(value, tuple) else (value,)
    return (one for one in values if isinstance(one, str))


def _names(kind: type[Record]) -> list[str]:
    return [field.name for field in fields(kind)]


def _check_said(difference: Difference, after: Wanted, said: Wanted, kinds: Sequence[type[Record]]) -> None:
    """What is not read as it was written could not be said: it is refused, and never half made."""
    asked = dict.fromkeys(difference.rows())
    for kind in kinds:
        wanted, read = after.of(kind), said.of(kind)
        for key in dict.fromkeys([*wanted, *read]):
            one, other = wanted.get(key), read.get(key)
            if one == other:
                continue
            names = [name for name in _names(kind) if getattr(one, name, None) != getattr(other, name, None)]
            if (kind, key) in asked and one is not None and other is not None:
                raise Refused("OpenWrt's configuration cannot say this", kind, key, names)
            if (kind, key) in asked:
                raise NotOurs("OpenWrt's configuration has no place for such a row, or always this one", kind, key)
            if {*names} <= {"parent", "order"}:  # where a row belongs follows from other rows
                continue
            changed = next(iter(asked), (kind, key))
            reason = f"OpenWrt keeps it together with {', '.join(names)} of {kind.__name__} {key}, which would change"
            raise Refused(reason, *changed, difference.fields_of(*changed))
