"""The verb modules."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.backends.signing import Signer
from tests.cli.scripted_agent import scripted_agent

SIGNER = Signer()

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


def test_a_directory_becomes_an_archive_that_a_device_believes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, manifest, signature, made = (tmp_path / name for name in ("tree", "m.json", "m.sig", "made"))
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/greet").write_text("#!/bin/sh\n")
    (folder / "bin/greet").chmod(0o755)
    who = ["--name", "greeter", "--vendor", "example.com", "--version", "2.0"]
    unit = ["--unit", "main=bin/greet 'hello world'", "--privileged", "main", "--by-hand", "main"]
    assert run(["modules", "manifest", str(folder), *who, *unit, "--requires", "parrot>=1.0"]) == 0
    manifest.write_text(capsys.readouterr().out)
    [told] = json.loads(manifest.read_text())["units"]
    assert (told["privileged"], told["auto_start"]) == (True, False)
    signature.write_bytes(SIGNER.usign(manifest.read_bytes()))
    assert run(["modules", "pack", str(folder), str(manifest), str(signature), "-o", str(made)]) == 0
    key = SIGNER.trusted_in(tmp_path / "keys")
    assert run(["modules", "check", str(made), "--key", str(key), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["units"], found["is_signed"]) == (
        "greeter", {"main": ["bin/greet", "hello world"]}, True,
    )  # fmt: skip
    assert run(["modules", "check", str(made)]) == 0
    assert "not looked at" in capsys.readouterr().out
    Signer("another", b"\x09" * 8).trusted_in(tmp_path / "others")
    assert run(["modules", "check", str(made), "--key", str(tmp_path / "others")]) == 1
    assert "by no key" in capsys.readouterr().err


def test_what_cannot_be_made_into_a_module_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    who = ["--name", "greeter", "--vendor", "example.com", "--version", "2.0"]
    assert run(["modules", "manifest", str(tmp_path), *who, "--unit", "main=bin/none"]) == 1
    assert "neither a program" in capsys.readouterr().err
    assert run(["modules", "manifest", str(tmp_path), *who, "--by-hand", "main"]) == 2
    assert "no --unit is called 'main'" in capsys.readouterr().err
    assert run(["modules", "pack", str(tmp_path), "/nowhere", "/nowhere", "-o", str(tmp_path / "x")]) == 1
    assert "No such file" in capsys.readouterr().err
