"""The doctor's findings as people and programs see them."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

WELL = {"name": "ACS", "ok": True, "what": "https://acs.example.net/: reachable", "next": ""}
ILL = {"name": "clock", "ok": False, "what": "nothing keeps\x1b[2J the clock right", "next": "let chrony run"}


def test_each_check_is_a_line_with_its_next_step(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"doctor": {"schema": 1, "checks": [WELL, ILL]}}) as asked:
        assert run(["doctor"]) == 1
    assert asked == [("doctor", {})]
    assert capsys.readouterr().out.splitlines() == [
        "✔ ACS: https://acs.example.net/: reachable",
        "✘ clock: nothing keeps\\x1b[2J the clock right",
        "  next: let chrony run",
    ]


def test_a_healthy_device_ends_with_0_and_json_is_the_agents(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"doctor": {"schema": 1, "checks": [WELL]}}):
        assert run(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "checks": [WELL]}
