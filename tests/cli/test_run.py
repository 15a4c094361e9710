"""The verb run, as far as it goes before the agent itself: what keeps the agent from starting is told, with 2 or 1."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent.cli.main import run
from agent.runtime.unix_listener import listen
from tests.waiting import HANGS, until

ROOT = Path(__file__).parent.parent.parent


def test_settings_that_are_wrong_end_with_2_and_every_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[acs]\nurl = 3\n[inform]\ninterval = 0\n")
    assert run(["run", "--config", str(file), "--state-dir", str(tmp_path / "state")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith(f"{file}:{number}: ") for line, number in zip(lines, (2, 4), strict=True)] == [True, True]
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "place", ["/etc/passwd", *(pytest.param(one, marks=pytest.mark.slow) for one in ("/etc/passwd/x", "/proc/x"))]
)
def test_a_state_directory_that_cannot_be_one_ends_with_2_and_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f"\n[state]\ndirectory = '{place}'\n")
    assert run(["run", "--config", str(file)]) == 2
    told = capsys.readouterr().err
    assert f"{file}:3: [state] directory: {place}: " in told
    assert "; it must be a directory, or a place where one can be made" in told
    assert run(["run", "--config", str(file), "--state-dir", place]) == 2
    assert f"--state-dir: {place}: " in capsys.readouterr().err


def test_a_reload_that_comes_before_it_serves_does_not_end_it(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[connection_request]\nport = 0\n[discovery]\nenable = false\n")
    command = [sys.executable, "-m", "agent", "run", "--config", str(file), "--state-dir", str(tmp_path / "state")]
    agent = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: ignores_hangup(agent.pid))
        agent.send_signal(signal.SIGHUP)
        said = agent.stderr
        assert said is not None
        until(lambda: " runs; ACS " in said.readline())
    finally:
        agent.terminate()
        agent.communicate(timeout=HANGS)


def ignores_hangup(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    [ignored] = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigIgn:")]
    return bool(ignored & 1 << signal.SIGHUP - 1)


def test_settings_are_checked_without_a_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[inform]\ninterval = 600\n")
    assert run(["run", "--check", "--config", str(file)]) == 0
    assert "the settings can be used" in capsys.readouterr().out
    file.write_text("[inform]\ninterval = soon\n")
    assert run(["run", "--check", "--config", str(file)]) == 2
    assert f"{file}:2" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [file]


def test_a_second_agent_ends_with_1_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[connection_request]\nport = 0\n")
    with listen(tmp_path / "control.sock", 4):
        assert run(["run", "--config", str(file), "--state-dir", str(tmp_path)]) == 1
    assert "another agent answers on" in capsys.readouterr().err


def test_a_state_directory_out_of_reach_ends_with_1_and_the_next_step() -> None:
    """/proc refuses new directories to root as well, so that this says the same for every user."""
    command = [sys.executable, "-m", "agent", "run", "--state-dir", "/proc/1/task/1/fdinfo/x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=HANGS)
    assert done.returncode == 1
    assert "next: run it as root, or give it a --state-dir of its own" in done.stderr
