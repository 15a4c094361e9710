"""A hook's environment reaches the agent, or waits for it; no client is ever kept from its work."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.dhcp_event import FOLDER, HOOKED, client_of, event_of
from agent.cli.main import run
from agent.discovery.handed_over import CLIENTS, MOST_TEXT, read
from agent.runtime.control import Answer, ControlServer
from tests.durability.stand import PROJECT
from tests.waiting import HANGS

OPTION43 = "0114" + b"https://acs.example/".hex()


class Agent:
    """Its end of the control socket: keeps the events and answers as it is told to."""

    def __init__(self, path: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = {"accepted": True, "why": "taken"}
        self._server = ControlServer(path, self._ask)
        self._server.start()

    def _ask(self, verb: str, arguments: dict[str, Any], answer: Answer) -> None:
        assert verb == "dhcp_event"
        self.events.append(arguments["event"])
        if self.answer is not None:
            answer(self.answer)

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run/control.sock"


@pytest.fixture
def agent(path: Path) -> Iterator[Agent]:
    one = Agent(path)
    yield one
    one.stop()


@pytest.fixture
def udhcpc(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that udhcpc gives its script."""
    for name, value in {"interface": "eth1", "opt43": OPTION43, "router": "192.0.2.1", "lease": "3600"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CPE_AGENT_SOCKET", str(path))
    monkeypatch.delenv("reason", raising=False)


def left(path: Path) -> dict[str, Any]:
    """The events that wait, by their file's name."""
    return {file.name: json.loads(file.read_text()) for file in (path.parent / FOLDER).glob("*")}


@pytest.mark.usefixtures("udhcpc")
def test_the_agent_is_told_what_matters_and_nothing_else(agent: Agent, path: Path) -> None:
    assert run(["dhcp-event", "bound"]) == 0
    told = {"interface": "eth1", "opt43": OPTION43, "router": "192.0.2.1"}
    assert agent.events == [{"client": "udhcpc", "reason": "bound", "environment": told}]
    handed = read(agent.events[0])
    assert handed.offer is not None
    assert handed.offer.url == "https://acs.example/"
    assert left(path) == {}


@pytest.mark.usefixtures("udhcpc")
def test_without_an_agent_the_newest_event_of_a_link_waits_for_its_start(path: Path) -> None:
    assert run(["dhcp-event", "bound"]) == 0
    assert run(["dhcp-event", "deconfig"]) == 0
    assert [(name, event["reason"]) for name, event in left(path).items()] == [("eth1-udhcpc-4.json", "deconfig")]
    folder = path.parent / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "eth1-udhcpc-4.json").stat().st_mode) == 0o600
    one = Agent(path)
    run(["dhcp-event", "renew"])
    one.stop()
    assert left(path) == {}


@pytest.mark.usefixtures("udhcpc")
def test_an_agent_that_does_not_know_events_gets_it_at_its_next_start(
    agent: Agent, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    agent.answer = {"error": {"code": "unknown_verb", "message": "x", "next": ""}}
    assert run(["dhcp-event", "bound", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "left"
    assert list(left(path)) == ["eth1-udhcpc-4.json"]


@pytest.mark.usefixtures("udhcpc")
def test_an_agent_that_is_silent_is_waited_for_two_seconds(agent: Agent, path: Path) -> None:
    agent.answer = None
    begun = time.monotonic()
    assert run(["dhcp-event", "bound"]) == 0
    assert 1.5 < time.monotonic() - begun < 10
    assert len(left(path)) == 1


@pytest.mark.usefixtures("udhcpc")
def test_where_nothing_can_be_written_the_client_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CPE_AGENT_SOCKET", str(tmp_path / "file/control.sock"))
    assert run(["dhcp-event", "bound"]) == 0
    assert capsys.readouterr().out.startswith("lost")


@pytest.mark.usefixtures("udhcpc")
def test_settings_that_cannot_be_read_keep_no_client_from_its_work(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("agent.cli.dhcp_event.DEFAULT_SOCKET", path)
    (tmp_path / "agent.toml").write_text("[")
    assert run(["dhcp-event", "--config", str(tmp_path / "agent.toml"), "bound"]) == 0
    assert len(left(path)) == 1


def test_what_tells_nothing_of_a_lease_is_not_told(
    agent: Agent, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CPE_AGENT_SOCKET", str(path))
    monkeypatch.setenv("reason", "CARRIER")
    monkeypatch.setenv("ifcarrier", "up")
    assert run(["dhcp-event"]) == 0
    assert capsys.readouterr().out.startswith("nothing: dhcpcd")
    assert agent.events == []


@pytest.mark.parametrize(
    ("words", "environment", "client"),
    [
        (["bound"], {"interface": "eth0"}, "udhcpc"),
        (["eth0", "ra-updated"], {"RA_MTU": "0"}, "odhcp6c"),
        (["eth0", "started"], {}, "odhcp6c"),
        ([], {"reason": "PREINIT", "interface": "eth0", "pid": "1"}, "dhclient"),
        ([], {"reason": "BOUND", "interface": "eth0", "protocol": "dhcp"}, "dhcpcd"),
        (["eth0", "up"], {"NM_DISPATCHER_ACTION": "up", "DEVICE_IFACE": "eth0"}, "networkmanager"),
        ([], {}, None),
        (["x"], {"interface": "eth0"}, None),
    ],
)
def test_which_client_calls_is_told_from_what_it_hands_over(
    words: list[str], environment: dict[str, str], client: str | None
) -> None:
    assert client_of(words, environment) == client


def test_every_client_that_has_hooks_is_known_by_its_words() -> None:
    assert set(HOOKED) <= set(CLIENTS)
    assert event_of("odhcp6c", ["eth0", "bound"], {"OPTION_17": "00"}) == {
        "client": "odhcp6c", "reason": "bound", "environment": {"interface": "eth0", "OPTION_17": "00"},
    }  # fmt: skip
    assert event_of("odhcp6c", [], {})["reason"] == ""
    assert event_of("networkmanager", ["eth0", "up"], {"NM_DISPATCHER_ACTION": "up"})["reason"] == "up"


def test_an_event_is_never_more_than_the_agent_reads() -> None:
    environment = {"interface": "eth0", "opt43": "0" * MOST_TEXT, "opt125": "00" * 300, "reason": "x" * 1000}
    event = event_of("udhcpc", ["bound"], environment)
    assert "opt43" not in event["environment"]
    assert event["left_out"] == {"opt43": MOST_TEXT}
    offer = read(event).offer
    assert offer is not None
    assert any("opt43 has 65536 characters" in reason for reason in offer.refused)
    long_link = event_of("odhcp6c", ["x" * 100_000, "bound"], {"OPTION_17": "0" * (MOST_TEXT - 100)})
    assert sum(len(text) for pair in long_link["environment"].items() for text in pair) <= MOST_TEXT
    assert len(event_of("dhclient", [], environment)["reason"]) == 40
    assert event_of("udhcpc", [], {"interface": "\udcff"})["environment"] == {"interface": "\ufffd"}


def test_nobody_is_asked_without_a_client(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("reason", "NM_DISPATCHER_ACTION"):
        monkeypatch.delenv(name, raising=False)
    assert run(["dhcp-event"]) == 2
    assert "--client" in capsys.readouterr().err


@pytest.mark.usefixtures("udhcpc")
@pytest.mark.parametrize("form", ["colons", "hexadecimal"])
def test_an_option_as_long_as_a_message_reaches_the_agent(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    content = bytes((1, 20)) + b"https://acs.example/" + (bytes((200, 250)) + b"x" * 250) * 76
    monkeypatch.setenv("opt43", content.hex(":") if form == "colons" else content.hex())
    assert run(["dhcp-event", "bound"]) == 0
    offer = read(agent.events[0]).offer
    assert offer is not None
    assert offer.url == "https://acs.example/"


@pytest.mark.usefixtures("udhcpc")
def test_an_option_that_is_too_long_is_told_of(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("opt43", "00" * 60_000)
    assert run(["dhcp-event", "bound"]) == 0
    offer = read(agent.events[0]).offer
    assert offer is not None
    assert offer.refused == ("opt43 has 120000 characters; what an event tells has 65536 at most",)
    assert "opt43 has 120000 characters" in capsys.readouterr().err


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "C.UTF-8"}]
)
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_link_that_no_locale_can_write_keeps_no_client_from_its_work(
    tmp_path: Path, locale: dict[str, str], words: list[str]
) -> None:
    command = [sys.executable, "-m", "agent", "dhcp-event", *words, "--client", "udhcpc", "bound"]
    environment = {"CPE_AGENT_SOCKET": str(tmp_path / "control.sock"), "PATH": os.environ["PATH"], **locale}
    link = {"interface": b"wan\xff0"}
    ended = subprocess.run(
        command, env={**environment, **link}, capture_output=True, timeout=HANGS, check=False, cwd=PROJECT
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == ["wan_0-udhcpc-4.json"]
