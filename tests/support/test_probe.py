"""The stream of a connection test: one at a time, ended when nobody looks, and nobody else's password shown."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.cwmp.messages import Inform
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from agent.lab.gate import Auth
from agent.runtime.control import ControlServer
from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.wire import Resolve, resolve_by_system
from agent.support.probe import Owner, Probe
from tests.support.test_probe_run import INFORM, QUICK
from tests.waiting import PATIENCE, until

Line = dict[str, Any]


@dataclass
class Device:
    """An owner that does at once what it is asked for, and notes it."""

    configured: AcsEndpoint
    lent: list[Inform | str] = field(default_factory=lambda: [INFORM])
    overs: int = 0
    resolved_on: list[str] = field(default_factory=list)

    def probe(self, **options: Any) -> Probe:
        owner = Owner(
            ask=lambda work: work(),
            endpoint=lambda: self.configured,
            lend=lambda: self.lent.pop(0) if len(self.lent) > 1 else self.lent[0],
            over=self._over,
            resolve=self._resolve,
            is_clock_set=lambda: True,
            mask=lambda text: text.replace("canary", "******"),
        )
        return Probe(owner, QUICK, **options)

    def _over(self) -> None:
        self.overs += 1

    def _resolve(self, interface: str) -> Resolve:
        self.resolved_on.append(interface)
        return resolve_by_system


def lines(stream: Iterator[Line | None]) -> list[Line]:
    """What a stream tells up to its end; each is waited for with patience."""
    told: list[Line] = []
    deadline = time.monotonic() + PATIENCE
    for line in stream:
        if line is not None:
            told.append(line)
            deadline = time.monotonic() + PATIENCE
        assert time.monotonic() < deadline, told
        time.sleep(0.01)
    return told


@pytest.fixture
def acs() -> Iterator[LabAcs]:
    with LabAcs(auth=Auth("digest", "device", "right")) as made:
        yield made


def test_the_configured_acs_is_tested_and_its_turn_given_back(acs: LabAcs) -> None:
    device = Device(AcsEndpoint(acs.url, "device", "right"))
    told = lines(device.probe().stream({}))
    assert [line["step"] for line in told] == ["dns", "tcp", "tls", "http", "authentication", "inform"]
    assert all(line["ok"] for line in told)
    assert set(told[0]) == {"step", "ok", "what", "next", "details"}
    assert device.overs == 1


@pytest.mark.slow
def test_another_acs_does_not_get_the_configured_password(acs: LabAcs) -> None:
    device = Device(AcsEndpoint("https://acs.example.net/", "device", "right"))
    told = lines(device.probe().stream({"url": acs.url}))
    assert (told[-1]["step"], told[-1]["ok"]) == ("authentication", False)
    told = lines(device.probe().stream({"url": acs.url, "username": "device", "password": "right", "ca_file": ""}))
    assert told[-1]["ok"]


def test_the_same_host_by_another_path_gets_it(acs: LabAcs) -> None:
    device = Device(AcsEndpoint(acs.url, "device", "right"))
    assert lines(device.probe().stream({"url": acs.url + "other"}))[-1]["ok"]


def test_an_interface_is_what_names_and_connections_are_bound_to(acs: LabAcs) -> None:
    device = Device(AcsEndpoint(acs.url, interface="mgmt0"))
    told = lines(device.probe().stream({"interface": "nosuch0"}))
    assert device.resolved_on == ["nosuch0"]
    assert (told[-1]["step"], told[-1]["ok"]) == ("tcp", False)


def test_a_session_under_way_is_waited_for(acs: LabAcs) -> None:
    device = Device(AcsEndpoint(acs.url, "device", "right"), ["a session with the ACS is under way", INFORM])
    assert lines(device.probe().stream({}))[-1]["ok"]


def test_one_test_at_a_time_and_who_stops_looking_ends_it(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(reply_delay=3)
    device = Device(AcsEndpoint(acs.url, "device", "right"))
    probe = device.probe()
    first = probe.stream({})
    next(first)
    [refused] = lines(probe.stream({}))
    assert refused["error"]["code"] == "busy"
    first.close()  # type: ignore[attr-defined]
    until(lambda: device.overs == 1)
    acs.behaviour = Behaviour()
    told: list[Line] = []

    def again() -> bool:
        told[:] = lines(probe.stream({}))
        return "error" not in told[-1]

    until(again)
    assert told[-1]["ok"]


@pytest.mark.slow
def test_a_connection_that_closes_ends_its_test(acs: LabAcs, tmp_path: Any) -> None:
    from agent.cli import client

    acs.behaviour = Behaviour(reply_delay=3)
    device = Device(AcsEndpoint(acs.url, "device", "right"))
    server = ControlServer(tmp_path / "s", lambda *_: None, {"test": device.probe().stream})
    server.start()
    try:
        options = type("Options", (), {"socket": str(tmp_path / "s"), "config": None})()
        told = client.stream(options, "test")
        assert next(told)["step"] == "dns"
        told.close()  # type: ignore[attr-defined]
        until(lambda: device.overs == 1)
    finally:
        server.stop()


def test_a_test_as_a_whole_has_an_end(acs: LabAcs) -> None:
    acs.behaviour = Behaviour(reply_delay=3)
    told = lines(Device(AcsEndpoint(acs.url, "device", "right")).probe(longest=0.3).stream({}))
    assert not told[-1]["ok"]
    assert "took longer" in told[-1]["what"]


def test_secrets_are_masked_in_what_is_told(acs: LabAcs) -> None:
    told = lines(Device(AcsEndpoint(acs.url, "canary", "wrong")).probe().stream({}))
    assert "(user name ******)" in told[-1]["what"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "ftp://acs/"},
        {"url": 1},
        {"url": "http://user:canary@acs/"},
        {"interface": "a/b"},
        {"interface": "sixteen-letters-"},
        {"password": "x" * 300},
        {"username": "a\nb"},
        {"colour": "red"},
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: Line) -> None:
    [refused] = lines(Device(AcsEndpoint("")).probe().stream(arguments))
    assert refused["error"]["code"] == "invalid_arguments"
    assert "canary" not in str(refused)


def test_an_address_without_a_scheme_is_answered_by_how_to_write_it() -> None:
    [refused] = lines(Device(AcsEndpoint("")).probe().stream({"url": "acs.example.net"}))
    assert refused["error"]["next"] == "write it whole, such as https://acs.example.net/cwmp"


def test_without_an_acs_there_is_nothing_to_test() -> None:
    [refused] = lines(Device(AcsEndpoint("")).probe().stream({}))
    assert refused["error"]["code"] == "no_acs"


def test_an_agent_that_is_too_busy_says_so() -> None:
    def ask(work: Callable[[], Any]) -> Any:
        raise TimeoutError

    device = Device(AcsEndpoint("http://127.0.0.1/"))
    probe = device.probe()
    probe._owner = probe._owner._replace(ask=ask)
    [refused] = lines(probe.stream({}))
    assert refused["error"]["code"] == "timeout"
