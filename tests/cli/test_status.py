"""The status screen."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from agent.cli.status import lines
from tests.cli.scripted_agent import scripted_agent

STATUS = {
    "schema": 1,
    "acs": {"url": "https://acs.example.net/", "state": "reachable", "last_session": None, "failed_attempts": 0},
    "connection_request": {"port": 7547, "is_open": True},
    "pending": {"events": ["1 BOOT", "M Reboot"]},
}


def test_each_part_has_a_heading_and_its_facts_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert list(lines(STATUS)) == [
        "acs",
        "  url              https://acs.example.net/",
        "  state            reachable",
        "  last session     -",
        "  failed attempts  0",
        "connection request",
        "  port             7547",
        "  is open          yes",
        "pending",
        "  events           1 BOOT, M Reboot",
    ]


def test_what_a_later_agent_adds_is_shown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert list(lines({"usp": {"state": {"mqtt_broker": "up"}}})) == ["usp", "  state  mqtt broker up"]


def test_the_verb_shows_it(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"status": STATUS}) as asked:
        assert run(["status"]) == 0
    assert asked == [("status", {})]
    assert "https://acs.example.net/" in capsys.readouterr().out


def test_as_json_it_is_the_agents_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"status": STATUS}):
        assert run(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == STATUS
