"""The control socket as its clients find it: a question, an answer, and no way to tie the agent up."""

import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.runtime import control
from agent.runtime.control import ControlServer
from tests.waiting import until

Answer = Callable[[dict[str, Any]], None]


def owner(verb: str, arguments: dict[str, Any], answer: Answer) -> None:
    """Answers as the agent's owner thread would: from another thread."""
    match verb:
        case "echo":
            threading.Thread(target=answer, args=(arguments,)).start()
        case "large":
            answer({"text": "x" * 3_000_000})
        case "odd":
            answer({"value": object()})
        case "broken":
            raise RuntimeError("a mistake of ours")
        case "silent":
            pass


def three(arguments: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    for number in range(3):
        yield {"number": number}
        yield None


def endless(arguments: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    while True:
        yield None


def failing(arguments: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    yield {"number": 0}
    raise OSError("the disk is gone")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    server = ControlServer(tmp_path / "s", owner, {"three": three, "endless": endless, "failing": failing})
    server.start()
    yield tmp_path / "s"
    server.stop()


def opened(path: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))  # blocking: a full queue makes it wait, as the command line does
    client.settimeout(10)
    return client


def everything(client: socket.socket) -> list[dict[str, Any]]:
    with client, client.makefile("rb") as lines:
        return [json.loads(line) for line in lines]


def asked(path: Path, request: bytes) -> list[dict[str, Any]]:
    client = opened(path)
    client.sendall(request)
    return everything(client)


def line(verb: str, **arguments: Any) -> bytes:
    return json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n"


def test_a_question_gets_one_answer_with_the_schema_number(path: Path) -> None:
    assert asked(path, line("echo", path="a")) == [{"schema": 1, "path": "a"}]


def test_a_client_that_closes_its_direction_still_gets_the_answer(path: Path) -> None:
    client = opened(path)
    client.sendall(line("echo", path="a"))
    client.shutdown(socket.SHUT_WR)
    assert everything(client) == [{"schema": 1, "path": "a"}]


def test_a_large_answer_arrives_whole(path: Path) -> None:
    (answer,) = asked(path, line("large"))
    assert len(answer["text"]) == 3_000_000


def test_a_stream_comes_line_by_line_and_ends(path: Path) -> None:
    assert [each["number"] for each in asked(path, line("three"))] == [0, 1, 2]


def test_a_stream_that_fails_says_so_and_the_service_goes_on(path: Path) -> None:
    first, last = asked(path, line("failing"))
    assert (first["number"], last["error"]["code"]) == (0, "internal")
    assert asked(path, line("echo")) == [{"schema": 1}]


@pytest.mark.parametrize("verb", ["odd", "broken"])
def test_a_mistake_of_ours_is_answered_without_details_and_the_service_goes_on(path: Path, verb: str) -> None:
    (answer,) = asked(path, line(verb))
    assert answer["error"] == {
        "code": "internal",
        "message": "the agent could not answer that",
        "next": "see the agent's log",
    }
    assert asked(path, line("echo")) == [{"schema": 1}]


@pytest.mark.parametrize(
    "request_",
    [
        b"\n",
        b"get\n",
        b"[]\n",
        b"{}\n",
        b'{"verb": 1}\n',
        b'{"verb": "echo", "arguments": []}\n',
        b"\xff\n",
        b"[" * 5000 + b"\n",
    ],
)
def test_what_is_no_request_is_told_so(path: Path, request_: bytes) -> None:
    (answer,) = asked(path, request_ + b"\n")
    assert answer["error"]["code"] == "bad_request"


def test_a_request_beyond_one_megabyte_is_refused(path: Path) -> None:
    with opened(path) as client:
        client.sendall(b"x" * 1_500_000)  # what is too much is taken and thrown away, so that the answer is read
        answer = json.loads(client.recv(4096))
    assert answer["error"]["code"] == "bad_request"


def test_an_owner_that_does_not_answer_is_reported_in_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_WITHIN", 0.1)
    (answer,) = asked(path, line("silent"))
    assert answer["error"]["code"] == "timeout"


def test_connections_that_say_nothing_are_closed_and_keep_nobody_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "REQUEST_WITHIN", 0.2)
    idle = [opened(path) for _ in range(control.MOST_CONNECTIONS + 8)]
    assert asked(path, line("echo")) == [{"schema": 1}]
    assert [each.recv(1) for each in idle] == [b""] * len(idle)


def test_those_who_watch_leave_room_for_those_who_ask(path: Path) -> None:
    watching = [opened(path) for _ in range(control.MOST_STREAMS)]
    for each in watching:
        each.sendall(line("endless"))
    refused = until(lambda: _first_line_or_none(path))
    assert refused["error"]["code"] == "busy"
    assert asked(path, line("echo")) == [{"schema": 1}]
    for each in watching:
        each.close()


def _first_line_or_none(path: Path) -> dict[str, Any] | None:
    """What a further watcher is told within a moment; it is silent while the server has not seen all the others."""
    with opened(path) as client:
        client.settimeout(0.2)
        client.sendall(line("endless"))
        try:
            return dict(json.loads(client.recv(4096)))
        except TimeoutError:
            return None


def test_a_watcher_that_goes_away_frees_its_place(path: Path) -> None:
    for _ in range(3 * control.MOST_CONNECTIONS):
        client = opened(path)
        client.sendall(line("endless"))
        client.close()
    assert asked(path, line("echo")) == [{"schema": 1}]


def test_a_client_that_goes_away_before_the_answer_disturbs_nobody(path: Path) -> None:
    for _ in range(20):
        client = opened(path)
        client.sendall(line("large"))
        client.close()
    assert asked(path, line("echo")) == [{"schema": 1}]


def test_only_the_agents_user_may_connect(path: Path) -> None:
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_stopping_takes_the_socket_away(tmp_path: Path) -> None:
    server = ControlServer(tmp_path / "s", owner)
    server.start()
    server.stop()
    assert list(tmp_path.iterdir()) == []


def test_stopping_leaves_the_socket_of_a_successor(tmp_path: Path) -> None:
    first = ControlServer(tmp_path / "s", owner)
    first.start()
    (tmp_path / "s").rename(tmp_path / "old")
    second = ControlServer(tmp_path / "s", owner)
    second.start()
    first.stop()
    assert asked(tmp_path / "s", line("echo")) == [{"schema": 1}]
    second.stop()
