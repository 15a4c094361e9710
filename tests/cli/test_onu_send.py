"""The verb onu send, with the lab ONU on a pty: what changes an ONT is sent only if the settings unlock it by name."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.cli import main
from agent.lab.onu import LabOnu
from tests.lab.onus import lab_onu

Say = Callable[..., tuple[int, str, str]]
UNLOCK_340 = ("set", "340", "0x0e01", "AdministrativeState=unlocked")


@pytest.fixture
def onu() -> Iterator[LabOnu]:
    with lab_onu() as running:
        yield running


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, onu: LabOnu) -> Say:
    monkeypatch.setenv("NO_COLOR", "1")

    def say(*words: str, unlock: str = "[]") -> tuple[int, str, str]:
        settings = tmp_path / "agent.toml"
        settings.write_text(f'[omci]\ndevice = "{onu.device}"\nunlock = {unlock}\n')
        status = main.run(["onu", "send", *words, "--config", str(settings)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return say


def test_what_changes_an_ont_is_not_sent_unless_it_is_unlocked_by_name(said: Say) -> None:
    for words in (UNLOCK_340, ("mib-reset", "2"), ("create", "137", "1"), ("delete", "137", "1"), ("reboot", "256")):
        status, out, err = said(*words, unlock='["synchronize-time"]')
        assert (status, out) == (1, "")
        assert "is not sent: the settings do not unlock it" in err
        assert "unlock in [omci]" in err
    asked = said("get", "340", "0x0e01", "AdministrativeState", "--json")[1]
    assert json.loads(asked)["attributes"] == {"AdministrativeState": 1}


def test_what_is_unlocked_is_sent_and_its_answer_shown(said: Say) -> None:
    status, out, _ = said(*UNLOCK_340, unlock='["set"]')
    assert status == 0
    assert out.startswith("Set Response  BbfTr069ManagementServer (340) 3585")
    assert "result: 0 (ok)" in out
    asked = said("get", "340", "0x0e01", "AdministrativeState", "--json", "--extended")[1]
    assert json.loads(asked)["attributes"] == {"AdministrativeState": 0}
    assert said("mib-reset", "2", unlock='["set", "mib-reset"]')[0] == 0


def test_a_no_of_the_ont_is_a_problem(said: Say) -> None:
    status, out, _ = said("set", "340", "9", "AdministrativeState=unlocked", unlock='["set"]')
    assert (status, "result: 5 (unknown instance)" in out) == (1, True)


def test_a_password_in_an_answer_is_hidden(said: Say, onu: LabOnu) -> None:
    onu.order("acs http://acs.example/ --user lab --password geheim")
    assert "Password = ********" in said("get", "148", "0", "Password")[1]
    assert "geheim" in said("get", "148", "0", "Password", "--secrets")[1]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("alarm", "263", "0x8001"), "no command that is answered"),
        (("get-response", "2"), "no command that is answered"),
        (("fetch", "2"), "there is no message"),
        (("get", "2", "0", "MibDataSync", "--driver", "realtek"), "a console takes no frames"),
    ],
)
def test_what_is_no_command_for_frames_is_refused(said: Say, words: tuple[str, ...], why: str) -> None:
    status, _, err = said(*words)
    assert status == 2
    assert why in err


def test_what_no_setting_unlocks_is_not_advised_to_be_unlocked(said: Say) -> None:
    for words in (("start-software-download", "7"), ("activate-software", "7")):
        err = said(*words)[2]
        assert "nothing unlocks it" in err
        assert "name it in unlock" not in err
