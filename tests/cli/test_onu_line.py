"""Which line the verb onu speaks on, and what goes wrong with it: said, with what to do."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli import main
from backends.omci.link import Line
from tests.lab.onus import lab_onu

Say = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _prompts_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console._QUIET", 0.05)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Say:
    def say(*arguments: str) -> tuple[int, str]:
        status = main.run(["onu", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return say


def test_the_line_may_be_the_one_of_the_settings(said: Say, tmp_path: Path) -> None:
    with lab_onu(codec="slip") as onu:
        settings = tmp_path / "agent.toml"
        settings.write_text(f'[omci]\ndevice = "{onu.device}"\ncodec = "slip"\ntrailer = "crc32"\n')
        settings.chmod(0o600)
        status, text = said("get", "340", "0x0e01", "--config", str(settings))
        assert (status, "1 (locked)" in text) == (0, True), text


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["--device", "/dev/ttyNONE"], 1, "No such file"),
        (["--config", "/nowhere.toml"], 2, "nowhere"),
        (["--device", "x", "--driver", "lantiq", "--pcap", "y"], 2, "a console shows no frames"),
        (["--device", "x", "--driver", "lantiq", "--password-file", "/none"], 2, "has no first line"),
        (["--device", "x", "--codec", "raw48", "--trailer", "zero"], 2, "needs? the trailer crc32|need the trailer"),
        (["--device", "x", "--pcap", "/nowhere/x.pcap"], 1, "No such file"),
        (["--device", "x", "--trailer", "cmac", "--key", "abc"], 2, "--key: it must be 32 hexadecimal digits"),
        (["--device", "x", "--trailer", "cmac"], 2, "--key: it must be 32 hexadecimal digits"),
    ],
)
def test_what_cannot_be_opened_is_said(said: Say, arguments: list[str], status: int, why: str, tmp_path: Path) -> None:
    import re

    with lab_onu() as onu:
        found, text = said("info", *(onu.device if each == "x" else each for each in arguments))
    assert found == status, text
    assert re.search(why, text), text


def test_a_line_that_somebody_has_open_is_said(said: Say) -> None:
    with lab_onu() as onu:
        line = Line(onu.device)
        line.open()
        status, text = said("info", "--device", onu.device)
        assert (status, "another program has it open" in text, "the agent (" in text) == (1, True, True)
        line.close()


FULL = "/dev/full: No space left on device"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["info"], "serial number  LABO0012A7F3"),
        (["get", "340", "0x0e01"], "AdministrativeState"),
        (["dump", "--json"], '"entities"'),
        (["send", "get", "340", "0x0e01", "AdministrativeState"], "Get Response"),
        (["watch"], ""),
    ],
)
def test_what_was_read_is_shown_before_a_full_disk_is_told_of(said: Say, arguments: list[str], shown: str) -> None:
    with lab_onu() as onu:
        status, text = said(*arguments, "--device", onu.device, "--pcap", "/dev/full")
    assert (status, shown in text.partition("/dev/full: ")[0]) == (1, True), text
    assert (FULL in text, "name another file with --pcap" in text) == (True, True), text


def test_a_watch_whose_disk_is_full_by_and_by_ends(said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.capture.HEAD", b"")  # so that the first frame is the first that does not fit
    with lab_onu() as onu:
        status, text = said("watch", "--device", onu.device, "--pcap", "/dev/full")
    assert (status, "light 0x8001" in text.partition(FULL)[0], FULL in text) == (1, True, True), text


def test_a_line_with_another_trailer_is_said_to_have_one(said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.exchange.Exchange.ask.__defaults__", (0.15, 3))
    with lab_onu(trailer="zero") as onu:
        status, text = said("get", "340", "0x0e01", "--device", onu.device, "--trailer", "crc32")
    assert (status, "answers came whose trailer is not right" in text) == (1, True), text
    assert "another --key" in text


@pytest.mark.parametrize(
    ("likeness", "what"),
    [({}, "frames in hdlc"), ({"console": "lantiq"}, "a prompt of lantiq's console")],
)
def test_while_nothing_comes_it_is_said_what_is_waited_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, likeness: dict[str, str], what: str
) -> None:
    monkeypatch.setattr("agent.cli.onu_line.PATIENCE", 0.1)
    with lab_onu(**likeness) as onu:
        onu.order("stall 0.5")
        line = ["--device", onu.device, "--driver", likeness.get("console", "raw")]
        assert main.run(["onu", "get", "340", "0x0e01", "--json", *line]) == 0
        told = capsys.readouterr()
    assert told.err == f"waiting for {what} at {onu.device}\n"
    assert json.loads(told.out)["class"] == 340


@pytest.mark.slow
def test_where_something_comes_nothing_is_said_of_waiting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.cli.onu_line.PATIENCE", 1.0)
    with lab_onu() as onu:
        assert main.run(["onu", "watch", "--every", "1", "--count", "2", "--device", onu.device]) == 0
    assert capsys.readouterr().err == ""


def test_a_console_that_wants_a_password_is_given_it(said: Say, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheim\n")
    with lab_onu(console="realtek", user="admin", password="geheim") as onu:
        line = ["--device", onu.device, "--driver", "realtek"]
        assert said("get", "340", "0x0e01", *line)[1].count("give --user and --password-file") == 1
        status, text = said("get", "340", "0x0e01", *line, "--user", "admin", "--password-file", str(secret))
        assert (status, "locked" in text, "geheim" in text) == (0, True, False)
