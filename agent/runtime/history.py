"""The event history: everything that was noted, in memory as lines of JSON that people, programs and uploads read."""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from agent.runtime.trace import require_own

log = logging.getLogger(__name__)
structured = logging.getLogger("cpe-agent.event")
"""What writes fields beside the text (``agent.runtime.log_targets``) hears of events here."""

FILE: Final = "history.jsonl"
BYTES: Final = 262_144
"""Of each of two files, this one and the one before it."""
MOST_ASKED: Final = 1_000
LEVELS: Final[Mapping[str, int]] = {
    "Critical": logging.CRITICAL, "Major": logging.ERROR, "Minor": logging.WARNING, "Warning": logging.WARNING,
}  # fmt: skip

SHAPE: Final[Mapping[str, Any]] = {"n": int, "at": str | None, "kind": str, "about": str, "text": str, "fields": dict}

Entry = dict[str, Any]
"""n, at (ISO, UTC; None while the clock is not set), kind, severity, about, text, and fields where there are any."""


class Noted(Protocol):
    """What happened; see ``backends.faults.Event``."""

    @property
    def kind(self) -> str:
        """The word for what it is."""

    @property
    def about(self) -> str:
        """What it is about."""

    @property
    def text(self) -> str:
        """A sentence."""

    @property
    def time(self) -> float | None:
        """Unix time."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """What programs want to know."""

    @property
    def perceived_severity(self) -> str:
        """In the words of ITU-T X.733."""


class History:
    """Written by the owner's thread; read by any.

    The files lie in memory: nothing of it wears flash, and what must outlive a boot is kept by whoever notes it.
    ``earlier`` are those of before this boot, oldest first, for a history that begins anew.
    """

    def __init__(self, directory: Path, mask: Callable[[str], str]) -> None:
        self._path = directory / FILE
        self._mask = mask
        self._has_failed = False
        last = next(reversed(list(_lines(self._path)) or list(_lines(self._before))), {})
        self._number = int(last.get("n", 0))

    @property
    def path(self) -> Path:
        """Where the newest ones are."""
        return self._path

    @property
    def _before(self) -> Path:
        return self._path.with_suffix(".1.jsonl")

    def is_new(self) -> bool:
        """Whether nothing was noted yet: the machine, or its memory, is new."""
        return self._number == 0

    def remember(self, earlier: Sequence[Noted]) -> None:
        """Begin with what was kept over a boot; the log has heard of it."""
        for one in earlier:
            self._append(self._entry(one))

    def noted(self, event: Noted) -> None:
        """Take down what happened, and tell it to whoever writes structured logs."""
        entry = self._entry(event)
        self._append(entry)
        level = LEVELS.get(entry["severity"], logging.INFO)
        structured.log(level, "%s", entry["text"], extra={"event": entry})

    def entries(self, after: int = 0, most: int = MOST_ASKED) -> list[Entry]:
        """The last ``most`` with a number above ``after``, oldest first."""
        if after >= self._number:
            return []
        found = [one for one in _lines(self._path) if one.get("n", 0) > after]
        if not found or found[0]["n"] > after + 1:
            found = [one for one in _lines(self._before) if one.get("n", 0) > after] + found
        return found[-most:]

    def content(self) -> bytes:
        """All that is kept, a line for each, oldest first: the vendor log."""
        return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in self.entries(0, 1 << 20))

    def _entry(self, event: Noted) -> Entry:
        self._number += 1
        at = None
        if event.time is not None:
            at = datetime.fromtimestamp(event.time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry: Entry = {
            "n": self._number,
            "at": at,
            "uptime": round(time.clock_gettime(time.CLOCK_BOOTTIME), 1),
            "kind": event.kind,
            "severity": event.perceived_severity,
            "about": self._mask(event.about),
            "text": self._mask(event.text),
        }
        if event.fields:
            entry["fields"] = {
                name: self._mask(value) if isinstance(value, str) else value for name, value in event.fields.items()
            }
        return entry

    def _append(self, entry: Entry) -> None:
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        try:
            self._make_place(len(line))
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            if not self._has_failed:
                log.warning("the event history cannot be kept in %s: %s", self._path, error.strerror or error)
            self._has_failed = True
        else:
            self._has_failed = False

    def _make_place(self, size: int) -> None:
        """The directory, and room in the file. In /dev/shm everybody can make directories: it has to be our own."""
        place = self._path.parent
        with suppress(FileExistsError):
            os.makedirs(place, mode=0o700)
        require_own(place)
        with suppress(FileNotFoundError):
            if os.stat(self._path, follow_symlinks=False).st_size + size > BYTES:
                os.replace(self._path, self._before)


def _lines(path: Path) -> Iterator[Entry]:
    """The whole lines; one that is no entry was cut by a full disk, or damaged."""
    try:
        with open(path, "rb") as file:
            content = file.read(2 * BYTES)
    except OSError:
        return
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        with suppress(ValueError, TypeError, RecursionError):
            entry = json.loads(line)
            whole = {"fields": {}, **entry}
            if all(isinstance(whole.get(name), kind) for name, kind in SHAPE.items()):
                yield entry
