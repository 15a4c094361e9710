"""The demo is the product's promise: every step of the tour is proven, and it leaves nothing behind."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def demo(*arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "agent", "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd)


def left_behind() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("cpe-agent-demo-*"))


@pytest.fixture(scope="module")
def tour() -> str:
    before = left_behind()
    done = demo("--once")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert left_behind() <= before
    return done.stdout


def test_each_step_of_the_tour_is_announced_and_proven(tour: str) -> None:
    assert re.findall(r"^(\d)\. ", tour, re.MULTILINE) == [*"12345678"]
    assert len(re.findall(r"^✔ ", tour, re.MULTILINE)) == 9


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
        timeout=60,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    assert done.returncode == 1
    assert "✘" in done.stdout
