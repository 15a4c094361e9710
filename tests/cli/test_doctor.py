"""The doctor's findings as people and programs see them."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.runtime.control import error
from tests.cli.scripted_agent import scripted_agent

LINK = {"name": "link", "ok": True, "what": "eth0 is up", "next": ""}
WELL = {"name": "ACS", "ok": True, "what": "https://acs.example.net/: reachable", "next": ""}
ILL = {"name": "clock", "ok": False, "what": "nothing keeps\x1b[2J the clock right", "next": "let chrony run"}
CALLED = {"name": "connection request", "ok": True, "what": "none has arrived yet", "next": ""}
LEAF = {
    "subject": "acs\x1b[2J",
    "issuer": "Some CA",
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2027-01-01T00:00:00Z",
    "names": ["acs.example.net"],
}


def step(name: str, ok: bool = True, **more: Any) -> dict[str, Any]:
    return {"step": name, "ok": ok, "what": f"{name} was seen", "next": "", "details": {}, **more}


def agent(socket: Path, checks: list[Any], steps: list[Any], facts: dict[str, Any] | None = None) -> Any:
    answers = {"doctor": {"schema": 1, "checks": checks}, "status": {"schema": 1, "connection_request": facts or {}}}
    return scripted_agent(socket, answers, {"test": lambda arguments: iter(steps)})


def test_each_check_is_a_line_with_its_next_step_in_order(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = [step("dns"), step("tcp"), step("tls", False, next="renew it", details={"chain": [LEAF]})]
    with agent(socket, [LINK, ILL, WELL], steps) as asked:
        assert run(["doctor"]) == 1
    assert asked == [("doctor", {})]
    assert capsys.readouterr().out.splitlines() == [
        "✔ link: eth0 is up",
        "✔ DNS: dns was seen",
        "✘ clock: nothing keeps\\x1b[2J the clock right",
        "  next: let chrony run",
        "✔ TCP: tcp was seen",
        "✘ TLS: tls was seen",
        "    acs\\x1b[2J, from Some CA, 2026-01-01 … 2027-01-01, names: acs.example.net",
        "  next: renew it",
        "✔ ACS: https://acs.example.net/: reachable",
    ]


def test_a_warning_has_a_mark_of_its_own_and_is_no_failure(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(socket, [{**ILL, "ok": True, "what": "nothing keeps it right"}, WELL], [step("dns")]):
        assert run(["doctor"]) == 0
    assert "! clock: nothing keeps it right\n  next: let chrony run" in capsys.readouterr().out


def test_a_healthy_device_ends_with_0_and_json_has_what_people_see(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(socket, [WELL], [step("dns", details={"host": "acs"})]):
        assert run(["doctor", "--json"]) == 0
    dns = {"name": "DNS", "ok": True, "what": "dns was seen", "next": "", "details": {"host": "acs"}}
    assert json.loads(capsys.readouterr().out) == {"schema": 1, "checks": [dns, WELL]}


def test_quick_connects_to_nobody(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(socket, [WELL, CALLED], [step("dns", False)], {"url": "http://127.0.0.1:1/x"}) as asked:
        assert run(["doctor", "--quick"]) == 0
    assert asked == [("doctor", {})]
    assert "DNS" not in capsys.readouterr().out


def test_without_an_acs_there_is_no_test_and_a_busy_agent_is_no_fault(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with agent(socket, [WELL], [error("no_acs", "none", "set one")]):
        assert run(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines() == ["✔ ACS: https://acs.example.net/: reachable"]
    with agent(socket, [WELL], [error("busy", "another test is under way", "try again")]):
        assert run(["doctor"]) == 0
    assert "! connection test: not made: another test is under way" in capsys.readouterr().out


class Listener(http.server.BaseHTTPRequestHandler):
    status = 401

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Digest realm="x"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[http.server.HTTPServer]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_connection_request_url_is_called_from_here(
    socket: Path,
    listener: http.server.HTTPServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = {"url": f"http://127.0.0.1:{listener.server_port}/x"}
    with agent(socket, [CALLED], [], facts):
        assert run(["doctor"]) == 0
        assert "✔ connection-request URL: answers this device itself" in capsys.readouterr().out
        monkeypatch.setattr(Listener, "status", 404)
        assert run(["doctor"]) == 1
        assert "answers 404: something else listens there" in capsys.readouterr().out
        listener.shutdown()
        listener.server_close()
        assert run(["doctor"]) == 1
        assert "does not answer this device itself: Connection refused" in capsys.readouterr().out
    with agent(socket, [CALLED], [], {**facts, "interface": "mgmt0"}):
        assert run(["doctor"]) == 0
        assert "listened on at mgmt0 only" in capsys.readouterr().out


def test_without_an_agent_the_machine_is_looked_at_all_the_same(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--json"]) == 3
    checks = json.loads(capsys.readouterr().out)["checks"]
    names = [check["name"] for check in checks]
    assert names[:2] == ["agent", "link"]
    assert names[-3:] == ["memory", "disk", "dependencies"]
    assert "systemctl start cpe-agent" in checks[0]["next"]


def test_settings_that_cannot_be_read_are_told_beside_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "agent.toml").write_text("[acs\n")
    assert run(["doctor", "--config", str(tmp_path / "agent.toml")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✘ settings: ")
    assert any(line.startswith(("✔ memory", "✘ memory")) for line in lines)


FACTS = {
    "url": "http://192.0.2.7:7547/4711",
    "username": "it's me",
    "accepted": 0,
    "refused": 0,
    "problem": "",
    "last_refusal": None,
}


def test_the_acs_side_gets_a_line_to_try_that_has_no_password(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with agent(socket, [], [], FACTS):
        assert run(["doctor", "--acs-side"]) == 0
    out = capsys.readouterr().out
    assert "URL   http://192.0.2.7:7547/4711\n" in out
    quoted = "'it'\"'\"'s me'"
    assert f"--digest --user {quoted} http://192.0.2.7:7547/4711" in out
    assert "no request has arrived" in out
    assert "firewalls and NAT on the way" in out


def test_the_acs_side_hears_why_requests_were_refused(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {**FACTS, "refused": 2, "last_refusal": "401 to 192.0.2.1: wrong password"}
    with agent(socket, [], [], facts):
        assert run(["doctor", "--acs-side"]) == 0
        assert "0 accepted, 2 refused\nthe last refusal: 401 to 192.0.2.1: wrong password" in capsys.readouterr().out
        assert run(["doctor", "--acs-side", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["refused"] == 2
    with agent(socket, [], [], {**FACTS, "url": "", "problem": "port 7547 is in use"}):
        assert run(["doctor", "--acs-side"]) == 1
        assert "port 7547 is in use" in capsys.readouterr().out


def test_the_acs_side_hears_what_to_do_where_nothing_listens(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {**FACTS, "url": "", "problem": "no password is set, so nothing listens", "next": "`cpe-agent set X=Y`"}
    with agent(socket, [], [], facts):
        assert run(["doctor", "--acs-side"]) == 1
        told = "connection requests cannot reach this device: no password is set, so nothing listens"
        assert capsys.readouterr().out == f"{told}\n  next: `cpe-agent set X=Y`\n"
        assert run(["doctor", "--acs-side", "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["next"] == "`cpe-agent set X=Y`"


def test_a_terminal_sees_what_is_looked_at_while_it_lasts(
    socket: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with agent(socket, [WELL], [step("dns")]):
        assert run(["doctor"]) == 0
    shown = capsys.readouterr().err
    assert "… DNS" in shown
    assert "… TCP" in shown
    assert shown.endswith("\r\033[K")
