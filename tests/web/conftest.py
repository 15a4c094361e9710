"""A page on loopback over an agent whose answers are written down."""

import base64
import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.web import password
from agent.web.start import RunningPage
from tests.cli.scripted_agent import scripted_agent
from tests.waiting import PATIENCE, until

PASSWORD = "correct horse"

Reply = dict[str, Any]


def slowly(_arguments: Reply) -> Iterator[Reply | None]:
    for step in ("dns", "tcp", "tls"):
        yield {"step": step, "ok": True}
        yield None


def bundle(_arguments: Reply) -> Iterator[Reply | None]:
    yield None
    for piece in (b"first ", b"second"):
        yield {"data": base64.b64encode(piece).decode()}
    yield {"name": "x.tar.gz", "bytes": 12, "left_out": []}


class Site:
    """The page as a script finds it; ``asked`` is what the agent was asked."""

    def __init__(self, port: int, asked: list[tuple[str, Reply]], answers: dict[str, Reply], page: RunningPage) -> None:
        self.port = port
        self.asked = asked
        self.answers = answers
        self.page = page
        self.fields: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, **fields: str) -> tuple[http.client.HTTPResponse, bytes]:
        """One request on a connection of its own; ``fields`` with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        text = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
        connection.request(method, path, text, {**self.fields, **named})
        answer = connection.getresponse()
        received = answer.read()
        connection.close()
        return answer, received

    def api(self, method: str, path: str, body: Any = None, **fields: str) -> tuple[int, Reply]:
        """A request to the API and its document."""
        answer, received = self.ask(method, f"/api/v1{path}", body, **fields)
        return answer.status, json.loads(received)

    def log_in(self, secret: str = PASSWORD) -> int:
        """Log in as a script does; later requests carry the log-in."""
        self.fields = {}
        self.fields = {"X-CSRF-Token": self.api("GET", "/session")[1]["csrf"]}
        answer, received = self.ask("POST", "/api/v1/login", {"password": secret})
        if answer.status == 200:
            cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
            self.fields = {"X-CSRF-Token": json.loads(received)["csrf"], "Cookie": cookie}
        return answer.status

    def verbs(self) -> list[str]:
        """What the agent was asked, by name."""
        return [verb for verb, _ in self.asked]


@pytest.fixture
def answers() -> dict[str, Reply]:
    """What the agent says; a test may change it."""
    return {
        "page_state": {"has_password": True, "device": {"serial_number": "1"}},
        "page_secret": {"password": password.kept(PASSWORD, 2**4), "generation": 0},
        "page_refused": {},
        "page_keep": {"kept": True, "generation": 1},
        "page_try_code": {"right": True, "generation": 0},
        "page_where": {"port": 1},
        "status": {"acs": {"url": ""}},
        "names": {"names": [{"path": "Device.", "writable": False}]},
        "get": {"parameters": []},
        "set": {"status": 0, "parameters": []},
        "setup": {"status": 0},
        "live": {"samples": []},
    }


@pytest.fixture
def site(tmp_path: Path, answers: dict[str, Reply]) -> Iterator[Site]:
    """The page, served on loopback."""
    streams: Mapping[str, Any] = {"test": slowly, "support_bundle": bundle, "capture": bundle}
    with scripted_agent(tmp_path / "control.sock", answers, streams) as asked:
        page = RunningPage(str(tmp_path / "control.sock"), 0)
        page.follow(("lo",))
        until(lambda: page.port)
        yield Site(page.port, asked, answers, page)
        page.stop()
