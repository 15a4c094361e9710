"""Programs that do one thing: what they print, how they fail, and that no shell ever reads their arguments."""

import os
import signal
import time
from pathlib import Path

import pytest

from backends.commands import run
from backends.errors import MechanismError, Missing, TimedOut


def test_what_a_program_prints_is_told() -> None:
    assert run(("printf", "%s|", "a b", "$(id)", "'")) == "a b|$(id)|'|"


def test_a_secret_goes_in_by_standard_input() -> None:
    assert run(("cat",), given="user:secret\n") == "user:secret\n"


def test_its_last_words_say_why_it_failed() -> None:
    with pytest.raises(MechanismError, match=r"ls ended with status 2: .*ls: cannot access '/nowhere'"):
        run(("ls", "/nowhere"))
    with pytest.raises(MechanismError, match=r"/nowhere.*/nothing"):
        run(("ls", "/nowhere", "/nothing"), lines=2)


def test_a_program_that_is_not_there_is_missing() -> None:
    with pytest.raises(Missing, match="no-such-program is not installed"):
        run(("no-such-program",))


def test_an_argument_that_no_program_can_be_given_is_an_answer() -> None:
    with pytest.raises(MechanismError):
        run(("printf", "a\0b"))


def test_it_is_waited_for_no_longer_than_allowed() -> None:
    begun = time.monotonic()
    with pytest.raises(TimedOut, match="sleep did not end within"):
        run(("sleep", "5"), seconds=0.05)
    assert time.monotonic() - begun < 10


def test_it_is_given_no_environment_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    assert "SECRET" not in run(("env",))
    assert Path("/usr/sbin").name in run(("env",))


def test_daemons_that_a_script_leaves_behind_are_not_waited_for(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho begun\nsleep 60 &\necho $! > {tmp_path}/daemon\nexit ${{1:-0}}\n")
    script.chmod(0o755)
    for status in ("0", "3"):
        before = time.monotonic()
        if status == "0":
            assert run((str(script), status), seconds=30, leaves_daemons=True) == "begun\n"
        else:
            with pytest.raises(MechanismError, match="status 3: begun"):
                run((str(script), status), seconds=30, leaves_daemons=True)
        assert time.monotonic() - before < 20
        os.kill(int((tmp_path / "daemon").read_text()), signal.SIGTERM)
