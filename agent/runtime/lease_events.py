"""Lease events on disk: those that clients left while no agent ran, and those in force, for an agent that starts again.

Both lie beside the control socket, in memory as that is, so that a boot forgets them; where they lie on a disk the
kernel's boot id tells.
"""

import json
import logging
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

log = logging.getLogger(__name__)

FOLDER: Final = "dhcp-events"
IN_FORCE: Final = "leases.json"
LARGEST: Final = 524_288  # bytes of one event: all the characters that it may have, as JSON escapes them
MOST: Final = 64
"""Files that are looked at; the newest count."""
UNDER_WAY: Final = 60.0  # seconds for which a file may still be being written

Event = Mapping[str, Any]


class LeaseEvents:
    """The two places below ``directory``, which need not be there. Nothing here raises: all of it comes again."""

    def __init__(self, directory: str, boot_id: str) -> None:
        self._left = os.path.join(directory, FOLDER)
        self._kept = os.path.join(directory, IN_FORCE)
        self._boot_id = boot_id
        self._last = b""

    def take_left(self) -> Iterator[Event]:
        """The events that clients left, the oldest first; each is gone with the reading, and so is what is no event."""
        paths, others = self._paths()
        if others:
            _clear(self._left, others)
        for path in paths:
            content = _content(path)
            with suppress(OSError):
                os.unlink(path)
            event = _parsed(content, path)
            if isinstance(event, Mapping):
                yield event

    def in_force(self) -> list[Event]:
        """The events that were kept last; none after a boot."""
        content = _content(self._kept, LARGEST * MOST)
        document = _parsed(content, self._kept)
        match document:
            case {"boot": self._boot_id, "events": list(events)}:
                self._last = content
                return [event for event in events[:MOST] if isinstance(event, Mapping)]
        return []

    def keep(self, events: Sequence[Event]) -> None:
        """Have these for the next start of the agent; nothing is written without news."""
        content = json.dumps({"boot": self._boot_id, "events": list(events)}, sort_keys=True).encode()
        if content == self._last or (not events and not self._last):
            return
        temporary = f"{self._kept}.new"
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with open(handle, "wb") as file:
                file.write(content)
            os.replace(temporary, self._kept)
        except OSError as failure:
            log.debug("the leases in force are not kept for the next start: %s", failure.strerror)
            return
        self._last = content

    def _paths(self) -> tuple[list[str], list[str]]:
        """The files that count, the oldest first, and what else lies there."""
        found, others = [], []
        try:
            with os.scandir(self._left) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.endswith(".json") and stat.S_ISREG(status.st_mode):
                        found.append((status.st_mtime_ns, entry.path))
                    elif not entry.name.startswith(".") or status.st_mtime + UNDER_WAY < time.time():
                        others.append(entry.path)
        except OSError:
            return [], []
        paths = [path for _, path in sorted(found)]
        return paths[-MOST:], [*paths[:-MOST], *others]


def _clear(folder: str, paths: Sequence[str]) -> None:
    log.warning("%s has %d files too many or of no use: they are taken away", folder, len(paths))
    for path in paths:
        with suppress(OSError):
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
            os.rmdir(path) if is_folder else os.unlink(path)


def _content(path: str, largest: int = LARGEST) -> bytes:
    """A file of the agent's own user or of root, that nobody else can write; nothing of any other."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with open(handle, "rb") as file:
        is_what = os.fstat(handle)
        if not stat.S_ISREG(is_what.st_mode) or is_what.st_mode & 0o022 or is_what.st_uid not in (0, os.geteuid()):
            log.warning("%s is not looked at: somebody else could have written it", path)
            return b""
        return file.read(largest + 1)


def _parsed(content: bytes, path: str) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        log.warning("%s has no lease event in it", path)
        return None
