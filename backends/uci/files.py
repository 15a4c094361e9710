"""UCI without any other program: packages are read and written as files, beside ``uci`` and under its locks."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.files import LIMIT, names_in, read_bytes, replace_file, unwritable
from backends.uci.draft import Draft
from backends.uci.edits import Edits, Reading
from backends.uci.layout import rewritten
from backends.uci.places import Places
from backends.uci.reading import decoded, encoded, parsed
from backends.uci.types import ChangedMeanwhile, Package, Staged

PATIENCE: Final = 3.0
"""Seconds that a change waits for whoever holds a file's lock."""
SETTLED: Final = 2.0
"""Seconds after which a file that looks unchanged is: its time of writing is kept in coarse steps."""
AGAIN: Final = 0.01


@dataclass(frozen=True, slots=True)
class _Kept:
    looks: tuple[int, ...] | None
    found: Package | MechanismError


class FileUci:
    """UCI on files. Comments and all that an edit does not concern stay as they are written."""

    def __init__(self, places: Places | None = None) -> None:
        self.places = places or Places()
        self._current: dict[str, Package | MechanismError] = {}
        self._kept: dict[str, _Kept] = {}

    def packages(self) -> tuple[str, ...]:
        """The packages that there are, sorted."""
        return self.places.packages()

    def read(self, package: str) -> Package:
        """A package as committed, read once until ``forget``. Missing, or BrokenPackage for this one alone."""
        found = self._current.get(package)
        if found is None:
            path = self.places.path(package)
            looks = _looks(path)
            kept = self._kept.get(package)
            if kept is None or looks is None or kept.looks != looks:
                kept = self._kept[package] = _Kept(looks, self._found(package, path))
            found = self._current[package] = kept.found
        if isinstance(found, MechanismError):
            raise found
        return found

    def forget(self) -> None:
        """Look at the files again; those that are as they were are not read again."""
        self._current.clear()

    def staged_by_others(self) -> tuple[Staged, ...]:
        """What people and pages have staged and not committed: no edit of ours commits or drops it."""
        return self.places.staged_by_others()

    def edit(self) -> Edits:
        """New edits, none staged."""
        return Edits(self)

    def fresh(self, package: str) -> Reading:
        """A package as it is now."""
        path = self.places.path(package)
        content = _content(path)
        return Reading(self._parse(package, path, content), content)

    def prepare(self, reading: Reading, draft: Draft) -> None:
        """Look whether the file is still as it was read, and may be replaced."""
        path = self.places.path(reading.package.name)
        if _content(path) != reading.content:
            raise _changed(path)
        if not os.access(path.resolve().parent, os.W_OK):
            raise MechanismError(f"{path} may not be written", "EACCES")
        encoded(self._text(reading, draft))

    def commit(self, reading: Reading, draft: Draft) -> bytes:
        """Replace the file, if it is still as it was read."""
        written = encoded(self._text(reading, draft))
        self.put_back(reading.package.name, reading.content, written)
        return written

    def put_back(self, package: str, written: bytes, before: bytes) -> None:
        """Replace a file's bytes by others; ChangedMeanwhile when it has not the ones expected."""
        path = self.places.path(package)
        self._current.pop(package, None)
        with _locked(path) as (real, descriptor):
            if _content(real) != written:
                raise _changed(path)
            replace_file(real, before, stat.S_IMODE(os.fstat(descriptor).st_mode))
            _tell_waiting(descriptor, before)

    def drop(self, package: str) -> None:
        """Nothing is kept outside of memory."""

    def _text(self, reading: Reading, draft: Draft) -> str:
        return rewritten(decoded(reading.content), reading.package, draft.package(), draft.origins())

    def _found(self, package: str, path: Path) -> Package | MechanismError:
        try:
            return self._load(package, path)
        except MechanismError as error:
            return error

    def _load(self, package: str, path: Path) -> Package:
        return self._parse(package, path, _content(path))

    def _parse(self, package: str, path: Path, content: bytes) -> Package:
        return parsed(package, decoded(content), path)


def _content(path: Path) -> bytes:
    """A file's bytes, whole without a lock: who writes it replaces it. Missing; MechanismError for what is no file."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        raise Missing(f"there is no {path}") from error
    content = read_bytes(path, LIMIT + 1) if regular else None
    if content is None:
        raise MechanismError(f"{path} cannot be read")
    if len(content) > LIMIT:
        raise MechanismError(f"{path} is larger than {LIMIT} bytes")
    return content


def _looks(path: Path) -> tuple[int, ...] | None:
    """What differs when a file was written; None where that could not be told."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if time.time() - found.st_mtime < SETTLED:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _changed(path: Path) -> ChangedMeanwhile:
    return ChangedMeanwhile(f"{path} was written by somebody else meanwhile; the edits are made anew from what it says")


@contextmanager
def _locked(path: Path) -> Iterator[tuple[Path, int]]:
    """libuci's lock on a package's file: the file behind all symbolic links, and the descriptor that has it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        real = path.resolve()
        try:
            descriptor = os.open(real, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise unwritable(path, error) from error
        try:
            wait_for_lock(descriptor, fcntl.LOCK_EX, path, deadline)
            # Whoever had the lock may have put another file there, which this lock says nothing about.
            if _is(real, os.fstat(descriptor)) and not is_being_replaced(path):
                yield real, descriptor
                return
        finally:
            os.close(descriptor)
        if time.monotonic() > deadline:
            raise TimedOut(f"{path} is being written by another program")
        time.sleep(AGAIN)


def is_being_replaced(path: Path) -> bool:
    """Whether a ``uci commit`` is about to put a file there: libuci gives its lock back before it renames."""
    begun = f".{path.name}.uci-"
    for name in names_in(path.parent):
        if name.startswith(begun):
            with suppress(OSError):
                # An older one is what a commit has left that was killed.
                if abs(time.time() - os.stat(path.with_name(name)).st_mtime) < SETTLED:
                    return True
    return False


def _tell_waiting(descriptor: int, content: bytes) -> None:
    """Let the file that was replaced say the same as the new one.

    A ``uci commit`` that waits for the lock has the old one open: it would add its edits to what that says, and so take
    ours back. Nobody else sees it any more; where it has another name (a hard link), it is left as it is.
    """
    with suppress(OSError):
        if os.fstat(descriptor).st_nlink == 0:
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))


def wait_for_lock(descriptor: int, kind: int, path: Path, deadline: float) -> None:
    """Take a lock; TimedOut when somebody else has it until the deadline."""
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            if time.monotonic() > deadline:
                raise TimedOut(f"{path} is locked by another program") from busy
            time.sleep(AGAIN)
        except OSError as error:
            raise unwritable(path, error) from error
        else:
            return


def _is(path: Path, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), found)
    except OSError:
        return False
