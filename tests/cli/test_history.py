"""history: what happened, as people and programs read it."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from agent.runtime.history import History
from agent.runtime.history_stream import history_stream
from tests.cli.scripted_agent import scripted_agent
from tests.runtime.test_history import Noted


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History(tmp_path / "history", str)
    made.noted(Noted("the system has started anew", kind="reboot", time=None))
    made.noted(Noted("refused: wrong\x1b[2J digest", about="3 Vendor", fields={"code": 9018, "command_key": "k1"}))
    return made


def test_the_history_is_a_list_with_the_newest_at_the_bottom(
    socket: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, {}, {"history": history_stream(history)}):
        assert run(["history"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "-                    reboot       the system has started anew",
        "2027-01-15 08:00:00  transfer     refused: wrong\\x1b[2J digest  3 Vendor  code=9018  command_key=k1",
    ]


def test_programs_get_one_document_and_what_they_ask_for(
    socket: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, {}, {"history": history_stream(history)}):
        assert run(["history", "--json", "--kind", "transfer", "-n", "5"]) == 0
        assert run(["history", "--kind", "module"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert [one["n"] for one in json.loads(first)["events"]] == [2]
    assert second == "nothing of the kind module"


def test_none_of_what_was_noted_may_be_asked_for_and_is_not_said_to_be_missing(
    socket: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, {}, {"history": history_stream(history)}):
        assert run(["history", "-n", "0"]) == 0
        assert run(["history", "-n", "0", "--json"]) == 0
    [document] = capsys.readouterr().out.splitlines()
    assert json.loads(document)["events"] == []
