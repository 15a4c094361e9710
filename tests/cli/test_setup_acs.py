"""The ACS set by options: in the running agent, else in the settings file; tested, and no secret shown."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.settings import load
from tests.cli.scripted_agent import scripted_agent

SERVER = "Device.ManagementServer."
BEFORE = {
    "URL": "https://old.example/",
    "Username": "cpe",
    "PeriodicInformInterval": "3600",
    "ConnectionRequestUsername": "x",
}
ANSWERS: dict[str, Any] = {
    "version": {"version": "1"},
    "get": {"parameters": [{"path": SERVER + name, "value": value} for name, value in BEFORE.items()]},
    "set": {"status": 0},
    "settings": {"written": ["network.management_interface"]},
}
GOOD = {"step": "tcp", "ok": True, "what": "connected", "next": ""}
BAD = {"step": "authentication", "ok": False, "what": "the ACS refuses the password", "next": "ask the operator for it"}


def trying(*steps: dict[str, Any]) -> Any:
    def stream(_arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from steps

    return {"test": stream}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "agent.toml"
    made.write_text('# mine\n[acs]\nurl = ""  # none yet\n')
    made.chmod(0o600)
    return made


def setup(file: Path, socket: Path, *arguments: str) -> int:
    return run(["setup", "--config", str(file), "--socket", str(socket), *arguments])


def test_without_an_agent_the_settings_file_is_changed_and_the_rest_of_it_stays(
    file: Path, socket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("canary-4711\n"))
    given = ("--url", "https://acs.example/", "--username", "cpe", "--password-stdin", "--interval", "300")
    assert setup(file, socket, *given, "--interface", "wan") == 0
    told = capsys.readouterr().out
    assert "systemctl start cpe-agent" in told
    assert "canary" not in told
    assert file.read_text().startswith("# mine\n[acs]\n")
    assert 'url = "https://acs.example/"  # none yet' in file.read_text()
    made = load(file).settings
    assert (made.acs.url, made.acs.username, made.acs.password) == ("https://acs.example/", "cpe", "canary-4711")
    assert (made.inform.interval, made.network.management_interface) == (300, "wan")
    assert setup(file, socket, "--interval", "300") == 0
    assert "nothing had to be changed" in capsys.readouterr().out


def test_an_interface_that_is_not_there_is_taken_with_a_warning(
    file: Path, socket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, ANSWERS):
        assert setup(file, socket, "--interface", "eth99", "--no-test") == 0
        assert "there is no interface eth99 now" in capsys.readouterr().out
        assert setup(file, socket, "--interface", "", "--no-test") == 0
        assert setup(file, socket, "--root", str(tmp_path), "--interface", "eth99") == 0
    assert "there is no interface" not in capsys.readouterr().out


def test_an_image_is_changed_and_nobody_is_asked(
    tmp_path: Path, socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, ANSWERS) as asked:
        assert run(["setup", "--root", str(tmp_path), "--socket", str(socket), "--url", "https://acs.example/"]) == 0
    assert asked == []
    assert load(tmp_path / "etc/cpe-agent/agent.toml").settings.acs.url == "https://acs.example/"
    assert "the image's agent reads it at its next start" in capsys.readouterr().out


def test_a_running_agent_is_set_and_tests_the_connection(
    file: Path, socket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("canary-4711"))
    given = ("--url", "https://old.example/acs", "--password-stdin", "--interval", "60", "--interface", "wan")
    with scripted_agent(socket, ANSWERS, trying(GOOD)) as asked:
        assert setup(file, socket, *given) == 0
    done = {verb: arguments for verb, arguments in asked if verb in ("set", "settings")}
    assert done["set"]["values"] == {
        f"{SERVER}URL": "https://old.example/acs",
        f"{SERVER}Password": "canary-4711",
        f"{SERVER}PeriodicInformInterval": "60",
    }
    assert done["settings"]["values"] == {"network.management_interface": "wan"}
    told = capsys.readouterr().out
    assert "✔ tcp: connected" in told
    assert "canary" not in told
    assert "wan" not in file.read_text()


def test_another_host_gets_none_of_the_old_credentials_and_that_is_said(
    file: Path, socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, ANSWERS, trying(GOOD)) as asked:
        setup(file, socket, "--url", "https://other.example/")
        told = capsys.readouterr().out
        assert "set in the running agent: URL\nemptied in the running agent: Username, Password\n" in told
        assert "username and password of the ACS before are not for another host" in told
        setup(file, socket, "--url", "https://other.example/", "--username", "me", "--no-test")
    first, second = (arguments["values"] for verb, arguments in asked if verb == "set")
    assert first == {f"{SERVER}URL": "https://other.example/", f"{SERVER}Username": "", f"{SERVER}Password": ""}
    assert (second[f"{SERVER}Username"], second[f"{SERVER}Password"]) == ("me", "")


def test_an_empty_url_has_the_agent_forget_the_acs_and_nothing_is_tested(
    file: Path, socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, ANSWERS, trying(BAD)) as asked:
        assert setup(file, socket, "--url", "") == 0
    assert [arguments["values"] for verb, arguments in asked if verb == "set"] == [{f"{SERVER}URL": ""}]
    assert "forgotten with it\n  next: cpe-agent discover" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["", "\n"])
def test_no_password_at_all_takes_none_away(
    file: Path, socket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    with scripted_agent(socket, ANSWERS) as asked:
        assert setup(file, socket, "--password-stdin", "--no-test") == 2
    assert "set" not in [verb for verb, _ in asked]
    assert f"cpe-agent set {SERVER}Password=" in capsys.readouterr().err


def test_a_password_of_other_bytes_than_utf_8_is_refused_in_a_sentence(
    file: Path, socket: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"p\xe4ssword\n"), "utf-8"))
    with scripted_agent(socket, ANSWERS) as asked:
        assert setup(file, socket, "--password-stdin", "--no-test") == 2
    assert "set" not in [verb for verb, _ in asked]
    assert "no UTF-8" in capsys.readouterr().err


def test_a_connection_that_does_not_work_ends_with_1_and_the_next_step(
    file: Path, socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with scripted_agent(socket, ANSWERS, trying(GOOD, BAD)) as asked:
        assert setup(file, socket, "--interval", "60") == 1
        assert (
            "✘ authentication: the ACS refuses the password\n  next: ask the operator for it" in capsys.readouterr().out
        )
        assert setup(file, socket, "--interval", "60", "--json") == 1
        told = json.loads(capsys.readouterr().out)
        assert (told["values"], told["test"]) == (["inform.interval"], [GOOD, BAD])
        assert setup(file, socket, "--interval", "60", "--no-test") == 0
    assert len(asked) > 0


def test_what_the_agent_refuses_ends_with_4(file: Path, socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    no = {"error": {"code": "denied", "message": "no", "next": "look"}}
    with scripted_agent(socket, {**ANSWERS, "set": no}):
        assert setup(file, socket, "--interval", "60") == 4
    read_only = {"error": {"code": "refused", "message": f"{file}: Read-only file system", "next": ""}}
    with scripted_agent(socket, {**ANSWERS, "settings": read_only}):
        assert setup(file, socket, "--interface", "wan", "--no-test") == 0
    assert "systemctl reload cpe-agent" in capsys.readouterr().out
    assert load(file).settings.network.management_interface == "wan"


@pytest.mark.parametrize(
    "wrong",
    [
        ("--url", "ftp://acs/"),
        ("--url", "https://me:canary@acs/"),
        ("--interval", "0"),
        ("--interface", "a b"),
        ("--ca-file", "/nowhere.pem"),
        ("--ca-file", __file__),
        ("--username", "a\nb"),
        ("--interval", "60", "--manage", "eth0"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    file: Path, socket: Path, wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    before = file.read_text()
    assert setup(file, socket, *wrong) == 2
    assert file.read_text() == before
    assert "quotes" not in capsys.readouterr().err  # they are for who writes the file
