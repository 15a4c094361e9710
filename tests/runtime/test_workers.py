"""Workers do what the core wants, in its order; what fails is logged, and the agent goes on."""

import http.client
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agent.cwmp.messages import Envelope, GetRPCMethods
from agent.runtime import actions as do
from agent.runtime.loop import Inbox
from agent.runtime.workers import Listening, Workers
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]

LISTENING = Listening(port=0, path="path", algorithm="MD5", interface="", is_enabled=True)


@dataclass
class Line:
    """Stands for a session's connection: what was sent over it, and how it ended."""

    number: int
    events: tuple[str, ...]
    sent: list[Envelope | None] = field(default_factory=list)
    outcome: str = ""

    def post(self, envelope: Envelope | None) -> None:
        self.sent.append(envelope)

    def close(self, outcome: str) -> None:
        self.outcome = outcome


@dataclass
class Bench:
    """The workers, with what they were told to do to the outside."""

    wanted: Listening = LISTENING
    lines: list[Line] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        self.workers = Workers(
            Inbox(),
            self.connect,
            lambda: self.wanted,
            lambda: ("user", "password"),
            self.does("reboot"),
            self.does("factory reset"),
            self.does("reload"),
        )

    def connect(self, number: int, events: tuple[str, ...]) -> Any:
        self.lines.append(Line(number, events))
        return self.lines[-1]

    def does(self, what: str) -> Callable[[], None]:
        return lambda: self.done.append(what)

    @property
    def port(self) -> int:
        assert self.workers.listener is not None
        return self.workers.listener.port


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.workers.close()


def test_a_session_is_opened_posted_to_and_closed(bench: Bench) -> None:
    envelope = Envelope(GetRPCMethods(), id="1")
    for action in (
        do.OpenSession(7, ("1 BOOT",)),
        do.Post(7, envelope),
        do.Post(7, None),
        do.CloseSession(7, "complete"),
        do.Post(7, None),
    ):
        bench.workers.perform(action)

    [line] = bench.lines
    assert (line.number, line.events, line.sent, line.outcome) == (7, ("1 BOOT",), [envelope, None], "complete")
    assert bench.workers.session is None


def test_what_concerns_the_system_is_handed_on(bench: Bench) -> None:
    replies: list[dict[str, Any]] = []
    for action in (do.Reboot(), do.FactoryReset(), do.ReloadSettings(), do.Answer(replies.append, {"a": 1})):
        bench.workers.perform(action)

    assert bench.done == ["reboot", "factory reset", "reload"]
    assert replies == [{"a": 1}]


def test_a_surprise_is_logged_and_the_next_action_is_done(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> None:
        raise RuntimeError("no reboot command")

    bench.workers.reboot = broken
    with caplog.at_level(logging.ERROR):
        bench.workers.perform(do.Reboot())
    bench.workers.perform(do.FactoryReset())

    assert "Reboot could not be done" in caplog.text
    assert bench.done == ["factory reset"]


def answer_of(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/path")
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_listener_follows_what_is_wanted_and_is_left_alone_otherwise(bench: Bench) -> None:
    bench.workers.perform(do.Listen())
    first = bench.workers.listener
    assert answer_of(bench.port) == 401
    bench.workers.perform(do.Listen())
    assert bench.workers.listener is first

    bench.wanted = replace(LISTENING, path="other")
    bench.workers.perform(do.Listen())
    assert bench.workers.listener is not first

    port = bench.port
    bench.wanted = replace(LISTENING, is_enabled=False)
    bench.workers.perform(do.Listen())
    assert bench.workers.listener is None
    with pytest.raises(ConnectionRefusedError):
        answer_of(port)


def test_a_port_that_is_taken_is_a_problem_that_people_can_read_and_is_tried_again(bench: Bench) -> None:
    with socket.create_server(("", 0)) as taken:
        bench.wanted = replace(LISTENING, port=taken.getsockname()[1])
        bench.workers.perform(do.Listen())
        assert bench.workers.listener is None
        assert bench.workers.problem
    bench.workers.perform(do.Listen())

    assert bench.workers.listener is not None
    assert bench.workers.problem == ""


def test_a_problem_that_goes_on_is_logged_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.wanted = replace(LISTENING, interface="late0")
    with caplog.at_level(logging.ERROR):
        bench.workers.perform(do.Listen())
        bench.workers.perform(do.Listen())
    bench.wanted = replace(LISTENING, interface="late1")
    bench.workers.perform(do.Listen())

    assert caplog.text.count("there is no interface late0") == 1
    assert caplog.text.count("there is no interface late1") == 1


def test_an_interface_that_is_another_one_under_its_name_is_listened_on_anew(bench: Bench) -> None:
    bench.wanted = replace(LISTENING, interface="lo", interface_index=1)
    bench.workers.perform(do.Listen())
    first = bench.workers.listener
    bench.wanted = replace(bench.wanted, interface_index=2)
    bench.workers.perform(do.Listen())

    assert bench.workers.listener is not None
    assert bench.workers.listener is not first


def test_closing_ends_everything() -> None:
    bench = Bench()
    bench.workers.perform(do.Listen())
    bench.workers.perform(do.OpenSession(1, ()))
    port = bench.port
    bench.workers.close()

    assert bench.lines[0].outcome == "the agent was stopped"
    with pytest.raises(ConnectionRefusedError):
        answer_of(port)


LATE = """
import subprocess
from dataclasses import replace
from agent.runtime import actions as do
from tests.runtime.test_workers import LISTENING, Bench
bench = Bench(replace(LISTENING, interface="late0"))
bench.workers.perform(do.Listen())
print(bench.workers.listener is None, "no interface late0" in bench.workers.problem)
subprocess.run(["ip", "link", "add", "late0", "type", "veth", "peer", "name", "far0"], check=True)
bench.workers.perform(do.Listen())
print(bench.workers.listener is not None, bench.workers.problem == "")
bench.workers.close()
"""


def test_an_interface_that_appears_late_is_listened_on_when_it_does(lab: Namespace) -> None:
    told = lab.run(sys.executable, "-c", LATE)
    assert told.split() == ["True"] * 4
