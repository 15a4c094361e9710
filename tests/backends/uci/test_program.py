"""What is the device's own program's alone: what it is given, and what becomes of a batch that it does not take."""

import fcntl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing, TimedOut
from backends.uci import ChangedMeanwhile, Places, ProgramUci, program
from tests.backend_contract.uci_machines import PROGRAMS, Machine
from tests.waiting import PATIENCE

TEXT = "# a comment\nconfig t 's'\n\toption x '1'\n"


@pytest.fixture(params=PROGRAMS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(request.param, tmp_path)
    made.put(TEXT)
    yield made
    made.close()


def test_it_is_the_program_that_writes(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    edits.prepare()
    assert (machine.places.own / machine.name).read_text() == f"{machine.name}.s.x='2'\n"
    edits.commit()
    assert machine.text() == "\nconfig t 's'\n\toption x '2'\n\n"
    assert not (machine.places.own / machine.name).exists()


def test_where_a_person_has_staged_something_comments_stay_too(machine: Machine) -> None:
    machine.person_stages("s.y", "theirs")
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    edits.commit()
    assert machine.text() == TEXT.replace("'1'", "'2'")


def test_what_an_agent_that_was_killed_had_staged_is_not_committed(machine: Machine) -> None:
    machine.places.own.mkdir(parents=True)
    (machine.places.own / machine.name).write_text(f"{machine.name}.s.old='1'\n")
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    edits.commit()
    assert machine.another().read(machine.name).sections[0].options == {"x": "2"}


def test_a_lock_held_by_a_person_is_waited_for(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    edits.prepare()
    with (machine.places.config / machine.name).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=edits.commit)
        thread.start()
        time.sleep(0.2)
        assert machine.text() == TEXT
    thread.join(PATIENCE)
    assert machine.another().read(machine.name).sections[0].options == {"x": "2"}


def test_a_lock_that_is_never_given_back_is_an_error(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "PATIENCE", 0.05)
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    with (machine.places.config / machine.name).open("r+") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TimedOut, match="locked"):
            edits.commit()
    assert machine.text() == TEXT


@pytest.fixture
def stood_in(tmp_path: Path) -> Iterator[Machine]:
    made = Machine("stand-in", tmp_path)
    made.put(TEXT)
    yield made
    made.close()


def script(directory: Path, text: str) -> str:
    made = directory / "uci"
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    return str(made)


def test_a_program_that_complains_of_a_batch_commits_nothing(stood_in: Machine, tmp_path: Path) -> None:
    honest = str(tmp_path / "uci")
    (tmp_path / "bad").mkdir()
    picky = script(
        tmp_path / "bad", f'case "$*" in *batch) echo "uci: Invalid argument" >&2;; *) exec {honest} "$@";; esac'
    )
    edits = ProgramUci(stood_in.places, picky).edit()
    edits.set(stood_in.name, "s", "x", "2")
    with pytest.raises(MechanismError, match="Invalid argument"):
        edits.commit()
    assert stood_in.text() == TEXT


@pytest.mark.slow
def test_a_commit_that_does_not_end_is_tried_again_and_given_up(
    stood_in: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "SECONDS", 1.0)
    monkeypatch.setattr(program, "TRIES", 2)
    (tmp_path / "bad").mkdir()
    tries = tmp_path / "tries"
    stuck = script(
        tmp_path / "bad", f'case "$*" in *" commit "*) echo >> {tries}; exec sleep 60;; *) cat > /dev/null;; esac'
    )
    edits = ProgramUci(stood_in.places, stuck).edit()
    edits.set(stood_in.name, "s", "x", "2")
    with pytest.raises(TimedOut, match="did not commit"):
        edits.commit()
    assert tries.read_text().count("\n") == 2
    assert stood_in.text() == TEXT
    assert not (stood_in.places.own / stood_in.name).exists()


def test_a_program_that_commits_nothing_silently_is_caught(stood_in: Machine, tmp_path: Path) -> None:
    """As ``uci -P`` does."""
    honest = str(tmp_path / "uci")
    (tmp_path / "bad").mkdir()
    lazy = script(tmp_path / "bad", f'case "$*" in *" commit "*) ;; *) exec {honest} "$@";; esac')
    edits = ProgramUci(stood_in.places, lazy).edit()
    edits.set(stood_in.name, "s", "x", "2")
    with pytest.raises(MechanismError, match="something else"):
        edits.commit()
    assert stood_in.text() == TEXT


def test_what_cannot_be_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="not installed"):
        ProgramUci(program="no-such-uci")
    with pytest.raises(MechanismError, match="no dot"):
        ProgramUci(replace(Places.under(tmp_path), config=tmp_path / "a.b"), script(tmp_path, "true"))


def test_a_file_written_meanwhile_is_left_alone(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "s", "x", "2")
    machine.put("config t 'theirs'\n")
    with pytest.raises(ChangedMeanwhile):
        edits.commit()
    assert machine.text() == "config t 'theirs'\n"
