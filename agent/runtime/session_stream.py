"""The verb sessions on the control socket: kept traces as JSON, served from their files without asking the owner."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from agent.runtime.control import Stream, error

Line = dict[str, Any]

_LONGEST_NUMBER: Final = 18  # digits; int() refuses text of some thousand


class Traces(Protocol):
    """The kept sessions; see ``trace.TraceStore``."""

    def problem(self) -> str:
        """Why no sessions are kept, "" when they are."""

    def last_number(self) -> int:
        """The highest session number kept, 0 without any."""

    def sessions(self) -> list[Line]:
        """One summary each, oldest first."""

    def session(self, number: int) -> list[Line]:
        """All lines of a session; KeyError when it is not kept."""


def session_stream(traces: Traces) -> Stream:
    """Make the stream for ``ControlServer``.

    Arguments: ``id`` (a number, or "last"; absent: all), ``follow``, ``xml``. One line of answer: ``sessions`` with a
    summary each and the ``problem`` why none are kept, or ``session`` and its ``lines``. With ``follow`` each further
    line is ``line``; of one session, until it ends.
    """
    return lambda arguments: _stream(traces, arguments)


def _stream(traces: Traces, arguments: Mapping[str, Any]) -> Iterator[Line | None]:
    follows, has_xml, wanted = arguments.get("follow", False), arguments.get("xml", False), arguments.get("id")
    if not (isinstance(follows, bool) and isinstance(has_xml, bool)):
        yield error("invalid_arguments", "follow and xml have to be true or false", "see the verb's --help")
        return
    if wanted is None:
        yield {"sessions": traces.sessions(), "problem": traces.problem()}
        if follows:
            yield from _follow(traces, traces.last_number(), has_xml)
        return
    number = _number(traces, wanted)
    try:
        lines = traces.session(number)
    except KeyError:
        reason = traces.problem() or f"session {wanted} is not kept"
        yield error("unknown_session", reason, "`cpe-agent sessions` lists those that are")
        return
    yield {"session": number, "lines": [_shown(line, has_xml) for line in lines]}
    if follows and not _is_over(lines):
        yield from _rest(traces, number, len(lines), has_xml)


def _number(traces: Traces, wanted: Any) -> int:
    if wanted == "last":
        return traces.last_number()
    text = str(wanted)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


def _follow(traces: Traces, number: int, has_xml: bool) -> Iterator[Line | None]:
    """What is written from now on: the rest of the last session, and each later one, which are one at a time."""
    seen = len(_lines(traces, number))
    while True:
        lines = _lines(traces, number)
        yield from ({"line": _shown(line, has_xml)} for line in lines[seen:])
        seen = max(seen, len(lines))
        if traces.last_number() > number:
            number, seen = _next(traces, number), 0
        else:
            yield None


def _rest(traces: Traces, number: int, seen: int, has_xml: bool) -> Iterator[Line | None]:
    while lines := _lines(traces, number):
        yield from ({"line": _shown(line, has_xml)} for line in lines[seen:])
        seen = max(seen, len(lines))
        if _is_over(lines):
            return
        yield None


def _next(traces: Traces, number: int) -> int:
    """The next kept session; several may have passed since the last look, and the oldest of them may be gone."""
    later = (int(summary["session"]) for summary in traces.sessions())
    return min((each for each in later if each > number), default=traces.last_number())


def _lines(traces: Traces, number: int) -> list[Line]:
    try:
        return traces.session(number)
    except KeyError:
        return []


def _is_over(lines: list[Line]) -> bool:
    return lines[-1].get("kind") == "end"


def _shown(line: Line, has_xml: bool) -> Line:
    return line if has_xml else {key: value for key, value in line.items() if key != "xml"}
