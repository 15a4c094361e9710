"""Tells when files in folders were written, replaced or removed (inotify)."""

import ctypes
import os
import select
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.errors import MechanismError

IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_TO, IN_DELETE, IN_ONLYDIR = 0x2, 0x8, 0x80, 0x200, 0x01000000
IN_CLOEXEC = os.O_CLOEXEC
EVENT = struct.Struct("=iIII")
RECEIVE = 65536


class Inotify:
    """Watched folders; a folder that is not there is passed over."""

    def __init__(self, descriptor: int, growing: bool) -> None:
        self._descriptor = descriptor
        self._mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR | (IN_MODIFY if growing else 0)
        self._folders: dict[int, Path] = {}

    def add(self, folder: Path) -> bool:
        """Watch one more folder; whether it is there."""
        number = int(ctypes.CDLL(None).inotify_add_watch(self._descriptor, os.fsencode(folder), self._mask))
        if number >= 0:
            self._folders[number] = folder
        return number >= 0

    def wait(self, seconds: float) -> set[Path]:
        """The files that changed, after this time at most; a folder itself where more changed than was kept."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        return set(self._changed(os.read(self._descriptor, RECEIVE))) if ready else set()

    def _changed(self, buffer: bytes) -> Iterator[Path]:
        at = 0
        while at + EVENT.size <= len(buffer):
            number, _, _, length = EVENT.unpack_from(buffer, at)
            name = buffer[at + EVENT.size : at + EVENT.size + length].rstrip(b"\0")
            at += EVENT.size + length
            if number < 0:  # the kernel's queue was full
                yield from self._folders.values()
            elif number in self._folders:
                yield self._folders[number] / os.fsdecode(name)


@contextmanager
def watched(folders: Iterable[Path], growing: bool = False) -> Iterator[Inotify]:
    """Watch folders for the length of a ``with``; ``growing``: tell also of what is written to files that stay open.

    MechanismError where the kernel has no more watches to give.
    """
    descriptor = ctypes.CDLL(None, use_errno=True).inotify_init1(IN_CLOEXEC)
    if descriptor < 0:
        raise MechanismError(f"inotify: {os.strerror(ctypes.get_errno())}")
    try:
        watch = Inotify(descriptor, growing)
        for folder in folders:
            watch.add(folder)
        yield watch
    finally:
        os.close(descriptor)
