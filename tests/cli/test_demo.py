"""The demo is the product's promise: every step of the tour is proven, and it leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.waiting import HANGS

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("tour")  # of this worker: another's demo may be under way
    done = subprocess.run(
        [sys.executable, "-m", "agent", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(directory)},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert still_there(directory) == []
    return done.stdout


@pytest.mark.slow
def test_each_step_of_the_tour_is_announced_and_proven(tour: str) -> None:
    assert re.findall(r"^(\d)\. ", tour, re.MULTILINE) == [*"12345678"]
    assert len(re.findall(r"^✔ ", tour, re.MULTILINE)) == 9


def test_what_is_said_is_set_apart_from_what_is_proven(tour: str) -> None:
    assert len(re.findall(r"^    \S+  (CPE|ACS) ", tour, re.MULTILINE)) == len(re.findall(r"  (CPE →|ACS ←) ", tour))


def test_a_value_change_shows_the_value_that_came(tour: str) -> None:
    told = re.search(r"^✔ (Device.DeviceInfo.ProvisioningCode) = (DEMO-\w+), told", tour, re.MULTILINE)
    assert told is not None
    assert re.search(rf"CPE → Inform .* 4 VALUE CHANGE .*{told[1]}={told[2]}", tour)
    assert re.search(r"CPE → Inform .* 4 VALUE CHANGE .*IPv4Address\.1\.Status=Error", tour)


@contextmanager
def playing(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """The demo, its output through a pipe, with nothing of the environment that would unbuffer it."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(directory), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "agent", "demo"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        impatience = threading.Timer(30, process.kill)
        impatience.start()
        try:
            yield process
        finally:
            impatience.cancel()
            process.kill()


def read_until(process: "subprocess.Popen[str]", *marks: str) -> None:
    assert process.stdout is not None
    for mark in marks:
        assert any(mark in line for line in iter(process.stdout.readline, "")), f"{mark} was not shown"


def still_there(directory: Path) -> list[str]:
    """Processes that were started with this directory, and files in it."""
    found = [str(path) for path in directory.iterdir()]
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found += [text for text in each.read_text().split("\0") if str(directory) in text]
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    "marks",
    [
        ("1. First",),
        pytest.param(("→ Inform",), marks=pytest.mark.slow),
        pytest.param(("4. A change", "→ Inform"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_whenever_it_is_ended_it_leaves_nothing_behind(
    tmp_path: Path, marks: tuple[str, ...], number: signal.Signals
) -> None:
    with playing(tmp_path) as process:
        read_until(process, *marks)
        process.send_signal(number)
        process.communicate(timeout=HANGS)
    assert process.returncode == 128 + number
    assert still_there(tmp_path) == []


@pytest.mark.slow
def test_it_stays_until_it_is_told_and_a_pipe_shows_all_at_once(tmp_path: Path) -> None:
    with playing(tmp_path) as process:
        read_until(process, "Ctrl-C ends it.")
        assert still_there(tmp_path)
        process.terminate()
        process.communicate(timeout=HANGS)
    assert process.returncode == 0
    assert still_there(tmp_path) == []


def test_the_tree_that_is_read_is_this_machines(tour: str) -> None:
    total = next(line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)

    assert f"Device.DeviceInfo.MemoryStatus.Total = {total}" in tour


def test_the_conversation_can_be_read(tour: str) -> None:
    for words in (
        "CPE → Inform .* 0 BOOTSTRAP, 1 BOOT",
        "ACS ← SetParameterValues .*4 parameters: Device.DeviceInfo.UpTime=1",
        "CPE → Fault .* 9003",
        "Device.IP.Interface.1.Enable = 9001",
        "CPE → Inform .* 4 VALUE CHANGE",
        "CPE → Inform .* 6 CONNECTION REQUEST",
        "CPE → Inform .* 1 BOOT, .*M Reboot",
    ):
        assert re.search(words, tour), words


def test_no_secret_is_shown(tour: str) -> None:
    assert "ConnectionRequestPassword=***" in tour


def test_a_step_that_fails_is_told_and_makes_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nif 'run' in sys.argv:\n    sys.exit('no agent here')\n")
    impatient = (
        "import agent.cli.demo as d; d.PATIENCE = 1.0; from agent.cli import main; "
        "raise SystemExit(main.run(['demo', '--once']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", impatient],
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    assert done.returncode == 1
    assert "✘" in done.stdout
