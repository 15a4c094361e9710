"""One diagnostic at a time, in whichever thread it is run."""

import logging

import pytest

from agent.diagnostics.engine import MOST_LINES, Ended, Engine, plain, work
from tests.diagnostics.answering import HERE, Waiting


@pytest.fixture(autouse=True)
def at_once() -> None:
    Waiting.go.set()


def test_a_result_is_json_with_times_to_the_microsecond() -> None:
    job = Engine().begin("Waiting")
    ended = work(job, f"{HERE}:Waiting", "it")
    found = {"host": "it", "when": "2026-06-01T12:00:00.000007+00:00", "times": [1, 2]}
    assert ended == Ended(1, "Waiting", "Complete", found)
    assert job.ended is ended
    assert (job.next_line(), job.next_line()) == ({"begun": "it"}, None)


def test_who_fails_says_its_state_why_and_what_is_known_all_the_same() -> None:
    ended = work(Engine().begin("Failing"), f"{HERE}:Failing", "it")
    assert (ended.state, ended.text) == ("Error_NoRouteToHost", "there is no way")
    assert ended.result is not None
    assert ended.result["host"] == "it"


def test_a_surprise_is_an_internal_error_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        ended = work(Engine().begin("Broken"), f"{HERE}:Broken", None)
    assert (ended.state, ended.result) == ("Error_Internal", None)
    assert "cannot be kept" in caplog.text


def test_what_was_cancelled_has_no_result_whatever_it_found() -> None:
    Waiting.go.clear()
    job = Engine().begin("Waiting")
    job.cancel("nobody looks")
    job.cancel("later")
    ended = work(job, f"{HERE}:Waiting", "it")
    assert (ended.state, ended.text, ended.result) == ("Canceled", "nobody looks", None)


def test_what_does_not_end_is_ended_with_what_it_has_found_so_that_others_have_their_turn() -> None:
    Waiting.go.clear()
    ended = work(Engine().begin("Waiting"), f"{HERE}:Waiting", "it", longest=0.05)
    assert (ended.state, ended.text) == ("Error_Timeout", "it was not over within 0.05 s")
    assert ended.result is not None
    assert ended.result["host"] == "it"


def test_the_next_begins_when_the_owner_has_heard_of_the_end() -> None:
    engine = Engine()
    first = engine.begin("Waiting")
    with pytest.raises(RuntimeError):
        engine.begin("Failing")
    ended = work(first, f"{HERE}:Waiting", "it")
    assert engine.over(ended)
    assert not engine.over(ended)
    assert engine.begin("Failing").number == 2


def test_of_too_many_lines_the_oldest_are_forgotten() -> None:
    job = Engine().begin("Waiting")
    for number in range(MOST_LINES + 1):
        job.say({"number": number})
    assert job.next_line() == {"number": 1}


def test_what_nobody_watches_is_not_kept() -> None:
    job = Engine().begin("Waiting", is_watched=False)
    job.say({"number": 1})
    assert job.next_line() is None


def test_what_json_cannot_say_is_refused() -> None:
    assert plain({1: (None, True, 1.5)}) == {"1": [None, True, 1.5]}
    with pytest.raises(TypeError):
        plain({"bytes": b""})
