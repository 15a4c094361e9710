"""The version, of the program and of the agent that runs."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from agent.version import VERSION
from tests.cli.scripted_agent import scripted_agent


def test_the_version_has_three_numbers() -> None:
    assert [part.isdecimal() for part in VERSION.split(".")] == [True, True, True]  # apk refuses anything else


@pytest.mark.parametrize("spelling", ["version", "--version"])
def test_no_agent_has_to_run(socket: Path, spelling: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([spelling]) == 0
    told = capsys.readouterr().out
    assert f"cpe-agent      {VERSION}\n" in told
    assert "running agent  none" in told


def test_the_running_agents_version_is_shown_beside_it(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"version": {"version": "0.0.9"}}):
        assert run(["version", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["running"]) == (VERSION, "0.0.9")
