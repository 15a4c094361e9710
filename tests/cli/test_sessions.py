"""inform, queue and sessions: the conversation with the ACS as people see it."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.cli.sessions import conversation
from agent.runtime.session_stream import session_stream
from tests.cli.scripted_agent import scripted_agent
from tests.runtime.kept_sessions import KeptSessions

HEAD = {"session": 7, "at": "2026-11-21T21:00:01.123Z", "kind": "session", "url": "http://acs/", "events": ["1 BOOT"]}
INFORM = {
    "session": 7,
    "at": "",
    "kind": "message",
    "direction": "sent",
    "summary": "Inform 1 BOOT",
    "bytes": 2066,
    "xml": "<a><b>1</b></a>",
}
EXCHANGE = {
    "session": 7,
    "at": "",
    "kind": "exchange",
    "url": "http://acs/",
    "address": "192.0.2.1",
    "status": 200,
    "sent_bytes": 2300,
    "received_bytes": 700,
    "seconds": 0.0123,
    "is_new_connection": True,
}
ANSWER = {
    "session": 7,
    "at": "",
    "kind": "message",
    "direction": "received",
    "summary": "InformResponse",
    "bytes": 500,
    "xml": None,
}
END = {"session": 7, "at": "", "kind": "end", "outcome": "ended by both sides"}


def agent_with(kept: KeptSessions) -> dict[str, Any]:
    return {"sessions": session_stream(kept)}


def test_a_session_reads_as_a_conversation(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({7: [HEAD, INFORM, EXCHANGE, ANSWER, END]}))):
        assert run(["sessions", "7"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "session 7  2026-11-21 21:00:01  http://acs/  1 BOOT",
        "  CPE → Inform 1 BOOT  2066 B",
        "        HTTP 200, 2300 B sent, 700 B received, 12 ms, new connection",
        "  ACS ← InformResponse  500 B",
        "  end: ended by both sides",
    ]


def test_the_xml_is_shown_indented_when_it_is_asked_for(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({7: [HEAD, INFORM]}))):
        assert run(["sessions", "last", "--xml"]) == 0
    assert "        <a>\n          <b>1</b>\n        </a>\n" in capsys.readouterr().out


def test_the_list_has_a_line_for_each_session(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({6: [HEAD | {"session": 6}, END], 7: [HEAD]}))):
        assert run(["sessions"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "ID"
    assert [line.split()[0] for line in lines[1:]] == ["6", "7"]
    assert lines[1].endswith("ended by both sides")
    assert lines[2].endswith("under way")


def test_the_list_is_json_on_demand(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({7: [HEAD, END]}))):
        assert run(["sessions", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert [each["session"] for each in document["sessions"]] == [7]


def test_a_session_that_is_not_kept_is_a_problem(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({}))):
        assert run(["sessions", "9"]) == 1
    assert "session 9 is not kept" in capsys.readouterr().err


def test_without_sessions_the_list_says_how_to_get_one(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({}))):
        assert run(["sessions"]) == 0
    assert "cpe-agent inform" in capsys.readouterr().out


def test_where_none_are_kept_the_list_says_why(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {}, agent_with(KeptSessions({}, "others can write there"))):
        assert run(["sessions"]) == 0
        assert run(["sessions", "last"]) == 1
    told = capsys.readouterr()
    assert "others can write there" in told.out
    assert "others can write there" in told.err
    assert "cpe-agent inform" not in told.out


def test_a_post_without_an_answer_is_seen() -> None:
    (text,) = conversation(EXCHANGE | {"status": 0})
    assert "HTTP no answer" in text


def test_a_line_of_a_later_version_is_shown_as_it_is() -> None:
    (text,) = conversation({"kind": "redirect", "to": "elsewhere"})
    assert "redirect" in text
    assert "elsewhere" in text


def test_inform_starts_a_session(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"inform": {"started": True}}) as asked:
        assert run(["inform"]) == 0
    assert asked == [("inform", {"dry_run": False})]
    assert "a session is started" in capsys.readouterr().out


def test_inform_dry_run_shows_the_xml(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"inform": {"xml": "<Inform><Event/></Inform>"}}) as asked:
        assert run(["inform", "--dry-run"]) == 0
    assert asked == [("inform", {"dry_run": True})]
    assert capsys.readouterr().out == "<Inform>\n  <Event/>\n</Inform>\n"


def test_the_queue_shows_events_changes_and_what_is_scheduled(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queue = {
        "events": [{"code": "1 BOOT", "command_key": ""}, {"code": "M Reboot", "command_key": "k1"}],
        "changed": ["A.B"],
        "scheduled": [{"command_key": "k2", "seconds": 60}],
    }
    with scripted_agent(socket, {"queue": queue}):
        assert run(["queue"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "event     command key",
        "1 BOOT",
        "M Reboot  k1",
        "changed: A.B",
        "scheduled: in 60 s  k2",
    ]


def test_an_empty_queue_says_so(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_agent(socket, {"queue": {"events": [], "changed": [], "scheduled": []}}):
        assert run(["queue"]) == 0
    assert capsys.readouterr().out == "no event waits for the ACS\n"
