"""Secret canaries (hardening T12) on the real process: planted wherever a secret can be, found nowhere."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from agent.cli import client
from agent.lab.behaviour import Behaviour
from agent.lab.gate import Auth
from tests.durability.stand import PROJECT, Agent, Stand
from tests.runtime.connection_request_client import authorization, request, send
from tests.waiting import HANGS, until

PLACES = (
    "acs-password", "request-password", "set-acs-password", "set-request-password",
    "hidden-by-acs", "hidden-by-person", "hidden-of-bad-type", "named-like-a-secret", "unknown-parameter",
    "download-password", "download-url", "upload-password", "unit-password", "unread-element",
    "redirect-url", "guessed-request-password", "guessed-query", "basic-credentials", "set-url", "broken-settings",
)  # fmt: skip
SECRETS = {place: f"cnry{number:02}{place.replace('-', '')}" for number, place in enumerate(PLACES)}
ROOT = "Device.ManagementServer."
VENDOR = "Device.X_CANARY_Radio."
SCHEMA = {
    "schema": 1,
    "model": "X_CANARY",
    "objects": {
        VENDOR: {
            "parameters": {
                "Key": {"type": "string", "access": "readWrite", "hidden": True},
                "Number": {"type": "unsignedInt", "access": "readWrite", "hidden": True},
                "KeyPassphrase": {"type": "string", "access": "readWrite"},
            }
        }
    },
}
OBJECTS = f"""
from agent.model.object import Object, Parameter

KEPT = {{}}

def objects(mechanisms):
    def kept(name, default):
        return Parameter(name, lambda row: KEPT.get(name, default), lambda row, value: KEPT.update({{name: value}}))
    parameters = [kept("Key", ""), kept("Number", 1), kept("KeyPassphrase", "")]
    one = dict(rows=lambda: (None,), keys=lambda row: (), parameters=parameters, backend=mechanisms.own)
    return [Object("{VENDOR}", **one)]
"""


@pytest.fixture
def planted(make_stand: Callable[..., Stand], tmp_path: Path) -> Stand:
    """A stand whose ACS, settings and extension hold canaries."""
    extensions = tmp_path / "extensions"
    extensions.mkdir(mode=0o700)
    (extensions / "canary.json").write_text(json.dumps(SCHEMA))
    (extensions / "canary.py").write_text(OBJECTS)
    traces = f'[trace]\ndirectory = "{tmp_path}/traces"\n[extensions]\ndirectory = "{extensions}"\n'
    stand = make_stand(auth=Auth("digest", "device", SECRETS["acs-password"]), more=traces)
    login(stand, "acs-password", f'username = "acs"\npassword = "{SECRETS["request-password"]}"\n')
    return stand


def login(stand: Stand, place: str, requests: str = "") -> None:
    """Let the settings hold the ACS's password, and what goes to [connection_request]; log everything."""
    text = stand.settings.read_text().replace('level = "info"', 'level = "debug"')
    table = "[connection_request]\n"
    acs = f'username = "device"\npassword = "{SECRETS[place]}"\n'
    stand.settings.write_text(text.replace(table, acs + table + requests))


def plant(stand: Stand, agent: Agent) -> None:
    """The ACS reads, sets and sends secrets, in requests that are served and in some that are refused."""

    def asked(parameters: dict[str, object]) -> str:
        return stand.rpc(agent, "SetParameterValues", parameters=parameters).state

    assert asked({f"{ROOT}ConnectionRequestPassword": SECRETS["set-request-password"]}) == "done"
    assert asked({f"{VENDOR}Key": SECRETS["hidden-by-acs"]}) == "done"
    assert asked({f"{VENDOR}KeyPassphrase": SECRETS["named-like-a-secret"]}) == "done"
    number = {"value": SECRETS["hidden-of-bad-type"], "type": "unsignedInt"}
    assert asked({f"{VENDOR}Number": number}) == "fault"
    assert asked({f"{VENDOR}NoSuchPassword": SECRETS["unknown-parameter"]}) == "fault"
    agent.ask("set", values={f"{VENDOR}Key": SECRETS["hidden-by-person"]})
    url = f"http://user:{SECRETS['download-url']}@files.invalid/"
    stand.rpc(agent, "Download", url=url, password=SECRETS["download-password"])
    stand.rpc(agent, "Upload", url="http://files.invalid/", password=SECRETS["upload-password"])
    unit = f"<Operations><Password>{SECRETS['unit-password']}</Password></Operations><CommandKey/>"
    stand.rpc(agent, "ChangeDUState", xml=unit)
    stand.rpc(agent, "X_CANARY_Method", xml=f"<Secret>{SECRETS['unread-element']}</Secret>")
    assert asked({f"{VENDOR}Key": "", f"{ROOT}Username": "device"}) == "done"
    asked({f"{ROOT}URL": f"ftp://user:{SECRETS['set-url']}@acs.invalid/"})
    asked({f"{ROOT}Password": SECRETS["set-acs-password"]})


def knock(stand: Stand, agent: Agent) -> None:
    """Connection requests with the right and with the wrong secrets, in a digest, in the clear and in the query."""
    path = "/" + agent.values(f"{ROOT}ConnectionRequestURL").popitem()[1].rpartition("/")[2]
    for secret in ("guessed-request-password", "set-request-password"):
        challenge = send(stand.port, request(path))
        assert challenge is not None
        proof = authorization(challenge.challenge, uri=path, username="acs", password=SECRETS[secret])
        send(stand.port, request(path, proof))
    send(stand.port, request(f"{path}?token={SECRETS['guessed-query']}"))
    credentials = base64.b64encode(f"acs:{SECRETS['basic-credentials']}".encode()).decode()
    send(stand.port, request(path, f"Authorization: Basic {credentials}"))


def fail(stand: Stand, agent: Agent) -> None:
    """Sessions that fail: the ACS does not know the password any more, and sends the device elsewhere."""
    stand.acs.behaviour = Behaviour(redirect_to=f"http://user:{SECRETS['redirect-url']}@127.0.0.1:9/x")
    with suppress(client.Failure):
        agent.ask("inform")
    until(lambda: agent.ask("status")["acs"]["failed_attempts"])
    stand.settings.write_text(f"[acs]\npassword = {SECRETS['broken-settings']}\n")
    os.kill(agent.pid, signal.SIGHUP)
    until(lambda: any("stay as they are" in line for line in stand.log_lines()))


def verb(stand: Stand, *words: str) -> str:
    """What a person sees who asks."""
    command = [sys.executable, "-m", "agent", *words, "--socket", str(stand.state / "control.sock")]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def spoken(secrets: Iterable[str]) -> list[bytes]:
    """The secrets as they may be spelt."""
    plain = [secret.encode() for secret in secrets]
    return [*plain, base64.b64encode(b"acs:" + SECRETS["basic-credentials"].encode())]


@pytest.mark.slow
def test_twenty_canaries_are_planted_and_none_is_found(planted: Stand, tmp_path: Path) -> None:
    stand = planted
    agent = stand.first_contact()
    plant(stand, agent)
    knock(stand, agent)
    fail(stand, agent)

    shown = {
        "log": stand.log.read_bytes(),
        **{str(path): path.read_bytes() for path in (tmp_path / "traces").iterdir()},
        **{name: Path(f"/proc/{agent.pid}/{name}").read_bytes() for name in ("cmdline", "environ", "comm")},
    }
    sessions = [str(one["session"]) for one in agent.ask("sessions")["sessions"]]
    asked = ("status", "queue", "inform --dry-run", "sessions", f"get {ROOT} {VENDOR}Key {VENDOR}Number", "names")
    for words in (verbs.split() for verbs in asked):
        shown[" ".join(words)] = verb(stand, *words).encode()
        shown[" ".join((*words, "--json"))] = verb(stand, *words, "--json").encode()
    for number in sessions:
        shown[f"session {number}"] = verb(stand, "sessions", number, "--xml").encode()

    assert len(SECRETS) == 20
    assert len(sessions) >= 10
    assert b"SetParameterValues" in shown["log"]
    assert b"ConnectionRequestPassword" in b"".join(shown.values())
    found = [(place, secret) for place, text in shown.items() for secret in spoken(SECRETS.values()) if secret in text]
    assert found == []
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in stand.state.glob("*.json")}
    assert set(modes.values()) == {"0o600"}, modes


@pytest.mark.slow
def test_an_acs_that_asks_for_basic_over_http_gets_no_password_and_none_is_shown(
    make_stand: Callable[..., Stand],
) -> None:
    stand = make_stand(auth=Auth("basic", "device", SECRETS["acs-password"]))
    login(stand, "acs-password")
    agent = stand.start()

    until(lambda: agent.ask("status")["acs"]["failed_attempts"])

    assert SECRETS["acs-password"].encode() not in stand.log.read_bytes()
    assert all(SECRETS["acs-password"].encode() not in exchange.head for exchange in stand.acs.exchanges)


@pytest.mark.slow
@pytest.mark.parametrize(
    "secret", ['qq"C4nA&x-and-more-of-it-so-that-a-refusal-cuts-it-off', r"bs\C4nB1", "amp&C4nary<pw"]
)
def test_a_secret_in_the_wrong_place_is_in_no_log_trace_or_fault_however_it_is_escaped(
    make_stand: Callable[..., Stand], tmp_path: Path, secret: str
) -> None:
    stand = make_stand(more=f'[trace]\ndirectory = "{tmp_path}/traces"\n')
    agent = stand.first_contact()
    assert (
        stand.rpc(agent, "SetParameterValues", parameters={f"{ROOT}ConnectionRequestPassword": secret}).state == "done"
    )
    wrong = {f"{ROOT}PeriodicInformInterval": {"value": secret, "type": "unsignedInt"}}
    refused = stand.rpc(agent, "SetParameterValues", parameters=wrong)
    assert refused.state == "fault"
    traces = "".join(path.read_text() for path in (tmp_path / "traces").iterdir())
    assert "is no unsignedInt" in stand.log.read_text()
    assert "PeriodicInformInterval" in traces
    for shown in (stand.log.read_text(), traces, str(refused)):
        assert "C4n" not in shown


@pytest.mark.slow
def test_what_the_model_keeps_secret_is_masked_in_the_log_after_a_restart_too(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand()
    agent = stand.first_contact()
    added = agent.ask("add", path="Device.DynamicDNS.Client.")["path"]
    assert agent.ask("set", values={f"{added}Password": "amp&C4nary<pw"})["status"] == 0
    agent.kill()
    agent = stand.start()
    with suppress(client.Failure):
        agent.ask("set", values={f"{ROOT}PeriodicInformInterval": "amp&C4nary<pw"})
    wrong = {f"{ROOT}PeriodicInformInterval": {"value": "amp&C4nary<pw", "type": "unsignedInt"}}
    assert stand.rpc(agent, "SetParameterValues", parameters=wrong).state == "fault"
    assert "is no unsignedInt" in stand.log.read_text()
    assert "C4n" not in stand.log.read_text()
