"""Durable state: small versioned JSON documents, replaced as a whole; what cannot be read is set aside."""

import contextlib
import errno
import fcntl
import json
import logging
import math
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agent.runtime.documents import Shape

log = logging.getLogger(__name__)

LARGEST: Final = 8_388_608  # bytes; a document beyond this was not written by the agent

Migration = Callable[[dict[str, Any]], dict[str, Any]]
MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""From each older version to the next; pure, and tested against the frozen samples in tests/state."""
VERSION: Final = 1

_LONGEST_NUMBER: Final = 20  # digits of a whole number, its sign included
_HALF_A_CHARACTER: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")  # the agent itself escapes no letter
_MOST_ASIDE: Final = 9
_OF_THE_PROCESS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What says nothing about the document: it is not set aside for that."""


class StateInUse(Exception):
    """Another agent has the state directory; the text says what to do."""


def claim(directory: Path) -> int:
    """Have the state directory for this process alone, until it ends: a descriptor to keep open. Raises StateInUse.

    The kernel gives it back at any end, kill -9 included, and nothing is written for it.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise StateInUse(
            f"another agent has its state in {directory}; stop it first, or give this one its own --state-dir"
        ) from None
    return handle


class FileStore:
    """JSON documents by name in one directory, readable by its owner only.

    ``write`` has reached the medium when it returns (temporary file, fsync, rename, fsync of the directory); the same
    bytes as last time are not written again. Raises OSError, and says so in the log when that begins and ends: where
    the medium is full there are many attempts.
    """

    def __init__(self, directory: Path, shapes: Mapping[str, Shape] | None = None) -> None:
        """``shapes``: by a document's name the check of its form; one that has none may have any. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._shapes = shapes or {}
        self._last: dict[str, bytes] = {}
        self._is_failing = False

    def read(self, name: str) -> Any:
        """The document in today's version, ``None`` when there is none that can be used."""
        path = self._path(name)
        try:
            content = _content(path)
            document = _migrated(_parsed(content))
            if name in self._shapes:
                self._shapes[name](document, name)
        except FileNotFoundError:
            return None
        except OSError as failure:
            if failure.errno in _OF_THE_PROCESS:
                raise
            self._set_aside(path, failure.strerror)
            return None
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as broken:
            self._set_aside(path, broken)
            return None
        self._last[name] = content
        return document

    def write(self, name: str, document: Any) -> None:
        """Replace the document."""
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        if self._last.get(name) == content:
            return
        path, temporary = self._path(name), self._directory / f".{name}.new"
        self._last.pop(name, None)
        with self._reported():
            try:
                self._write_through(temporary, content)
                temporary.replace(path)
                self._sync_directory()
            except OSError:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
        self._last[name] = content

    def remove(self, name: str) -> None:
        """Forget the document."""
        self._last.pop(name, None)
        with self._reported():
            self._path(name).unlink(missing_ok=True)
            self._sync_directory()

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            if not self._is_failing:
                log.error("nothing can be saved in %s, changes are refused: %s", self._directory, failure.strerror)
            self._is_failing = True
            raise
        if self._is_failing:
            log.warning("%s can be written again", self._directory)
        self._is_failing = False

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.json"

    @staticmethod
    def _write_through(path: Path, content: bytes) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def _sync_directory(self) -> None:
        handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @staticmethod
    def _set_aside(path: Path, broken: object) -> None:
        """Keep it under another name; a further one where a directory is in the way."""
        for suffix in (".unusable", *(f".unusable-{number}" for number in range(2, _MOST_ASIDE + 1))):
            aside = path.with_suffix(suffix)
            try:
                path.replace(aside)
            except OSError:
                continue
            log.error("%s cannot be used (%s): kept as %s, and the agent goes on without it", path, broken, aside.name)
            return
        log.error("%s cannot be used (%s) nor moved away: the agent goes on without it", path, broken)


class Unsaved(FileStore):
    """Reads what is saved, and leaves it as it is whatever is written."""

    def write(self, name: str, document: Any) -> None:
        """Change nothing."""

    def remove(self, name: str) -> None:
        """Change nothing."""


def _content(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is no file")
    if status.st_size > LARGEST:
        raise ValueError("larger than anything the agent writes")
    return path.read_bytes()


def _parsed(content: bytes) -> Any:
    """The JSON; raises ValueError for numbers that no clock and no counter has."""

    def whole(text: str) -> int:
        if len(text) > _LONGEST_NUMBER:
            raise ValueError("a number is too large")
        return int(text)

    def fraction(text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text[:_LONGEST_NUMBER]} is no number")
        return number

    text = content.decode()
    if _HALF_A_CHARACTER.search(text):
        raise ValueError("a text has half a character")  # it could be read, and never be written again
    return json.loads(text, parse_int=whole, parse_float=fraction, parse_constant=fraction)


def _migrated(document: dict[str, Any]) -> dict[str, Any]:
    version = int(document.get("version", VERSION))
    if version > VERSION:
        raise ValueError(f"of version {version}, written by a newer agent than this one (version {VERSION})")
    while version < VERSION:
        document = MIGRATIONS[version](document)
        version = int(document["version"])
    return document
