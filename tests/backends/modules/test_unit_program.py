"""What a unit prints takes no place, stops nothing, and is there at the end."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.modules.unit_program import KEPT, UnitProgram
from tests.waiting import until


@pytest.fixture
def program(tmp_path: Path) -> Iterator[UnitProgram]:
    made = UnitProgram("unit", tmp_path / "units")
    yield made
    made.stop()


def script(place: Path, text: str) -> list[str]:
    file = place / "program"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return [str(file)]


def bytes_in(place: Path) -> int:
    return sum(file.stat().st_size for file in place.iterdir())


def command_of(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


FLOOD = "yes | head -c 3000000; echo that was all; exec sleep 613"


def test_a_flood_passes_also_when_the_agent_has_ended_and_leaves_last_words(
    program: UnitProgram, tmp_path: Path
) -> None:
    child = os.fork()
    if not child:
        program.start(script(tmp_path, f"sleep 0.3; {FLOOD}"))
        os._exit(0)
    os.waitpid(child, 0)
    process = program.pid()
    assert process is not None
    until(lambda: b"613" in command_of(process))
    assert bytes_in(tmp_path / "units") < KEPT
    program.stop()
    assert until(program.last_words).endswith("y that was all")
    assert bytes_in(tmp_path / "units") <= KEPT


def test_one_that_ends_at_once_is_an_error_with_its_last_words_though_a_child_of_it_lives(
    program: UnitProgram, tmp_path: Path
) -> None:
    with pytest.raises(MechanismError, match=r"ended at once \(exit status 3\): no such luck"):
        program.start(script(tmp_path, "sleep 2 & echo no such luck >&2; exit 3"))


def test_one_whose_start_a_kill_broke_off_is_known_by_its_pipe(program: UnitProgram, tmp_path: Path) -> None:
    arguments = script(tmp_path, "exec sleep 614")
    program.start(arguments)
    process = program.pid()
    known = tmp_path / "units/unit.pid"
    known.write_text(json.dumps({"pid": None, "started": None, "arguments": arguments}))
    assert UnitProgram("unit", tmp_path / "units").pid() == process


def test_one_whose_start_a_kill_broke_off_is_heard_all_the_same(
    program: UnitProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.programs.SETTLED", 60.0)
    begun, said = tmp_path / "begun", tmp_path / "said"
    text = f"touch {begun}; sleep 0.3; echo first; echo second && touch {said}; exec sleep 618"
    arguments = script(tmp_path, text)
    child = os.fork()
    if not child:
        program.start(arguments)
        os._exit(0)
    until(begun.exists)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    until(said.exists)
    until(lambda: b"618" in command_of(program.pid() or 0))
    program.stop()
    assert until(program.last_words) == "first second"


def test_what_heard_a_unit_is_waited_for(program: UnitProgram, tmp_path: Path) -> None:
    program.start(script(tmp_path, "exec sleep 615"))
    listener = program._listener
    program.stop()
    until(lambda: program.pid() is None and not Path(f"/proc/{listener}").exists())


def test_without_what_hears_it_a_unit_is_not_run(
    program: UnitProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.modules.unit_program.find_program", lambda _: None)
    with pytest.raises(Missing, match="tail is not installed"):
        program.start(script(tmp_path, "exec sleep 616"))
    assert program.pid() is None


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "units/unit.log").mkdir(parents=True)
    with pytest.raises(MechanismError, match=r"unit\.log"):
        UnitProgram("unit", tmp_path / "units").start(script(tmp_path, "exec sleep 617"))
