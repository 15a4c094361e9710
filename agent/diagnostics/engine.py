"""One diagnostic at a time, each in a thread of its own; what it says on the way waits for who looks."""

import importlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from backends.diagnostics.failures import DiagnosticFailed

log = logging.getLogger(__name__)

COMPLETE: Final = "Complete"
CANCELED: Final = "Canceled"
INTERNAL: Final = "Error_Internal"
TIMEOUT: Final = "Error_Timeout"
LONGEST: Final = 7200.0
"""Seconds: what may be asked for takes an hour at most, and then there is a file to be sent."""
MOST_LINES: Final = 4096
"""What is said on the way and not yet asked for; of more, the oldest is forgotten."""

Progress = Callable[[Mapping[str, Any]], None]
Cancelled = Callable[[], bool]


class Diagnostic(Protocol):
    """What ``backends/diagnostics`` has one of for each test."""

    @property
    def name(self) -> str:
        """That of its object: "IPPing"."""

    def run(self, request: Any, progress: Progress, cancelled: Cancelled) -> Any:
        """Do it, in a thread of its own; the result is a data class of what ``plain`` takes.

        ``progress`` takes JSON for who looks on, as often as there is something to show. ``cancelled`` is to be asked
        at least every 100 ms; once it says True, return whatever: nobody is told. Who cannot come to an end raises
        DiagnosticFailed; any other exception is logged and told as Error_Internal.
        """


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over: "Complete", "Canceled" or "Error_…"; ``result`` is JSON by field, ``text`` is for people."""

    job: int
    name: str
    state: str
    result: Mapping[str, Any] | None = None
    text: str = ""


class Job:
    """One run of a diagnostic. Its lines are taken by one reader."""

    def __init__(self, number: int, name: str, most_lines: int = MOST_LINES) -> None:
        self.number = number
        self.name = name
        self.ended: Ended | None = None
        self.why_cancelled = ""
        self._lines: deque[Mapping[str, Any]] = deque(maxlen=most_lines)
        self._is_cancelled = threading.Event()

    def cancel(self, why: str = "cancelled") -> None:
        """Have it end at once; as often and from whichever thread one likes."""
        self.why_cancelled = self.why_cancelled or why
        self._is_cancelled.set()

    def is_cancelled(self) -> bool:
        """Whether it is to end."""
        return self._is_cancelled.is_set()

    def say(self, line: Mapping[str, Any]) -> None:
        """Add to what is said on the way."""
        self._lines.append(dict(line))

    def next_line(self) -> Mapping[str, Any] | None:
        """What was said and not yet taken; None where there is nothing now."""
        try:
            return self._lines.popleft()
        except IndexError:
            return None


class Engine:
    """At most one job is at work, in whichever thread runs what ``work`` gives."""

    def __init__(self) -> None:
        self._count = 0
        self.job: Job | None = None
        """The one under way, until ``over``; also while it is on its way to being cancelled."""

    def begin(self, name: str, *, is_watched: bool = True) -> Job:
        """The next job; RuntimeError while another one is under way. What it says is kept for who watches."""
        if self.job is not None:
            raise RuntimeError(f"{self.job.name} is under way")
        self._count += 1
        self.job = Job(self._count, name, MOST_LINES if is_watched else 0)
        return self.job

    def over(self, ended: Ended) -> bool:
        """The owner has heard of an end: the next job may begin. Whether it was the end of the one under way."""
        if self.job is None or self.job.number != ended.job:
            return False
        self.job = None
        return True


def work(job: Job, place: str, request: Any, word: Callable[[str], str] = str, longest: float = LONGEST) -> Ended:
    """Do a job, in a thread of its own; ``place`` ("module:Class") is where the diagnostic is loaded from.

    ``word`` is the one that its DiagnosticsState has for a failure. After the ``longest`` seconds it is ended, so that
    others have their turn; what it has found by then is its result.
    """
    job.ended = ended = _outcome(job, place, request, word, longest)
    return ended


def _outcome(job: Job, place: str, request: Any, word: Callable[[str], str], longest: float) -> Ended:
    state, text, result = COMPLETE, "", None
    until, is_late = time.monotonic() + longest, threading.Event()

    def is_over() -> bool:
        if time.monotonic() >= until:
            is_late.set()
        return is_late.is_set() or job.is_cancelled()

    try:
        if not job.is_cancelled():
            result = plain(_found(place).run(request, job.say, is_over))
    except DiagnosticFailed as failure:
        state, text, result = failure.state, failure.text, plain(failure.result)
    except Exception:
        state, text = INTERNAL, "the diagnostic broke"
        if not is_over():
            log.exception("the diagnostic %s broke", job.name)
    if job.is_cancelled():
        return Ended(job.number, job.name, CANCELED, text=job.why_cancelled)
    if is_late.is_set():
        state, text = TIMEOUT, f"it was not over within {longest:g} s"
    return Ended(job.number, job.name, state if state == COMPLETE else word(state), result, text)


def _found(place: str) -> Diagnostic:
    module, _, name = place.partition(":")
    found: Diagnostic = getattr(importlib.import_module(module), name)()
    return found


def plain(value: Any) -> Any:
    """JSON of a result: data classes by field, times in ISO 8601 with microseconds; TypeError for anything else."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    raise TypeError(f"a diagnostic's result cannot be kept: {type(value).__name__}")
