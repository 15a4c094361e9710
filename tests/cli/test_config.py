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


def test_secrets_that_stay_because_the_files_own_cannot_be_opened_are_counted(
    socket: Path, tmp_path: Path, capsys: Any
) -> None:
    place = tmp_path / "b.json"
    place.write_text("{}")
    told = {**TOLD, "changes": [], "secrets": {"opened": 0, "kept": 2, "missing": []}}
    with scripted_agent(socket, {"config": told}):
        assert run(["config", "preview", str(place)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "all but secrets is as the file says",
        "2 secrets of the file are left out of it, or sealed by another device: those of this one stay",
        "what is sealed with [backup] passphrase opens on every device that has the same",
    ]


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


@pytest.mark.parametrize(
    ("content", "step"),
    [('"' * 600_000, "have the ACS send it"), ("x" * 1_048_577, "name a file that `config backup`")],
)
def test_a_file_that_is_too_large_for_the_socket_is_told_with_the_next_step(
    tmp_path: Path, capsys: Any, content: str, step: str
) -> None:
    place = tmp_path / "b.json"
    place.write_text(content)
    assert run(["config", "preview", str(place)]) == 2
    told = capsys.readouterr().err
    assert "room for 1048000" in told
    assert step in told
