"""Units as processes of our own, and as transient services of systemd."""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.modules.runner import OwnRunner, SystemdRunner, runner_of
from tests.waiting import until


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that others may enter, unlike pytest's own."""
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="cpe-agent-module-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def program(folder: Path, text: str) -> str:
    file = folder / "program"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return "program"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_what_is_not_privileged_runs_as_nobody_without_a_way_to_more(folder: Path, tmp_path: Path) -> None:
    runner = OwnRunner(tmp_path)
    runner.start("it", (program(folder, "exec sleep 60"),), folder, is_privileged=False)
    found = until(lambda: runner.running("it"))
    try:
        status = Path(f"/proc/{found.processes[0]}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(fields["Uid"].split()) == set(fields["Gid"].split()) == {"65534"}
        assert fields["Groups"].split() == []
        assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
        assert fields["NoNewPrivs"] == "1"
        assert found.memory > 0
    finally:
        runner.stop("it", 3)
    assert runner.running("it") is None


def test_all_that_a_unit_has_started_ends_with_it(folder: Path, tmp_path: Path) -> None:
    runner = OwnRunner(tmp_path)
    runner.start("it", (program(folder, "trap '' TERM\nsleep 61 &\nsleep 62"),), folder, is_privileged=True)
    found = until(lambda: (one := runner.running("it")) and len(one.processes) == 3 and one)
    begun = time.monotonic()
    runner.stop("it", 1)
    assert time.monotonic() - begun >= 1  # it was asked first
    until(lambda: not any(is_alive(process) for process in found.processes))


def test_what_has_left_the_session_of_a_unit_ends_with_it(folder: Path, tmp_path: Path) -> None:
    runner, pid = OwnRunner(tmp_path), tmp_path / "pid"
    text = f"setsid sh -c 'echo $$ > {pid}; exec sleep 63' &\nexec sleep 64"
    runner.start("it", (program(folder, text),), folder, is_privileged=True)
    runner.start("other", (program(folder, "exec sleep 65"),), folder, is_privileged=True)
    process = int(until(lambda: pid.exists() and pid.read_text()))
    assert is_alive(process)
    OwnRunner(tmp_path).stop("it", 1)
    until(lambda: not is_alive(process))
    assert runner.running("other")
    runner.stop("other", 1)


def test_the_unit_of_the_same_name_of_another_agent_runs_on(folder: Path, tmp_path: Path) -> None:
    mine, other = OwnRunner(tmp_path / "mine"), OwnRunner(tmp_path / "other")
    arguments = (program(folder, "exec sleep 68"),)
    other.start("it", arguments, folder, is_privileged=True)
    try:
        mine.start("it", arguments, folder, is_privileged=True)
        mine.stop("it", 1)
        assert (mine.running("it"), bool(other.running("it"))) == (None, True)
    finally:
        other.stop("it", 1)


def test_what_a_unit_leaves_behind_that_ends_at_once_ends_too(folder: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with pytest.raises(MechanismError, match="ended at once"):
        OwnRunner(tmp_path).start(
            "it", (program(folder, f"setsid sleep 66 & echo $! > {pid}"),), folder, is_privileged=True
        )
    until(lambda: not is_alive(int(pid.read_text())))


def is_alive(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def test_one_that_ends_at_once_is_an_error_with_its_last_words(folder: Path, tmp_path: Path) -> None:
    runner = OwnRunner(tmp_path)
    with pytest.raises(MechanismError, match="no such luck"):
        runner.start("it", (program(folder, "echo no such luck; exit 3"),), folder, is_privileged=True)
    assert runner.running("it") is None


def systemd(root: Path, asked: list[tuple[str, ...]]) -> SystemdRunner:
    def start(arguments: tuple[str, ...], **_: object) -> str:
        asked.append(tuple(arguments))
        return ""

    return SystemdRunner(root, start, lambda: time.time() + 5)


def test_systemd_is_asked_for_a_service_with_a_user_of_its_own(tmp_path: Path) -> None:
    asked: list[tuple[str, ...]] = []
    runner = systemd(tmp_path, asked)
    runner.start("greeter.main", ("bin/greet", "--loud"), Path("/modules/greeter-1"), is_privileged=False)
    words = asked[-2]
    assert words[:2] == ("systemd-run", "--unit=cpe-agent-module-greeter.main.service")
    assert "--property=DynamicUser=yes" in words
    assert words[-3:] == ("--", "/modules/greeter-1/bin/greet", "--loud")
    runner.start("greeter.main", ("/bin/true",), Path("/"), is_privileged=True)
    assert "--property=DynamicUser=yes" not in asked[-2]
    runner.stop("greeter.main", 10)
    assert "stop" not in asked[-1]  # nothing runs: nothing is stopped


def test_what_ends_at_once_under_systemd_is_an_error_with_its_exit_status(tmp_path: Path) -> None:
    def start(arguments: tuple[str, ...], **_: object) -> str:
        return "ExecMainStatus=3\nActiveState=failed\n" if arguments[:2] == ("systemctl", "show") else ""

    with pytest.raises(MechanismError, match=r"ended at once \(status 3\): see journalctl -u"):
        SystemdRunner(tmp_path, start).start("greeter.main", ("/bin/false",), Path("/"), is_privileged=True)


def test_what_runs_under_systemd_is_in_its_cgroup(tmp_path: Path) -> None:
    asked: list[tuple[str, ...]] = []
    runner = systemd(tmp_path, asked)
    group = tmp_path / "sys/fs/cgroup/system.slice/cpe-agent-module-greeter.main.service"
    group.mkdir(parents=True)
    (group / "cgroup.procs").write_text("12\n34\n")
    (group / "memory.current").write_text("2048\n")
    found = runner.running("greeter.main")
    assert found is not None
    assert (found.processes, found.memory) == ((12, 34), 2)
    assert 5 <= found.seconds < 3600
    runner.stop("greeter.main", 10)
    assert asked == [("systemctl", "stop", "cpe-agent-module-greeter.main.service")]
    assert stat.S_ISDIR(group.stat().st_mode)


def test_the_runner_is_systemds_where_that_is_at_work(tmp_path: Path) -> None:
    assert isinstance(runner_of(tmp_path, tmp_path), OwnRunner)
