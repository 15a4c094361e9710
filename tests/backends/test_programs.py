"""Daemons of the agent's own run, are found again by another run of the agent, and end."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.programs import LONGEST_OUTPUT, Program, find_program
from tests.waiting import until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program("sleeper", tmp_path / "services")
    yield made
    made.stop()


def test_a_started_program_runs_until_it_is_stopped(program: Program) -> None:
    program.start(SLEEPER)
    process = program.pid()
    assert process is not None
    assert program.is_running()
    assert program.started_with() == tuple(SLEEPER)
    program.stop()
    assert not program.is_running()
    assert not Path(f"/proc/{process}").exists()


def test_another_run_of_the_agent_finds_it(program: Program, tmp_path: Path) -> None:
    program.start(SLEEPER)
    again = Program("sleeper", tmp_path / "services")
    assert again.pid() == program.pid()
    again.stop()
    assert not program.is_running()


def test_one_that_was_started_by_an_agent_that_was_killed_over_it_is_found(program: Program, tmp_path: Path) -> None:
    own = [*SLEEPER, str(tmp_path)]
    program.start(own)
    process = program.pid()
    known = tmp_path / "services" / "sleeper.pid"
    cut_off = {"pid": None, "started": None, "arguments": own}
    known.write_text(json.dumps(cut_off))
    again = Program("sleeper", tmp_path / "services")
    assert again.pid() == process
    again.stop()
    known.write_text(json.dumps(cut_off))
    assert again.pid() is None
    assert not known.exists()


def test_a_stranger_with_the_same_process_id_is_left_alone(program: Program, tmp_path: Path) -> None:
    program.start(SLEEPER)
    known = tmp_path / "services" / "sleeper.pid"
    process = program.pid()
    known.write_text(known.read_text().replace(str(process), str(os.getpid()), 1))
    assert program.pid() is None
    program.stop()
    assert process is not None
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def test_a_program_that_ends_at_once_says_why(program: Program) -> None:
    with pytest.raises(MechanismError, match="line 3: what is this"):
        program.start(["/bin/sh", "-c", "echo 'line 3: what is this' >&2; exit 1"])
    assert not program.is_running()


@pytest.mark.parametrize(("last", "how"), [("exit 3", r"\(exit status 3\)"), ("kill -9 $$", r"\(signal 9\)")])
def test_how_a_program_ended_is_said_where_it_has_no_last_words(program: Program, last: str, how: str) -> None:
    with pytest.raises(MechanismError, match=f"ended at once {how}$"):
        program.start(["/bin/sh", "-c", last])


def test_of_a_program_that_ends_at_once_nothing_is_left(program: Program) -> None:
    """It ends before it was looked at, while that is done, or after: twenty starts meet each of them."""
    false = find_program("false")
    assert false is not None
    for _ in range(20):
        with pytest.raises(MechanismError, match="ended at once"):
            program.start([str(false)])
    assert not [line for line in _children() if "(false) Z" in line]


def _children() -> Iterator[str]:
    """/proc/PID/stat of each child of this process."""
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (directory / "stat").read_text()
            if int(line.rpartition(")")[2].split()[1]) == os.getpid():
                yield line


def test_a_program_that_is_not_ready_in_time_is_ended(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.programs.PATIENCE", 0.1)
    with pytest.raises(MechanismError, match="not ready"):
        program.start(SLEEPER, lambda: False)
    assert not program.is_running()


def test_a_program_that_is_not_installed_is_missing(program: Program) -> None:
    with pytest.raises(Missing):
        program.start(["/nonexistent/daemon"])


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    program = Program("sleeper", tmp_path / "file" / "services")
    with pytest.raises(MechanismError, match="Not a directory"):
        program.start(SLEEPER)


def test_it_starts_with_a_clean_environment(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    seen = tmp_path / "seen"
    script = f"import os, time; open({str(seen)!r}, 'w').write(' '.join(os.environ)); time.sleep(60)"
    program.start([sys.executable, "-c", script], lambda: seen.exists() and bool(seen.read_text()))
    assert "NOTIFY_SOCKET" not in seen.read_text().split()


def test_a_crash_is_noticed_and_a_new_start_replaces_what_runs(program: Program) -> None:
    program.start(SLEEPER)
    first = program.pid()
    program.start(SLEEPER)
    assert program.pid() != first
    program.signal(signal.SIGKILL)
    until(lambda: not program.is_running())
    assert program.started_with() == ()


def test_what_it_prints_does_not_fill_the_memory(program: Program, tmp_path: Path) -> None:
    program.start(SLEEPER)
    output = tmp_path / "services" / "sleeper.log"
    output.write_bytes(b"x" * (LONGEST_OUTPUT + 1))
    assert program.is_running()
    assert output.stat().st_size == 0


def test_a_broken_note_about_a_program_is_no_program(program: Program, tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    for text in ("", "[]", "{", '{"pid": 1}'):
        (tmp_path / "services" / "sleeper.pid").write_text(text)
        assert program.pid() is None


def test_programs_are_found_where_daemons_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = tmp_path / "cpe-agent-test-daemon"
    daemon.write_text("")
    daemon.chmod(0o755)
    monkeypatch.setattr("backends.programs.PLACES", (str(tmp_path),))
    assert find_program("cpe-agent-test-daemon") == daemon
    assert find_program("cpe-agent-no-such-daemon") is None


def test_one_that_shows_another_text_than_its_arguments_is_found_by_where_it_writes(
    program: Program, tmp_path: Path
) -> None:
    program.start(["perl", "-e", '$0 = "asleep"; system("sleep 0"); sleep 60'])
    process = program.pid()
    known = tmp_path / "services" / "sleeper.pid"
    cut_off = {"pid": None, "started": None, "arguments": ["perl", str(tmp_path)]}
    known.write_text(json.dumps(cut_off))
    again = Program("sleeper", tmp_path / "services")
    assert again.pid() == process
    again.stop()
    known.write_text(json.dumps(cut_off))
    assert again.pid() is None


@pytest.mark.parametrize("survives", [True, False])
def test_a_broken_pipe_ends_only_one_that_does_not_ask_otherwise(program: Program, survives: bool) -> None:
    program.start(["sleep", "60"], survives_broken_pipes=survives)
    process = program.pid()
    assert process is not None
    os.kill(process, signal.SIGPIPE)
    until(lambda: program.is_running() == survives)
