"""The page's side of the verb setup: a code for its first visit, and forgetting its password."""

from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent


def asked(tmp_path: Path, answers: dict[str, dict[str, Any]], *arguments: str) -> tuple[int, list[str]]:
    with scripted_agent(tmp_path / "s", answers) as seen:
        return run(["setup", *arguments, "--socket", str(tmp_path / "s")]), [verb for verb, _ in seen]


def test_a_code_is_shown_with_where_to_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"code": "ABCDE-FGHJK", "seconds": 900.0, "urls": ["http://192.168.1.1:8080/"]}
    assert asked(tmp_path, {"page_code": told}, "--code") == (0, ["page_code"])
    assert capsys.readouterr().out.splitlines() == [
        "ABCDE-FGHJK  (once, within 15 minutes)", "http://192.168.1.1:8080/",
    ]  # fmt: skip


def test_the_password_is_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(tmp_path, {"page_forget": {"forgotten": True}}, "--forget-password") == (0, ["page_forget"])
    assert "next: cpe-agent setup --code" in capsys.readouterr().out


def test_a_page_that_is_off_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off = {"error": {"code": "no_page", "message": "the page is switched off", "next": "see [web]"}}
    assert asked(tmp_path, {"page_code": off}, "--code", "--json")[0] == 1
    assert "the page is switched off" in capsys.readouterr().out


def test_why_it_is_served_on_this_machine_only_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"code": "A", "seconds": 900.0, "urls": ["http://127.0.0.1:8080/"], "left_out": {"lan0": "it is a tunnel"}}
    assert asked(tmp_path, {"page_code": told}, "--code")[0] == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "not on lan0: it is a tunnel",
        "  next: [web] interfaces in the settings file names the links where it is to be served",
    ]
