"""Keeps the last sessions readable: one JSON-lines file each in tmpfs, secrets masked, number and bytes bounded."""

import json
import logging
import os
import re
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.runtime.endpoint import Turn
from agent.runtime.redactor import Redactor

logger = logging.getLogger(__name__)

_SUFFIX = ".jsonl"
_MARKS_16 = (b"\xff\xfe", b"\xfe\xff")
_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([A-Za-z][A-Za-z0-9._-]{0,39})[\"']")
_MARGIN = 65_536  # bytes beyond a session's share in which lines without their XML still fit

Line = dict[str, Any]


class TraceStore:
    """The ring of session traces in ``directory`` (made with mode 0700). Reading works while others write.

    Writing never raises: a trace that cannot be kept is a trace less, not a session less.
    """

    def __init__(
        self,
        directory: Path,
        redactor: Redactor,
        *,
        sessions: int = 50,
        session_bytes: int = 512 * 1024,
        total_bytes: int = 4 * 1024 * 1024,
    ) -> None:
        self.directory = directory
        self.redactor = redactor
        self._sessions = sessions
        self._session_bytes = min(session_bytes, total_bytes // 4)  # one talkative session leaves the others room
        self._total_bytes = total_bytes

    def open(self, number: int, url: str, events: tuple[str, ...] = ()) -> "SessionTrace":
        """Begin the trace of a session; the oldest ones make room."""
        is_kept = True
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            require_own(self.directory)
            self._make_room()
        except PermissionError as error:
            logger.warning("no session traces are kept in %s: %s", self.directory, error.strerror or error)
            is_kept = False
        except OSError as error:
            logger.warning("no room for session traces in %s: %s", self.directory, error.strerror)
        trace = SessionTrace(self._path(number), number, self.redactor, self._session_bytes, is_kept=is_kept)
        trace.begin(url, events)
        return trace

    def problem(self) -> str:
        """Why no traces are kept, a sentence; "" when they are, or when nothing is known against it yet."""
        try:
            require_own(self.directory)
        except PermissionError as error:
            return f"no session traces are kept in {self.directory}: {error.strerror or error}"
        except OSError:
            return ""  # it is not there before the first session
        return ""

    def last_number(self) -> int:
        """The highest session number kept, 0 without any: numbering goes on there after a restart."""
        return max(self._numbers(), default=0)

    def sessions(self) -> list[Line]:
        """One summary each, oldest first: its number, start, URL, events, and how it ended once it has."""
        return [summary for number in self._numbers() if (summary := self._summary(number))]

    def session(self, number: int) -> list[Line]:
        """All lines of a session; KeyError when it is not (or no longer) kept."""
        lines = self._lines(number)
        if not lines:
            raise KeyError(number)
        return lines

    def _path(self, number: int) -> str:
        return os.path.join(self.directory, f"{number:08d}{_SUFFIX}")

    def _numbers(self) -> list[int]:
        try:
            names = os.listdir(self.directory)
        except OSError:
            return []
        stems = (name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _make_room(self) -> None:
        kept = self._numbers()
        sizes = {number: os.stat(self._path(number)).st_size for number in kept}
        total = sum(sizes.values())
        room = self._total_bytes - self._session_bytes
        while kept and (len(kept) >= self._sessions or total > room):
            oldest = kept.pop(0)
            total -= sizes[oldest]
            with suppress(FileNotFoundError):
                os.unlink(self._path(oldest))

    def _lines(self, number: int) -> list[Line]:
        """The whole lines; one that is not JSON was cut by a full disk."""
        try:
            with open(self._path(number), "rb") as file:
                data = file.read()
        except OSError:
            return []
        lines = []
        for line in data[: data.rfind(b"\n") + 1].splitlines():
            with suppress(ValueError):
                lines.append(json.loads(line))
        return lines

    def _summary(self, number: int) -> Line | None:
        lines = self._lines(number)
        if not lines:
            return None
        sent = [line for line in lines if line["kind"] == "exchange"]
        summary = {key: value for key, value in lines[0].items() if key != "kind"}
        summary["posts"] = len(sent)
        summary["bytes"] = sum(line["sent_bytes"] + line["received_bytes"] for line in sent)
        if lines[-1]["kind"] == "end":
            summary |= {"ended": lines[-1]["at"], "outcome": lines[-1]["outcome"]}
        return summary


class SessionTrace:
    """Writes the trace of one session; used by the session's thread, and once by the owner to end it."""

    def __init__(self, path: str, number: int, redactor: Redactor, most_bytes: int, *, is_kept: bool = True) -> None:
        self._path = path
        self._number = number
        self._redactor = redactor
        self._most_bytes = most_bytes
        self._written = 0
        self._has_failed = False
        self._is_kept = is_kept

    def begin(self, url: str, events: tuple[str, ...]) -> None:
        """The first line; what an earlier run left under this number goes."""
        if self._is_kept:
            with suppress(OSError):
                os.unlink(self._path)
        self._write({"kind": "session", "url": self._redactor.text(url), "events": list(events)})

    def message(self, direction: str, summary: str, envelope: bytes | None) -> None:
        """A CWMP message: ``direction`` is "sent" or "received"; None is an empty POST or answer.

        Beyond the session's share of bytes it is kept without its XML, and marked ``is_cut``.
        """
        size = len(envelope or b"")
        line: Line = {"kind": "message", "direction": direction, "summary": self._redactor.text(summary), "bytes": size}
        if envelope is None or self._written + size > self._most_bytes:
            self._write(line | {"xml": None} | ({"is_cut": True} if envelope else {}))
        else:
            self._write(line | {"xml": self._redactor.xml(_text(envelope))})

    def exchange(self, turn: Turn) -> None:
        """One HTTP request and response, heads included; status 0 where no answer came."""
        line: Line = {"kind": "exchange", "url": self._redactor.text(turn.url), "address": turn.address}
        line |= {"status": turn.status, "sent_bytes": turn.sent_bytes, "received_bytes": turn.received_bytes}
        self._write(line | {"seconds": round(turn.seconds, 4), "is_new_connection": turn.is_new_connection})

    def end(self, outcome: str) -> None:
        """The last line: how the session went, a sentence."""
        self._write({"kind": "end", "outcome": self._redactor.text(outcome)})

    def _write(self, line: Line) -> None:
        if not self._is_kept:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"session": self._number, "at": now} | line
        data = _encoded(line)
        most = self._most_bytes + _MARGIN
        if self._written + len(data) > most and line.get("xml"):  # escaping can make six bytes of one
            data = _encoded(line | {"xml": None, "is_cut": True})
        if self._written + len(data) > most and line["kind"] != "end":
            return
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                self._written += os.write(file, data)
            finally:
                os.close(file)
        except OSError as error:
            if not self._has_failed:
                logger.warning("the trace of session %d is incomplete: %s", self._number, error.strerror)
            self._has_failed = True


def _text(envelope: bytes) -> str:
    """The message as its parser read it, by its byte order mark or declaration: else secrets hide in the encoding."""
    if envelope.startswith(_MARKS_16):
        return envelope.decode("utf-16", "replace")
    declared = _DECLARED.match(envelope)
    try:
        return envelope.decode(declared[1].decode() if declared else "utf-8", "replace")
    except (LookupError, ValueError):  # unknown, or one that takes no bad bytes
        return envelope.decode("utf-8", "replace")


def require_own(directory: Path) -> None:
    """Nobody else may have prepared or may change the place: in /dev/shm everybody can make directories."""
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise PermissionError("it is no directory of the agent's own user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("others can write there")


def _encoded(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
