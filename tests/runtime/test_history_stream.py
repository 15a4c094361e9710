"""The verb history: the newest first, from where somebody stopped, and as it happens."""

from pathlib import Path
from typing import Any

import pytest

from agent.runtime.history import History
from agent.runtime.history_stream import history_stream
from tests.runtime.test_history import Noted


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History(tmp_path, str)
    for number, kind in enumerate(("reboot", "transfer", "link"), 1):
        made.noted(Noted(f"event {number}", kind=kind, about=f"source {number}"))
    return made


def asked(history: History, **arguments: Any) -> dict[str, Any]:
    answer = next(history_stream(history)(arguments))
    assert answer is not None
    return answer


def test_the_newest_is_the_first(history: History) -> None:
    told = asked(history)
    assert [(one["n"], one["kind"], one["source"]) for one in told["events"]] == [
        (3, "link", "source 3"),
        (2, "transfer", "source 2"),
        (1, "reboot", "source 1"),
    ]
    assert told["next"] == 3


def test_what_is_asked_for_is_told_alone(history: History) -> None:
    assert [one["n"] for one in asked(history, after=2)["events"]] == [3]
    assert [one["n"] for one in asked(history, kind="reboot")["events"]] == [1]
    assert [one["n"] for one in asked(history, most=2)["events"]] == [3, 2]
    assert asked(history, most=0)["events"] == []
    assert asked(history, after=3) == {"events": [], "next": 3}


def test_a_kind_that_there_is_not_is_refused_and_those_there_are_named(history: History) -> None:
    [answer] = history_stream(history, ("reboot", "link", "module"))({"kind": "nonsense"})
    assert answer is not None
    assert answer["error"]["message"] == "the kinds are link, module, reboot"
    [answer] = history_stream(history, ("module",))({"kind": "module"})
    assert answer == {"events": [], "next": 3}


def test_what_happens_comes_as_it_happens(history: History) -> None:
    lines = history_stream(history)({"follow": True, "kind": "link"})
    assert [one["n"] for one in (next(lines) or {})["events"]] == [3]
    assert next(lines) is None
    history.noted(Noted("another", kind="reboot"))
    history.noted(Noted("link again", kind="link"))
    assert (next(lines) or {})["event"]["text"] == "link again"
    assert next(lines) is None


@pytest.mark.parametrize("wrong", [{"follow": 1}, {"after": -1}, {"after": True}, {"most": "3"}, {"kind": 3}])
def test_another_form_is_refused(history: History, wrong: dict[str, Any]) -> None:
    assert asked(history, **wrong)["error"]["code"] == "invalid_arguments"
