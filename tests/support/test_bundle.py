"""A support bundle: whole, bounded, readable, and without what nobody else may know."""

import base64
import io
import json
import re
import secrets
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.runtime.redactor import Redactor
from agent.support.bundle import MOST_MODEL, Sources, SupportBundle
from tests.runtime.kept_sessions import KeptSessions
from tests.waiting import PATIENCE, until

Line = dict[str, Any]

STATUS = {
    "acs": {"url": "https://acs.isp.example/tr069", "state": "reachable"},
    "device": {"serial_number": "SN-4711-0815", "address": "8.8.4.4"},
    "connection_request": {"username": "cr-user-77"},
}
PARAMETERS = [
    {"path": "Device.WiFi.SSID.1.SSID", "value": "Villa Kunterbunt"},
    {"path": "Device.WiFi.SSID.1.BSSID", "value": "00:d0:9e:aa:bb:cc"},
    {"path": "Device.Hosts.Host.1.HostName", "value": "annikas-phone"},
    {"path": "Device.ManagementServer.URL", "value": "https://acs.isp.example/tr069"},
    {"path": "Device.WiFi.AccessPoint.1.Security.KeyPassphrase", "value": "canary-key"},
    {"path": "Device.DeviceInfo.UpTime", "value": "17"},
]
LOG = [{"n": 1, "at": 0.0, "level": "info", "logger": "x", "text": "acs.isp.example said canary-acs to annikas-phone"}]
SESSION = [
    {"session": 7, "kind": "session", "url": "https://acs.isp.example/tr069", "events": []},
    {"session": 7, "kind": "message", "xml": "<v>Villa Kunterbunt</v><v>https://files.isp.example/fw</v>"},
    {"session": 7, "kind": "end", "outcome": "from 8.8.4.4 by 00:D0:9E:AA:BB:CC"},
]
PLANTED = ["canary", "isp.example", "Kunterbunt", "annikas", "SN-4711", "cr-user-77", "8.8.4.4", "aa:bb:cc", "AA:BB:CC"]


@dataclass
class Device:
    """What there is to be put in."""

    answers: dict[str, Any] = field(
        default_factory=lambda: {
            "status": STATUS,
            "doctor": {"checks": []},
            "discover": {"sources": []},
            "get": {"parameters": PARAMETERS},
        }
    )
    traces: KeptSessions = field(default_factory=lambda: KeptSessions({7: list(SESSION)}))
    log: list[Line] = field(default_factory=lambda: list(LOG))

    def bundle(self, **options: Any) -> SupportBundle:
        redactor = Redactor(known=lambda: ["canary-acs"])
        return SupportBundle(
            Sources(
                ask=self._ask,
                root=lambda: "Device.",
                settings=lambda: {"acs.password": "canary-file", "acs.username": "me@isp.example", "log.level": "info"},
                is_secret=redactor.is_secret,
                is_writable=lambda path: True,
                mask=redactor.text,
                secrets=lambda: ["canary-file", ""],
                traces=self.traces,
                log=lambda: self.log,
                state_directory=lambda: "/",
            ),
            **options,
        )

    def _ask(self, verb: str, arguments: Mapping[str, Any]) -> Line:
        answer = self.answers[verb]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


def lines(stream: Iterator[Line | None]) -> list[Line]:
    told: list[Line] = []
    deadline = time.monotonic() + PATIENCE
    for line in stream:
        if line is not None:
            told.append(line)
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return told


def unpacked(told: list[Line]) -> tuple[dict[str, str], Line]:
    data = b"".join(base64.b64decode(line["data"]) for line in told[:-1])
    assert told[-1]["bytes"] == len(data) <= 5_000_000
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        members = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        return {name: file.read().decode() for name, file in members.items() if file}, told[-1]


def made(bundle: SupportBundle) -> tuple[dict[str, str], Line]:
    return unpacked(lines(bundle.stream({})))


def test_everything_is_there_and_readable_and_nothing_that_was_planted() -> None:
    members, last = made(Device().bundle())
    assert last["left_out"] == []
    assert last["name"].startswith("cpe-agent-support-20")
    names = {name.partition("/")[2] for name in members}
    assert names == {
        *("README.txt", "status.json", "doctor.json", "discover.json", "settings.json", "versions.json"),
        *("machine.json", "log.txt", "model.txt", "sessions/00000007.jsonl"),
    }
    whole = "\n".join(members.values())
    assert [secret for secret in PLANTED if secret in whole] == []
    assert json.loads(members["cpe-agent-support/settings.json"])["acs.password"] == "******"
    assert 'KeyPassphrase = "******"' in members["cpe-agent-support/model.txt"]
    assert 'UpTime = "17"' in members["cpe-agent-support/model.txt"]


def test_the_same_name_is_the_same_placeholder_in_every_member() -> None:
    members, _ = made(Device().bundle())
    host = json.loads(members["cpe-agent-support/status.json"])["acs"]["url"].split("/")[2]
    assert host.startswith("host-")
    for name in ("log.txt", "model.txt", "sessions/00000007.jsonl"):
        assert host in members[f"cpe-agent-support/{name}"]
    phone = re.search(r'HostName = "(host-\d+)"', members["cpe-agent-support/model.txt"])
    assert phone
    assert members["cpe-agent-support/log.txt"] == f"1970-01-01T00:00:00Z info {host} said ****** to {phone[1]}\n"


def test_what_one_member_tells_is_masked_in_all() -> None:
    device = Device()
    path = "Device.WiFi.SSID.1.SSID"
    device.answers["get"] = {
        "parameters": [
            {"path": path, "value": "JM"},
            {"path": "Device.DeviceInfo.HostName", "value": "vm"},
            {"path": "Device.Firewall.Chain.1.Name", "value": "Kids at home"},
        ]
    }
    device.answers["status"] = {"connection_request": {"url": "http://10.0.0.1:7547/Xy-1", "username": "ab"}}
    device.log = [{"at": 0.0, "level": "info", "text": f"{text}"} for text in (
        "GET /Xy-1 for bob@private.example.org", "the ACS's host old.example.net is remembered", "Tower is up",
        "Kids at home is on; vm is a word here",
    )]  # fmt: skip
    device.traces = KeptSessions(
        {7: [{"session": 7, "kind": "message", "xml": f"<Name>{path}</Name><Value>JM</Value><Username>Tower</Username>",
              "summary": f"SetParameterValues  {path}=JM"}]}
    )  # fmt: skip
    members, _ = made(device.bundle())
    told = {name.partition("/")[2]: text for name, text in members.items()}
    assert told["model.txt"] == (
        'Device.WiFi.SSID.1.SSID = "ssid-1"\n'
        'Device.DeviceInfo.HostName = "{}"\nDevice.Firewall.Chain.1.Name = "name-1"\n'
    ).format(re.findall(r"host-\d+", told["model.txt"])[0])
    session = json.loads(told["sessions/00000007.jsonl"])
    assert session["summary"] == f"SetParameterValues  {path}=ssid-1"
    assert "<Value>ssid-1</Value><Username>user-" in session["xml"]
    assert re.findall(r"info (.*)\n", told["log.txt"])[0::3] == [
        "GET /path-1 for mail-1", "name-1 is on; vm is a word here",
    ]  # fmt: skip
    assert re.search(r"host host-\d+ is remembered\n.*user-\d is up", told["log.txt"])
    assert json.loads(told["status.json"])["connection_request"]["url"] == "http://10.0.0.1:7547/path-1"


@pytest.mark.parametrize(
    ("verb", "answer", "why"),
    [
        ("discover", {"error": {"code": "unknown_verb", "message": "no such verb"}}, "discover: no such verb"),
        ("get", TimeoutError("the agent is too busy to answer"), "get: the agent is too busy to answer"),
    ],
)
def test_what_cannot_be_had_is_named_and_the_rest_is_there(verb: str, answer: Any, why: str) -> None:
    device = Device()
    device.answers[verb] = answer
    members, last = made(device.bundle())
    assert last["left_out"] == [why]
    assert "cpe-agent-support/status.json" in members


@pytest.mark.slow
def test_a_bundle_is_bounded_and_the_last_sessions_come_first() -> None:
    device = Device()
    noise = [{"path": f"Device.X.{number}.Y", "value": secrets.token_hex(500)} for number in range(1600)]
    device.answers["get"] = {"parameters": noise}
    device.traces = KeptSessions(
        {n: [{"session": n, "kind": "message", "xml": secrets.token_hex(50_000)}] for n in range(1, 15)}
    )
    members, last = made(device.bundle(most_bytes=2_000_000))
    assert any(reason.startswith("model.txt: what follows") for reason in last["left_out"])
    assert "sessions/00000001.jsonl: no room" in last["left_out"]
    assert len(members["cpe-agent-support/model.txt"]) < MOST_MODEL + 2000
    assert "cpe-agent-support/sessions/00000014.jsonl" in members
    assert sum(map(len, members.values())) <= 2_000_000


@pytest.mark.slow
def test_one_at_a_time_and_a_broken_one_is_told() -> None:
    device = Device()
    bundle = device.bundle()
    device.answers["status"] = {"connection_request": None}
    assert lines(bundle.stream({}))[-1]["error"]["code"] == "internal"
    device.answers["status"] = STATUS
    first = bundle.stream({})
    next(first)
    second = lines(bundle.stream({}))
    assert second[-1].get("error", {}).get("code", "busy") == "busy"
    first.close()  # type: ignore[attr-defined]
    until(lambda: "name" in lines(bundle.stream({}))[-1])


def test_it_takes_no_arguments() -> None:
    assert lines(Device().bundle().stream({"x": 1}))[0]["error"]["code"] == "invalid_arguments"
