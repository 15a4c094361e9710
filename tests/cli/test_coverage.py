"""How coverage is shown to people and to programs."""

import json
from pathlib import Path

import pytest

from agent.cli.coverage import one, table
from agent.cli.main import run
from tests.cli.scripted_agent import scripted_agent

NAT = {"name": "NAT:1", "bound": 15, "required": 15, "missing": []}
RADIO = {
    "name": "WiFiRadio:1",
    "bound": 0,
    "required": 4,
    "missing": [
        {"path": f"Device.WiFi.Radio.{{i}}.{name}", "reason": "no radio"}
        for name in ("Enable", "Status", "Name", "Channel")
    ],
}
ANSWER = {
    "schema": 1,
    "profiles": [NAT, RADIO],
    "groups": [{"name": "IP services", "profiles": ["NAT:1"]}, {"name": "Wi-Fi", "profiles": ["WiFiRadio:1"]}],
}


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")


def test_profiles_stand_under_their_group_with_the_reasons_for_what_is_missing() -> None:
    assert list(table([NAT, RADIO], ANSWER["groups"])) == [
        "IP services  15 of 15 parameters (100 %)",
        "  NAT:1         15/15 ",
        "Wi-Fi  0 of 4 parameters (0 %)",
        "  WiFiRadio:1    0/4  ",
        "               no radio: Enable, Status, Name and 1 more",
        "1 of 2 profiles whole, 15 of 19 parameters (78 %)",
    ]


def test_one_profile_names_every_parameter_that_it_misses() -> None:
    lines = list(one(RADIO))
    assert lines[0] == "WiFiRadio:1: 0 of 4 parameters"
    assert lines[1:] == [
        f"  Device.WiFi.Radio.{{i}}.{name}: no radio" for name in ("Enable", "Status", "Name", "Channel")
    ]


def test_the_verb_asks_the_agent_and_shows_what_it_says(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"coverage": ANSWER}) as asked:
        assert run(["coverage"]) == 0
    assert asked == [("coverage", {"profile": "", "all": False})]
    assert "IP services" in capsys.readouterr().out


def test_as_json_it_has_the_profiles(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"coverage": ANSWER}):
        assert run(["coverage", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "profiles": [NAT, RADIO]}


def test_a_profile_that_does_not_exist_is_said_so(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"coverage": {"schema": 1, "profiles": [], "groups": []}}):
        assert run(["coverage", "--profile", "NAT:9"]) == 1
    assert "NAT:9" in capsys.readouterr().err
