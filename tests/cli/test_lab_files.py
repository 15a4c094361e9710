"""The verbs of lab about files, against a running lab ACS."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.lab.acs import LabAcs
from tests.lab.cpe import Cpe, envelope, inform

Run = Callable[..., tuple[int, str]]
COMPLETE = (
    "<c:TransferComplete><CommandKey>{}</CommandKey><FaultStruct><FaultCode>{}</FaultCode><FaultString>{}</FaultString>"
    "</FaultStruct><StartTime>2026-03-01T12:00:00Z</StartTime><CompleteTime>2026-03-01T12:01:00Z</CompleteTime>"
    "</c:TransferComplete>"
)


RESULT = (
    "<UUID>{}</UUID><DeploymentUnitRef>Device.X</DeploymentUnitRef><Version>{}</Version>"
    "<CurrentState>{}</CurrentState><Resolved>1</Resolved><ExecutionUnitRefList></ExecutionUnitRefList>"
    "<StartTime>2026-03-01T12:00:00Z</StartTime><CompleteTime>2026-03-01T12:01:00Z</CompleteTime>"
    "<Fault><FaultCode>{}</FaultCode><FaultString>{}</FaultString></Fault>"
)
CHANGED = (
    f"<c:DUStateChangeComplete><Results>{RESULT}</Results><Results>{RESULT}</Results>"
    "<CommandKey>units</CommandKey></c:DUStateChangeComplete>"
)
BY_ITSELF = (
    f"<c:AutonomousDUStateChangeComplete><Results>{RESULT}<OperationPerformed>Uninstall</OperationPerformed>"
    "</Results></c:AutonomousDUStateChangeComplete>"
)


@pytest.fixture
def acs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LabAcs]:
    monkeypatch.setenv("NO_COLOR", "1")
    with LabAcs(data=tmp_path) as running:
        monkeypatch.setenv("CPE_AGENT_LAB", running.url)
        yield running


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ask(*arguments: str) -> tuple[int, str]:
        status = main.run(["lab", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return ask


def test_the_files_are_listed(acs: LabAcs, run: Run, tmp_path: Path) -> None:
    assert "no files" in run("files")[1]
    (tmp_path / "new.bin").write_bytes(b"12345")
    assert run("files") == (0, "file     bytes\nnew.bin  5\n")
    assert json.loads(run("files", "--json")[1])["files"] == [{"name": "new.bin", "size": 5}]


def test_what_a_device_has_told_of_its_transfers_is_shown(acs: LabAcs, run: Run) -> None:
    with Cpe(acs.port) as cpe:
        cpe.post(inform("7 TRANSFER COMPLETE"))
        assert "no transfer" in run("transfers", "-")[1]
        cpe.post(envelope(COMPLETE.format("good", 0, "")))
        cpe.post(envelope(COMPLETE.format("bad", 9016, "it is not there")))
        assert acs.wait_for_transfer("bad", timeout=5).fault_code == 9016
    assert run("transfers", "-")[1].splitlines() == [
        "session 1  TransferComplete  good  2026-03-01T12:00:00Z to 2026-03-01T12:01:00Z",
        "session 1  TransferComplete  bad  9016 it is not there",
    ]
    [good, _] = json.loads(run("transfers", "-", "--json")[1])["told"]
    assert good["content"]["command_key"] == "good"


def test_what_became_of_each_deployment_unit_is_shown(acs: LabAcs, run: Run) -> None:
    with Cpe(acs.port) as cpe:
        cpe.post(inform("11 DU STATE CHANGE COMPLETE"))
        good, bad = ("u-1", "1.0", "Installed", 0, ""), ("u-2", "2.0", "Failed", 9026, "it is there already")
        cpe.post(envelope(CHANGED.format(*good, *bad)))
        cpe.post(envelope(BY_ITSELF.format("u-1", "1.0", "Uninstalled", 0, "")))
    assert run("transfers", "-")[1].splitlines() == [
        "session 1  DUStateChangeComplete  units",
        "    u-1  1.0  Installed  2026-03-01T12:00:00Z to 2026-03-01T12:01:00Z",
        "    u-2  2.0  Failed  9026 it is there already",
        "session 1  AutonomousDUStateChangeComplete",
        "    Uninstall  u-1  1.0  Uninstalled  2026-03-01T12:00:00Z to 2026-03-01T12:01:00Z",
    ]
