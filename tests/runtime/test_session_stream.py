"""The verb sessions: what is sent of kept sessions, at once and as they go on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.redactor import Redactor
from agent.runtime.session_stream import session_stream
from agent.runtime.trace import TraceStore
from tests.runtime.kept_sessions import KeptSessions

Line = dict[str, Any]


def head(number: int) -> Line:
    return {"session": number, "kind": "session", "events": ["2 PERIODIC"]}


def message(number: int, summary: str) -> Line:
    return {"session": number, "kind": "message", "summary": summary, "xml": "<a/>"}


def end(number: int) -> Line:
    return {"session": number, "kind": "end", "outcome": "ended"}


def asked(kept: KeptSessions | TraceStore, **arguments: Any) -> Iterator[Line | None]:
    return session_stream(kept)(arguments)


def summaries(lines: Iterator[Line | None], count: int) -> list[str]:
    """The next lines of a followed conversation; None stands for a pause."""
    return [
        "-" if line is None else line["line"].get("summary", line["line"]["kind"])
        for line, _ in zip(lines, range(count), strict=False)
    ]


def test_all_sessions_are_listed_in_one_document() -> None:
    (answer,) = asked(KeptSessions({1: [head(1), end(1)], 2: [head(2)]}))
    assert answer
    assert [each["session"] for each in answer["sessions"]] == [1, 2]


@pytest.mark.parametrize(("has_xml", "keys"), [(False, set()), (True, {"xml"})])
def test_one_session_comes_whole_and_with_xml_on_demand(has_xml: bool, keys: set[str]) -> None:
    (answer,) = asked(KeptSessions({1: [head(1), message(1, "Inform"), end(1)]}), id="1", xml=has_xml)
    assert answer
    assert len(answer["lines"]) == 3
    assert answer["lines"][1].keys() & {"xml"} == keys


def test_the_last_session_has_a_name() -> None:
    (answer,) = asked(KeptSessions({1: [head(1)], 4: [head(4)]}), id="last")
    assert answer
    assert answer["session"] == 4


@pytest.mark.parametrize("wanted", ["9", "x", "-1", "last", "\u0661"])
def test_a_session_that_is_not_kept_is_an_error(wanted: str) -> None:
    (answer,) = asked(KeptSessions({}), id=wanted)
    assert answer
    assert answer["error"]["code"] == "unknown_session"


def test_following_shows_what_is_said_from_now_on() -> None:
    kept = KeptSessions({1: [head(1), message(1, "Inform")]})
    lines = asked(kept, follow=True)
    assert next(lines)
    assert next(lines) is None
    kept.kept[1] += [message(1, "InformResponse"), end(1)]
    assert summaries(lines, 3) == ["InformResponse", "end", "-"]


def test_following_goes_on_with_each_later_session() -> None:
    kept = KeptSessions({1: [head(1), end(1)]})
    lines = asked(kept, follow=True)
    assert next(lines)
    assert next(lines) is None
    kept.kept |= {2: [head(2), end(2)], 3: [head(3)]}
    assert summaries(lines, 4) == ["session", "end", "session", "-"]


def test_following_survives_a_ring_that_dropped_sessions() -> None:
    kept = KeptSessions({1: [head(1)]})
    lines = asked(kept, follow=True)
    assert next(lines)
    assert next(lines) is None
    kept.kept = {5: [head(5), end(5)]}
    assert summaries(lines, 3) == ["session", "end", "-"]


def test_one_followed_session_ends_with_it() -> None:
    kept = KeptSessions({1: [head(1)]})
    lines = asked(kept, id="1", follow=True)
    assert next(lines)
    assert next(lines) is None
    kept.kept[1] += [message(1, "Inform"), end(1)]
    assert [line["line"]["kind"] for line in lines if line] == ["message", "end"]


def test_the_store_in_files_fits(tmp_path: Path) -> None:
    store = TraceStore(tmp_path, Redactor(lambda path: False))
    trace = store.open(3, "http://acs.example.net/", ("1 BOOT",))
    trace.message("sent", "Inform 1 BOOT", b"<a/>")
    trace.end("ended by both sides")
    (listed,) = asked(store)
    (one,) = asked(store, id="3", xml=True)
    assert listed
    assert one
    assert listed["sessions"][0]["outcome"] == "ended by both sides"
    assert [line["kind"] for line in one["lines"]] == ["session", "message", "end"]


@pytest.mark.parametrize("arguments", [{"follow": "no"}, {"follow": 1}, {"xml": "false"}, {"id": "1", "xml": None}])
def test_what_is_no_switch_is_refused(arguments: Line) -> None:
    (answer,) = asked(KeptSessions({1: [head(1), end(1)]}), **arguments)
    assert answer
    assert answer["error"]["code"] == "invalid_arguments"


@pytest.mark.parametrize("number", ["9" * 5000, True, 1.0, [1], "-1", "../1"])
def test_what_is_no_number_of_a_session_is_not_kept(number: Any) -> None:
    (answer,) = asked(KeptSessions({1: [head(1), end(1)]}), id=number)
    assert answer
    assert answer["error"]["code"] == "unknown_session"
