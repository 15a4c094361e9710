"""A file on its way to the disk: room for it, what has come so far, and its place once it is whole."""

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from agent.transfers.failures import Cause, TransferFailed

SPARE_SHARE: Final = 20
MOST_SPARE: Final = 16 << 20
"""A twentieth of a file system, but not more than so many bytes, is left to everybody else."""
NOTE_EVERY: Final = 10.0
"""Seconds between two notes of what has reached the disk: what a loss of power can cost."""
NOTE_AFTER: Final = 262_144
"""Bytes that a note must be worth: flash memory wears."""

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PIECE: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Note:
    """What a part is a part of. ``size`` bytes with the hash ``sha256`` have reached the disk."""

    key: str
    """Which order it belongs to."""
    validator: str
    """The file server's word for this version of the file, "" where it has none."""
    total: int | None
    size: int
    sha256: str
    start: str


class Part:
    """The file that is to become ``to``; used by one thread, closed in the end. All raise TransferFailed.

    ``key`` says what belongs to the same order: a part that does not is dropped.
    """

    def __init__(self, to: Path, key: str) -> None:
        self._to = to
        self._path, self._note_path, self._new_note_path = parts_of(to)
        self._key = key
        self._descriptor = -1
        self._hash = hashlib.sha256()
        self._noted = (0, time.monotonic())
        self.size = 0
        """Bytes that are there."""
        self.validator = ""
        self.total: int | None = None
        self.start = datetime.now(UTC)
        with self._reported():
            self._open()

    def room(self) -> int:
        """Bytes that may still be written."""
        with self._reported():
            found = os.fstatvfs(self._descriptor)
        spare = min(MOST_SPARE, found.f_blocks * found.f_frsize // SPARE_SHARE)
        return max(0, found.f_bavail * found.f_frsize - spare)

    def need(self, size: int) -> None:
        """Refuse what has no room."""
        if size > (room := self.room()):
            raise TransferFailed(Cause.NO_ROOM, f"{size} bytes are to come, and there is room for {room} here")

    def most(self, whole: int | None, largest: int) -> int:
        """Bytes that the file may have in the end: ``whole`` where that is known, and never more than ``largest``.

        Refuses what is too large, or has no room.
        """
        if whole is None:
            return min(largest, self.size + self.room())
        if whole > largest:
            raise TransferFailed(Cause.NO_ROOM, f"{whole} bytes are to come, and such a file has at most {largest}")
        self.need(whole - self.size)
        return whole

    def begin(self, validator: str, total: int | None) -> None:
        """Take the file from its beginning, forgetting what there is."""
        with self._reported():
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            self._hash = hashlib.sha256()
            self.size, self.validator, self.total = 0, validator, total
            self._note()

    def append(self, data: memoryview) -> None:
        """Write what comes next, and note it now and then."""
        with self._reported():
            _write(self._descriptor, data)
            self._hash.update(data)
            self.size += len(data)
            size, moment = self._noted
            if self.size - size >= NOTE_AFTER and time.monotonic() - moment >= NOTE_EVERY:
                self.save()

    def save(self) -> None:
        """Let what is there survive whatever comes."""
        with self._reported():
            os.fdatasync(self._descriptor)
            self._note()

    def digest(self, algorithm: str) -> bytes:
        """The hash of all that is there."""
        if algorithm == "sha256":
            return self._hash.digest()
        with self._reported():
            return bytes(self._read(self.size, algorithm).digest())

    def finish(self) -> str:
        """Put the whole file in its place, durably: its SHA-256."""
        with self._reported():
            os.fsync(self._descriptor)
            os.replace(self._path, self._to)
            self._note_path.unlink(missing_ok=True)
            _sync_directory(self._to.parent)
        return self._hash.hexdigest()

    def drop(self) -> None:
        """Remove what there is."""
        for path in parts_of(self._to):
            with contextlib.suppress(OSError):
                path.unlink()

    def close(self) -> None:
        """Give the descriptor back; what is there stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self._path, flags, 0o600)
        try:
            note = self._known()
            size = os.fstat(self._descriptor).st_size
            if note and note.key == self._key and note.size <= size:
                found = self._read(note.size, "sha256")
                if found.hexdigest() == note.sha256:  # a loss of power may have left anything
                    self._hash = found
                    self.size, self.validator, self.total = note.size, note.validator, note.total
                    self.start = datetime.fromisoformat(note.start)
            os.ftruncate(self._descriptor, self.size)
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
            self._noted = (self.size, time.monotonic())
        except BaseException:
            self.close()
            raise

    def _known(self) -> Note | None:
        try:
            document = json.loads(self._note_path.read_bytes()[:4096])
            note = Note(**document)
            datetime.fromisoformat(note.start)
            is_right = type(note.size) is int and note.size >= 0 and isinstance(note.validator, str)
            return note if is_right and (note.total is None or type(note.total) is int) else None
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, RecursionError):
            return None

    def _read(self, size: int, algorithm: str) -> Any:
        """The hash of the first bytes; shorter ones make another one."""
        made = hashlib.new(algorithm, usedforsecurity=False)
        buffer = memoryview(bytearray(_PIECE))
        at = 0
        while at < size and (got := os.preadv(self._descriptor, [buffer[: min(_PIECE, size - at)]], at)):
            made.update(buffer[:got])
            at += got
        return made

    def _note(self) -> None:
        note = {
            "key": self._key,
            "validator": self.validator,
            "total": self.total,
            "size": self.size,
            "sha256": self._hash.hexdigest(),
            "start": self.start.isoformat(),
        }
        descriptor = os.open(
            self._new_note_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            _write(descriptor, memoryview(json.dumps(note).encode()))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(self._new_note_path, self._note_path)
        _sync_directory(self._to.parent)
        self._noted = (self.size, time.monotonic())

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise failed(error) from None


def parts_of(to: Path) -> tuple[Path, Path, Path]:
    """What there may be of a file that is not whole: its beginning, the note of it, and a note being written."""
    part, note = to.with_name(f"{to.name}.part"), to.with_name(f"{to.name}.part.json")
    return part, note, note.with_name(f"{note.name}.new")


def failed(error: OSError) -> TransferFailed:
    """A disk's refusal in the words of a transfer."""
    words = os.strerror(error.errno or 0)
    if error.errno in _FULL:
        return TransferFailed(Cause.NO_ROOM, f"there is no room for the file: {words}")
    return TransferFailed(Cause.INTERNAL, f"the file cannot be written or read here: {words}")


def _write(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
