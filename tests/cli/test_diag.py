"""The verb diag: what is asked of the agent, and how its lines are shown."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.diag import milliseconds
from agent.cli.main import run
from agent.runtime.control import error
from tests.cli.scripted_agent import scripted_agent

INPUTS = [
    {"name": "Host", "default": "", "words": [], "unit": ""},
    {"name": "Timeout", "default": 5000, "words": [], "unit": "milliseconds"},
    {"name": "ProtocolVersion", "default": "Any", "words": ["Any", "IPv4"], "unit": ""},
    {"name": "icmp", "default": False},
]
LISTED = {
    "schema": 1,
    "running": None,
    "diagnostics": [{"name": "TraceRoute", "state": "Complete", "text": "", "result": None, "inputs": INPUTS}],
}


def lines(name: str, state: str, text: str = "", *progress: dict[str, Any], **result: Any) -> list[dict[str, Any]]:
    ended = {"name": name, "state": state, "text": text, "result": result or None}
    return [{"begun": name}, *({"progress": one} for one in progress), {"ended": ended}]


def ran(socket: Path, said: list[dict[str, Any]], *arguments: str) -> tuple[int, list[Any]]:
    asked: list[Any] = []

    def stream(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        asked.append(given)
        return iter(said)

    with scripted_agent(socket, {"diagnostics": LISTED}, {"diagnose": stream}):
        return run(["diag", *arguments]), asked


def test_without_a_name_it_lists_what_there_is(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [])[0] == 0
    assert capsys.readouterr().out.splitlines() == [
        "TraceRoute  Complete",
        "   Host=",
        "   Timeout=5000 milliseconds",
        "   ProtocolVersion=Any  Any | IPv4",
        "   icmp=false",
    ]
    assert ran(socket, [], "--json")[0] == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["name"] == "TraceRoute"


def test_a_ping_is_shown_reply_by_reply(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = lines(
        "IPPing",
        "Complete",
        "",
        {"address": "192.0.2.1", "source": "192.0.2.2"},
        {"number": 1, "of": 2, "microseconds": 1234},
        {"number": 2, "of": 2, "microseconds": None, "why": "no answer\x1b[2J in time"},
        success_count=1,
    )
    status, asked = ran(socket, said, "ping", "host=192.0.2.1", "repetitions=2")
    assert status == 0
    assert asked == [{"name": "ping", "settings": {"host": "192.0.2.1", "repetitions": "2"}, "follow": True}]
    assert capsys.readouterr().out.splitlines() == [
        "192.0.2.1 from 192.0.2.2",
        "   1 of 2  1.234 ms",
        "   2 of 2  no answer\\x1b[2J in time",
        "Complete",
        "   success count: 1",
    ]


@pytest.mark.parametrize(
    ("name", "progress", "shown"),
    [
        (
            "TraceRoute",
            {"hop": 1, "address": "192.0.2.1", "microseconds": [900, 0, 1000], "code": 0},
            "0.900 ms  *  1.000",
        ),
        ("TraceRoute", {"hop": 2, "address": "", "microseconds": [0], "code": 0}, "  2  *"),
        (
            "NSLookupDiagnostics",
            {"number": 1, "of": 1, "status": "Success", "addresses": ["192.0.2.1"], "microseconds": 1000, "why": ""},
            "   1 of 1  Success  192.0.2.1  1.000 ms",
        ),
        ("ServerSelectionDiagnostics", {"host": "h", "average": 1000, "successes": 3}, "h: 3 answers, 1.000 ms"),
        ("ServerSelectionDiagnostics", {"host": "h", "why": "nobody"}, "h  nobody"),
        ("SelfTestDiagnostics", {"part": "clock", "is_well": False, "what": "late"}, "✘ clock: late"),
        ("Whatever", {"bytes_moved": 7, "is_so": True}, "bytes moved 7  is so true"),
    ],
)
def test_each_says_what_it_finds_in_its_own_way(
    socket: Path, capsys: pytest.CaptureFixture[str], name: str, progress: dict[str, Any], shown: str
) -> None:
    assert ran(socket, lines(name, "Complete", "", progress), name)[0] == 0
    assert shown in capsys.readouterr().out.splitlines()[0]


def test_what_is_not_complete_is_a_problem_with_its_reason(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, lines("IPPing", "Error_NoRouteToHost", "there is no way"), "ping")[0] == 1
    assert "Error_NoRouteToHost: there is no way" in capsys.readouterr().out


def test_for_programs_it_is_one_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, lines("IPPing", "Complete", "", {"number": 1}, success_count=1), "ping", "--json")[0] == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["progress"], told["result"]) == ("Complete", [{"number": 1}], {"success_count": 1})


def test_what_the_agent_refuses_and_what_is_no_setting(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [error("invalid_arguments", "Host is not set", "say it")], "ping")[0] == 4
    assert "Host is not set" in capsys.readouterr().err
    assert ran(socket, [], "ping", "host")[0] == 2
    assert "'host' is no KEY=VALUE" in capsys.readouterr().err


def test_an_agent_that_ends_meanwhile_is_a_problem(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [{"begun": "IPPing"}], "ping")[0] == 1
    assert "the agent ended while it ran" in capsys.readouterr().err


def test_no_answer_has_no_time() -> None:
    assert (milliseconds(None), milliseconds(0), milliseconds(12)) == ("*", "*", "0.012 ms")
