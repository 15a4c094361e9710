"""The archive on disk: whole or not at all, for its owner only, and never over another file."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.runtime.control import error
from tests.cli.scripted_agent import scripted_agent

WHOLE = [
    {"data": base64.b64encode(b"first ").decode()},
    {"data": base64.b64encode(b"second").decode()},
    {"name": "cpe-agent-support-1.tar.gz", "bytes": 12, "left_out": ["discover: not\x1b[2J there"]},
]


def agent(socket: Path, lines: list[Any]) -> Any:
    return scripted_agent(socket, {}, {"support_bundle": lambda arguments: iter(lines)})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_it_is_written_under_its_own_name_or_the_one_that_is_asked_for(
    socket: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(socket, WHOLE):
        assert run(["support-bundle"]) == 0
        out = capsys.readouterr().out
        assert run(["support-bundle", "mine.tar.gz", "--json"]) == 0
    assert out.splitlines()[:2] == ["cpe-agent-support-1.tar.gz: 12 bytes", "  without discover: not\\x1b[2J there"]
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["bytes"]) == (str(here / "mine.tar.gz"), 12)
    assert {file.name: file.read_bytes() for file in here.iterdir()} == dict.fromkeys(
        ("cpe-agent-support-1.tar.gz", "mine.tar.gz"), b"first second"
    )
    assert (here / "mine.tar.gz").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("arguments", [[], ["cpe-agent-support-1.tar.gz"]])
def test_a_file_that_is_there_stays(arguments: list[str], socket: Path, here: Path) -> None:
    (here / "cpe-agent-support-1.tar.gz").write_bytes(b"mine")
    with agent(socket, WHOLE):
        assert run(["support-bundle", *arguments]) == 2
    assert [(file.name, file.read_bytes()) for file in here.iterdir()] == [("cpe-agent-support-1.tar.gz", b"mine")]


@pytest.mark.parametrize("lines", [WHOLE[:1], [WHOLE[0], WHOLE[2]], [error("busy", "another one", "again")]])
def test_half_a_bundle_is_none(lines: list[Any], socket: Path, here: Path) -> None:
    with agent(socket, lines):
        assert run(["support-bundle"]) == 1
    assert list(here.iterdir()) == []


def test_without_an_agent_nothing_is_left_behind(socket: Path, here: Path) -> None:
    assert run(["support-bundle"]) == 3
    assert list(here.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_told(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(socket, WHOLE):
        assert run(["support-bundle", "/nosuch/place.tar.gz"]) == 1
    assert "No such file or directory" in capsys.readouterr().err
