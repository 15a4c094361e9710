"""End to end: the doctor and the connection test of a real agent with the lab ACS, and what they leave as it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from agent.cli.main import run
from tests.durability.stand import DOCUMENTS, Agent, Stand
from tests.waiting import PATIENCE, until

URL = "Device.ManagementServer.URL"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path, connection_request_credentials=("acs", "secret")) as made:
        yield made
        print(*made.log_lines()[-60:], sep="\n")


def options(stand: Stand) -> Any:
    return type("Options", (), {"socket": str(stand.state / "control.sock"), "config": None})()


def steps_of(stand: Stand, **arguments: str) -> list[dict[str, Any]]:
    return list(client.stream(options(stand), "test", **arguments))


def documents(stand: Stand) -> dict[str, bytes]:
    return {name: (stand.state / f"{name}.json").read_bytes() for name in DOCUMENTS if name != "journal"}


def healthy(agent: Agent) -> bool:
    return agent.ask("status")["acs"]["state"] == "reachable"


@pytest.mark.slow
def test_a_connection_test_of_a_running_agent_leaves_no_trace_in_it(stand: Stand) -> None:
    agent = stand.first_contact()
    until(lambda: healthy(agent))
    before, status = documents(stand), agent.ask("status")
    told = steps_of(stand)
    assert [line["step"] for line in told] == ["dns", "tcp", "tls", "http", "authentication", "inform"]
    assert all(line["ok"] for line in told), told
    assert documents(stand) == before
    after = agent.ask("status")
    assert after["pending"] == status["pending"]
    assert after["acs"]["last_session"] == status["acs"]["last_session"]
    assert [inform.events for inform in stand.acs.informs][-1] == ("2 PERIODIC",)

    agent.ask("inform")  # its own session comes right after
    until(lambda: len(stand.acs.informs) == 3)
    stand.acs.wait_for_session_end(after=stand.acs.informs[-1].session - 1, timeout=PATIENCE)


@pytest.mark.slow
def test_another_acs_is_tested_without_being_taken_over(stand: Stand) -> None:
    agent = stand.first_contact()
    configured = agent.values(URL)
    told = steps_of(stand, url="http://127.0.0.1:9/")
    assert (told[-1]["step"], told[-1]["ok"]) == ("tcp", False)
    assert agent.values(URL) == configured
    assert len(stand.acs.informs) == 1


def test_the_doctor_sees_a_healthy_device_as_healthy_and_a_lost_acs_as_lost(
    stand: Stand, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    agent = stand.first_contact()
    until(lambda: healthy(agent))
    socket = str(stand.state / "control.sock")
    run(["doctor", "--json", "--socket", socket])
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    for name in ("DNS", "TCP", "TLS", "HTTP", "authentication", "Inform accepted", "connection-request URL", "ACS"):
        assert checks[name]["ok"], checks[name]
    assert {"link", "route", "memory", "disk", "dependencies", "connection request"} <= set(checks)
    assert agent.ask("status")["connection_request"]["refused"] == 0  # asking without credentials is no wrong log-in

    assert run(["doctor", "--acs-side", "--socket", socket]) == 0
    assert f"http://127.0.0.1:{stand.port}/" in capsys.readouterr().out

    stand.acs.stop()
    assert run(["doctor", "--socket", socket]) == 1
    assert "✘ TCP: cannot connect: 127.0.0.1:" in capsys.readouterr().out
