"""What the page weighs and how long a large tree takes to its first rows, over loopback with a real agent."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from agent.cli import client
from agent.web.static_files import StaticFiles
from tests.bench import extension
from tests.bench.stage import PATIENCE, Stage, stage

PASSWORD = "correct horse"
ROWS = "Device.X_BENCH_Rows.Row."
PAIRS = 3


class Visitor:
    """Somebody who is logged in on an agent's page."""

    def __init__(self, live: Stage) -> None:
        options = type("Options", (), {"socket": str(live.state / "control.sock"), "config": None})()
        where: dict[str, Any] = {}
        until = time.monotonic() + PATIENCE
        while not where.get("urls") and time.monotonic() < until:
            where = client.ask(options, "page_where")
        code = client.ask(options, "page_code")["code"]
        self._page = http.client.HTTPConnection("127.0.0.1", int(where["port"]), timeout=PATIENCE)
        self._fields = {"X-CSRF-Token": json.loads(self.ask("GET", "/session")[1])["csrf"]}
        answer, told = self.ask("POST", "/first-visit", {"code": code, "password": PASSWORD})
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        self._fields = {"X-CSRF-Token": json.loads(told)["csrf"], "Cookie": cookie}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[http.client.HTTPResponse, bytes]:
        """One request on the connection that stays."""
        fields = getattr(self, "_fields", {})
        self._page.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), fields)
        answer = self._page.getresponse()
        received = answer.read()
        assert answer.status == 200, received
        return answer, received


def figures(figure: Callable[[str, float, str, float], Any]) -> Iterator[Any]:
    """The lines of the report, made by ``figure`` from name, value, unit and target."""
    yield figure("page: bytes gzipped", StaticFiles().bytes_in_all() / 1000, "kB", 60)
    differences = []
    for _ in range(PAIRS):
        with stage(more="[web]\nport = 0\n") as live:
            on = live.memory("VmRSS")
        with stage(more="[web]\nenable = false\n") as live:
            differences.append(on - live.memory("VmRSS"))
    yield figure("memory added by the page, idle", sorted(differences)[PAIRS // 2] / 1024, "MB", 2)
    with extension.made() as directory, stage(extension=directory, more="[web]\nport = 0\n") as live:
        visitor = Visitor(live)
        yield figure(
            "tree page of 5,000 parameters: the server's part of the first rows", _first_rows(visitor), "ms", 300
        )


def _first_rows(visitor: Visitor) -> float:
    """What the tree asks when it is opened there: the names of the rows, then the values of the first one."""
    best = float("inf")
    for _ in range(5):
        begun = time.monotonic()
        names = json.loads(visitor.ask("GET", f"/names?path={ROWS}&next_level=true")[1])["names"]
        visitor.ask("GET", f"/get?path={names[0]['path']}")
        best = min(best, time.monotonic() - begun)
        assert len(names) == extension.ROWS
    return best * 1000
