"""The verb preset: exit codes and words of the check, against files and against a running agent; what it shows."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from agent.shipped import shipped
from tests.cli.scripted_agent import scripted_agent

GOOD = "[acs]\nurl = 'https://acs.example.net/'\n[values]\n'Device.Time.Enable' = true\n"
BAD = "[acs]\nurl = 'https://acs.example.net/'\npasword = 'canary'\n"


@pytest.fixture
def good(tmp_path: Path) -> str:
    file = tmp_path / "good.toml"
    file.write_text(GOOD)
    return str(file)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    file = tmp_path / "bad.toml"
    file.write_text(BAD)
    return str(file)


def test_a_build_is_told_by_exit_code_and_line(good: str, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preset", "check", good]) == 0
    assert capsys.readouterr().out == f"✔ {good}\n"
    assert run(["preset", "check", good, bad]) == 1
    told = capsys.readouterr().out
    assert f"{bad}:3: unknown key 'pasword' in [acs]\n  next: allowed are url, username, password" in told
    assert "canary" not in told
    assert run(["preset", "check", f"{good}x"]) == 2
    assert "No such file" in capsys.readouterr().err
    assert run(["preset", "check", "--root", good, good]) == 2
    capsys.readouterr()
    assert run(["preset", "check", "/dev/null"]) == 2
    assert "/dev/null: it is no file" in capsys.readouterr().err


def test_a_directory_is_all_that_the_agent_reads_of_it(
    good: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README").touch()
    assert run(["preset", "check", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert f"✔ {good}\n" in told
    assert f"{bad}:3:" in told
    assert "README" not in told
    (tmp_path / "empty").mkdir()
    assert run(["preset", "check", str(tmp_path / "empty")]) == 2


def test_programs_read_the_same(good: str, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preset", "check", "--json", good, bad]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["ok"]) == (1, False)
    assert [one["ok"] for one in told["files"]] == [True, False]
    assert told["files"][1]["problems"][0]["line"] == 3


def test_the_shipped_examples_are_checked_and_said_to_be_examples(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(map(str, shipped("presets").glob("*.toml")))
    assert run(["preset", "check", *files]) == 0
    assert capsys.readouterr().out.count("it is never applied before") == len(files)


def test_a_running_agent_is_asked_which_paths_it_has(
    tmp_path: Path, socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.toml"
    file.write_text("[values]\n'Device.Time.Enable' = true\n'Device.NAT.PortMapping.[a].Enable' = true\n")
    assert run(["preset", "check", "--against", "live", str(file)]) == 3
    answer = {"names": [{"path": "Device.Time.Enable", "writable": True}]}
    with scripted_agent(socket, {"names": answer}) as asked:
        assert run(["preset", "check", "--against", "live", str(file)]) == 0
    assert [arguments["path"] for _, arguments in asked] == ["Device.Time.Enable", "Device.NAT.PortMapping."]
    capsys.readouterr()
    with scripted_agent(socket, {"names": {"names": [{"path": "x", "writable": False}]}}):
        assert run(["preset", "check", "--against", "live", str(file)]) == 1
    told = capsys.readouterr().out
    assert f"{file}:2: Device.Time.Enable: this device does not let it be changed" in told
    assert f"{file}:3: Device.NAT.PortMapping.[a].Enable: this device adds no rows there" in told
    unknown = {"error": {"code": "unknown_path", "message": "no", "next": ""}}
    with scripted_agent(socket, {"names": unknown}):
        assert run(["preset", "check", "--against", "live", str(file)]) == 1
    assert "this device has no such path" in capsys.readouterr().out


ACTIVE = {
    "file": "acme.toml",
    "description": "Acme",
    "digest": "0",
    "settings": {"acs.url": "https://acs/", "acs.password": "******", "acs.dhcp_may_replace": False},
    "values": 2,
    "attributes": 1,
    "made": [],
    "kept": ["Device.Time.Enable"],
    "refused": ["Device.X: no such path"],
}
SHOWN = {"file": "acme.toml", "description": "Acme", "active": True, "why": "it is for this oui"}
OTHER = {"file": "b.toml", "description": "", "active": False, "why": "acme.toml comes first"}


def test_which_one_counts_is_shown_and_what_has_become_of_it(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"active": ACTIVE, "presets": [SHOWN, OTHER], "broken": [{"file": "c.toml", "why": "line 1: no"}]}
    answer["changed"] = ["acme.toml"]
    with scripted_agent(socket, {"preset": answer}):
        assert run(["preset", "show"]) == 1
        told = capsys.readouterr().out
        assert run(["preset", "show", "--json"]) == 0
    assert "● acme.toml  Acme\n    counts: it is for this oui\n" in told
    assert "\nacs.dhcp_may_replace = false\n" in told
    assert "! acme.toml\n    changed since the start\n    next: restart the agent\n" in told
    assert "· b.toml\n    does not count: acme.toml comes first\n" in told
    assert "next: cpe-agent preset check c.toml" in told
    assert "Device.Time.Enable: set by the ACS or a person since" in told
    assert "✘ Device.X: no such path" in told
    assert json.loads(capsys.readouterr().out)["active"] == ACTIVE


def test_no_preset_is_said(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"preset": {"active": None, "presets": [], "broken": [], "changed": []}}):
        assert run(["preset", "show"]) == 0
    assert capsys.readouterr().out.startswith("no preset;")
