"""Secret canaries (hardening T12): a whole agent is given secrets in every way there is, and shows none of them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.lab.acs import LabAcs
from agent.lab.gate import Auth
from tests.runtime.connection_request_client import authorization, request, send
from tests.waiting import HANGS, PATIENCE

CANARIES = {name: f"canary-{number}-{name}" for number, name in enumerate(("acs", "request", "set", "download", "url"))}


@dataclass(frozen=True)
class Shown:
    """All that people and other programs can read of the agent."""

    log: str
    traces: str
    verbs: dict[str, str]
    process: bytes


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    directory = tmp_path_factory.mktemp("secrets")
    state, log, settings = directory / "state", directory / "log", directory / "agent.toml"
    with LabAcs(auth=Auth("digest", "device", CANARIES["acs"])) as acs:
        tables = {
            "acs": {"url": acs.url, "username": "device", "password": CANARIES["acs"]},
            "connection_request": {"username": "acs", "password": CANARIES["request"]},
            "log": {"level": "debug"},
            "trace": {"directory": str(directory / "traces")},
        }
        lines = [
            f"[{table}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
            for table, values in tables.items()
        ]
        settings.write_text("".join(lines).replace("[connection_request]\n", "[connection_request]\nport = 0\n"))
        settings.chmod(0o600)
        command = [sys.executable, "-m", "agent", "run", "--config", str(settings), "--state-dir", str(state)]
        with log.open("wb") as stream:
            agent = subprocess.Popen(command, stderr=stream, stdout=stream)
        try:
            device = acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE).device
            acs.wait_for_session_end(timeout=PATIENCE)
            _converse(acs, device, state)
            yield Shown(
                log.read_text(),
                "".join(path.read_text() for path in (directory / "traces").iterdir()),
                {verb: _verb(state, *verb.split()) for verb in VERBS},
                b"".join(Path(f"/proc/{agent.pid}/{name}").read_bytes() for name in ("cmdline", "environ")),
            )
        finally:
            agent.terminate()
            agent.wait(PATIENCE)


def _converse(acs: LabAcs, device: str, state: Path) -> None:
    """The ACS reads, sets and sends secrets; somebody guesses at the connection request."""
    root = "Device.ManagementServer."
    queued = [
        acs.queue(device, "GetParameterValues", {"names": [root]}),
        acs.queue(device, "SetParameterValues", {"parameters": {f"{root}ConnectionRequestPassword": CANARIES["set"]}}),
        acs.queue(device, "Download", {"url": f"http://u:{CANARIES['url']}@h/", "password": CANARIES["download"]}),
    ]
    last = acs.sessions[-1].number
    _verb(state, "inform")
    acs.wait_for_session_end(after=last, timeout=PATIENCE)
    for rpc in queued:
        acs.wait(rpc, PATIENCE)
    assert queued[1].state == "done", queued[1].result
    status = json.loads(_verb(state, "get", f"{root}ConnectionRequestURL", "--json"))
    url: str = status["parameters"][0]["value"]
    port, path = int(url.rsplit(":", 1)[1].partition("/")[0]), "/" + url.rpartition("/")[2]
    first = send(port, request(path), "127.0.0.1")
    assert first
    send(port, request(path, authorization(first.challenge, uri=path, username="acs", password=CANARIES["request"])))
    time.sleep(0.2)


VERBS = (
    "status --json",
    "get Device.ManagementServer. --json",
    "sessions --json",
    "sessions last --xml",
    "queue --json",
)


def _verb(state: Path, *words: str) -> str:
    command = [sys.executable, "-m", "agent", *words, "--socket", str(state / "control.sock")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False, env=dict(os.environ))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def _leaks(text: str) -> list[str]:
    return [secret for secret in CANARIES.values() if secret in text]


def test_the_log_is_there_and_shows_none(shown: Shown) -> None:
    assert "connection request" in shown.log
    assert _leaks(shown.log) == []


def test_the_traces_show_the_messages_and_none_of_the_secrets(shown: Shown) -> None:
    assert "SetParameterValues" in shown.traces
    assert "ConnectionRequestPassword" in shown.traces
    assert "Download" in shown.traces
    assert _leaks(shown.traces) == []
    for line in shown.traces.splitlines():
        trace: dict[str, Any] = json.loads(line)
        assert "Authorization" not in str(trace)


@pytest.mark.parametrize("verb", VERBS)
def test_the_command_line_shows_none(shown: Shown, verb: str) -> None:
    assert shown.verbs[verb]
    assert _leaks(shown.verbs[verb]) == []


def test_neither_arguments_nor_environment_hold_any(shown: Shown) -> None:
    assert [secret for secret in CANARIES.values() if secret.encode() in shown.process] == []
