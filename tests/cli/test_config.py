"""config: a file is written, looked at and restored by people."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.config import LARGEST
from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

TOLD = {
    "status": 0,
    "about": {"made": "2026-11-22T18:00:00Z", "product_class": "Box", "serial_number": "1"},
    "changes": [
        {"path": "Device.A", "before": "1", "after": ""},
        {"path": "Device.B", "before": None, "after": None, "secret": "new"},
        {"path": "Device.C", "before": "x", "after": None},
    ],
    "more_changes": 0,
    "secrets": {"opened": 1, "kept": 0, "missing": ["wifi AccessPoint +1 passphrase"]},
}


def test_a_backup_is_a_file_for_its_owner_alone(socket: Path, tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "b.json"
    with scripted_agent(socket, {"config": {"content": "{}\n"}}):
        assert run(["config", "backup", str(place)]) == 0
        assert run(["config", "backup"]) == 0
        assert run(["config", "backup", str(tmp_path / "no/such")]) == 1
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("{}\n", 0o600)
    assert capsys.readouterr().out.splitlines()[2] == "{}"


def test_a_preview_reads_as_a_list_of_changes(socket: Path, tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "b.json"
    place.write_text("{}")
    with scripted_agent(socket, {"config": TOLD}):
        assert run(["config", "preview", str(place)]) == 0
        assert run(["config", "restore", str(place), "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "configuration of 2026-11-22T18:00:00Z Box 1",
        'Device.A  1 → ""',
        "Device.B  ****** → ****** (new)",
        "Device.C  x → –",
        "without its secret: wifi AccessPoint +1 passphrase",
    ]
    assert json.loads(lines[-1])["changes"] == TOLD["changes"]


def test_a_refusal_exits_with_four_and_names_each_reason(socket: Path, tmp_path: Path, capsys: Any) -> None:
    place = tmp_path / "b.json"
    place.write_text("{}")
    reasons = [{"code": "invalid_value", "message": f"Device.{name}: no"} for name in "AB"]
    refusal = {"error": {"code": "invalid_value", "message": "x", "next": "", "refusals": reasons}}
    with scripted_agent(socket, {"config": refusal}):
        assert run(["config", "restore", str(place)]) == 4
    assert capsys.readouterr().err.splitlines()[1:3] == ["  Device.A: no", "  Device.B: no"]


@pytest.mark.parametrize("content", [b"\xff", b"x" * (LARGEST + 1), None])
def test_what_cannot_be_asked_is_told_before_it_is(socket: Path, tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "b.json"
    if content is not None:
        place.write_bytes(content)
    assert run(["config", "preview", str(place)]) == 2
