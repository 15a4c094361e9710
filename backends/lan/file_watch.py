"""Tells at once when certain files change, by what happens in their directories (inotify(7)); nothing is forked."""

import ctypes
import errno
import os
import select
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from backends.errors import MechanismError

IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x2, 0x8, 0x80, 0x100, 0x200
WANTED: Final = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE
IN_NONBLOCK, IN_CLOEXEC = 0o4000, 0o2000000
EVENT: Final = struct.Struct("=iIII")
READ: Final = 65536
SETTLED: Final = 0.05
"""Seconds without another event: dnsmasq writes its leases in pieces."""
LONGEST_SETTLING: Final = 0.5
WAIT: Final = 1.0


class FileWatch:
    """Watches files, which may come and go in directories that are there. ``topics`` says what each is told as."""

    def __init__(self, topics: Mapping[Path, str]) -> None:
        self._topics = topics

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Tell the topics of what changed, until ``stop``. MechanismError without inotify."""
        descriptor, watched = self._open()
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while not stop.is_set():
                if not poll.poll(WAIT * 1000):
                    continue
                topics = set(self._topics_of(os.read(descriptor, READ), watched))
                settling = 0.0
                while topics and settling < LONGEST_SETTLING and poll.poll(SETTLED * 1000):
                    topics.update(self._topics_of(os.read(descriptor, READ), watched))
                    settling += SETTLED
                if topics:
                    tell(frozenset(topics))
        finally:
            os.close(descriptor)

    def _open(self) -> tuple[int, dict[int, Path]]:
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = int(libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
        if descriptor < 0:
            raise _refused("inotify")
        watched: dict[int, Path] = {}
        for directory in {path.parent for path in self._topics}:
            number = int(libc.inotify_add_watch(descriptor, os.fsencode(directory), WANTED))
            if number >= 0:
                watched[number] = directory
            elif ctypes.get_errno() != errno.ENOENT:
                os.close(descriptor)
                raise _refused(str(directory))
        return descriptor, watched

    def _topics_of(self, events: bytes, watched: Mapping[int, Path]) -> Iterator[str]:
        while len(events) >= EVENT.size:
            number, _, _, length = EVENT.unpack_from(events)
            name = os.fsdecode(events[EVENT.size : EVENT.size + length].rstrip(b"\0"))
            events = events[EVENT.size + length :]
            topic = self._topics.get(watched[number] / name) if number in watched else None
            if topic is not None:
                yield topic


def _refused(what: str) -> MechanismError:
    number = ctypes.get_errno()
    return MechanismError(f"{what} cannot be watched: {os.strerror(number)}", errno.errorcode.get(number, ""))
