"""The verb modules."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

NOTHING = {
    "schema": 1,
    "environments": [{"name": "archives", "type": "signed", "status": "Up", "disk_kib": 2048}],
    "deployment_units": [], "execution_units": [], "orders": [],
}  # fmt: skip
EVERYTHING = {
    **NOTHING,
    "deployment_units": [
        {"path": "Device.SoftwareModules.DeploymentUnit.1", "uuid": "u-1", "name": "greeter", "vendor": "example.com",
         "version": "1.0", "environment": "archives", "status": "Installed", "resolved": False}
    ],
    "execution_units": [
        {"euid": "archives/greeter/main", "deployment_unit": "u-1", "name": "main", "status": "Idle",
         "auto_start": True, "fault": "FailureOnStart", "message": "no \x1b[2J luck"}
    ],
    "orders": [
        {"command_key": "k", "operations": [{"operation": "Install", "uuid": "", "state": "done", "code": 9018}]}
    ],
}  # fmt: skip


def test_it_says_when_there_is_nothing(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"modules": NOTHING}) as asked:
        assert run(["modules"]) == 0
    assert asked == [("modules", {})]
    out = capsys.readouterr().out
    assert "archives     Up      2 MiB  signed" in out
    assert "no module is deployed" in out


def test_modules_units_and_orders_are_tables_that_touch_no_terminal(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, {"modules": EVERYTHING}):
        assert run(["modules"]) == 0
    out = capsys.readouterr().out
    assert "greeter  1.0      Installed, unresolved  archives     u-1" in out
    assert "FailureOnStart: no \\x1b[2J luck" in out
    assert "ordered by the ACS 'k'" in out
    assert "9018" in out


def test_as_json_it_is_the_agents_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"modules": EVERYTHING}):
        assert run(["modules", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == EVERYTHING
