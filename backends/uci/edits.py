"""Edits of several packages that are made together or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from backends.errors import MechanismError
from backends.uci.draft import Draft
from backends.uci.types import Package, Value


@dataclass(frozen=True, slots=True)
class Reading:
    """A package, and the bytes that it was read from."""

    package: Package
    content: bytes


class Store(Protocol):
    """Where edits come from and go to."""

    def fresh(self, package: str) -> Reading:
        """A package as it is now."""

    def prepare(self, reading: Reading, draft: Draft) -> None:
        """All of a commit that may fail without having changed anything."""

    def commit(self, reading: Reading, draft: Draft) -> bytes:
        """Write what was prepared; the bytes that the package has now. ChangedMeanwhile, TimedOut, MechanismError."""

    def put_back(self, package: str, written: bytes, before: bytes) -> None:
        """Let a file have its bytes of before, unless it is no longer as written: ChangedMeanwhile."""

    def drop(self, package: str) -> None:
        """Forget what was prepared."""


class Edits:
    """Staged edits, seen by nobody else until ``commit``; see backends.uci.draft.Draft for what each edit means.

    Sections are named by id. Missing, NotUci and BrokenPackage are raised at once, and the edit is not staged then.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._drafts: dict[str, tuple[Reading, Draft]] = {}
        self._made: list[tuple[str, bytes, bytes]] = []

    def read(self, package: str) -> Package:
        """A package with what is staged in it."""
        return self._draft(package).package()

    def set(self, package: str, section: str, option: str, value: Value) -> None:
        """Let an option have a value; "" and () delete it, because UCI keeps no empty ones."""
        self._draft(package).set(section, option, value)

    def add(self, package: str, kind: str, name: str = "") -> str:
        """A new section behind all others; its id, which is its name if it has one."""
        return self._draft(package).add(kind, name)

    def delete(self, package: str, section: str, option: str = "") -> None:
        """Without a section, or without one option of it."""
        draft = self._draft(package)
        if option:
            draft.delete_option(section, option)
        else:
            draft.delete(section)

    def rename(self, package: str, section: str, name: str, option: str = "") -> None:
        """Give a section, or one option of it, another name."""
        draft = self._draft(package)
        if option:
            draft.rename_option(section, option, name)
        else:
            draft.rename(section, name)

    def reorder(self, package: str, section: str, position: int) -> None:
        """Let a section be the one at a position, counted from 0 over all sections; a large one is the end."""
        self._draft(package).reorder(section, position)

    def add_to_list(self, package: str, section: str, option: str, item: str) -> None:
        """One item more; an option that was a text becomes a list with it as its first item."""
        self._draft(package).add_to_list(section, option, item)

    def remove_from_list(self, package: str, section: str, option: str, item: str) -> None:
        """Without any item of this text."""
        self._draft(package).remove_from_list(section, option, item)

    def identify(self, package: str, section: str) -> str:
        """Make a section's identity its name, before an edit changes what an anonymous one is known by."""
        return self._draft(package).identify(section)

    def changed(self) -> frozenset[str]:
        """The packages that a commit would write."""
        return frozenset(name for name, (_, draft) in self._drafts.items() if draft.changed)

    def prepare(self) -> None:
        """All of the commit that may fail without having changed anything."""
        for name in sorted(self.changed()):
            self._store.prepare(*self._drafts[name])

    def commit(self) -> frozenset[str]:
        """Write what is different; the packages written. A failure leaves all of them as they were, staged no more."""
        made: list[tuple[str, bytes, bytes]] = []
        changed = sorted(self.changed())
        try:
            self.prepare()
            for name in changed:
                reading, draft = self._drafts[name]
                made.append((name, self._store.commit(reading, draft), reading.content))
        except MechanismError:
            self._put_back(made)
            raise
        finally:
            self.revert()
        self._made = made
        return frozenset(changed)

    def revert(self) -> None:
        """Nothing is staged any more; nothing was written."""
        for name in self._drafts:
            self._store.drop(name)
        self._drafts.clear()

    def undo(self) -> frozenset[str]:
        """Take the last commit back, comments included; the packages put back.

        ChangedMeanwhile for one that somebody has written since; the others are back all the same.
        """
        made, self._made = self._made, []
        wrong = self._put_back(made)
        if wrong:
            raise wrong[0]
        return frozenset(name for name, _, _ in made)

    def _put_back(self, made: Iterable[tuple[str, bytes, bytes]]) -> list[MechanismError]:
        wrong = []
        for name, written, before in reversed(list(made)):
            try:
                self._store.put_back(name, written, before)
            except MechanismError as error:
                wrong.append(error)
        return wrong

    def _draft(self, package: str) -> Draft:
        if package not in self._drafts:
            reading = self._store.fresh(package)
            self._drafts[package] = reading, Draft(reading.package)
        return self._drafts[package][1]
