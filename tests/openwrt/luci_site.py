"""Serves LuCI's pages of cpe-agent over a stand-in for LuCI, and answers as rpcd would, by the rights of the ACL."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from agent.ubus_object import DOORS
from backends.uci.draft import Draft
from backends.uci.layout import rewritten
from backends.uci.reading import parsed
from tests.durability.stand import Stand
from tests.openwrt.router import PROJECT
from tests.waiting import until

APP = PROJECT / "openwrt" / "luci-app-cpe-agent"
HTDOCS = APP / "htdocs"
VIEWS = HTDOCS / "luci-static/resources/view/cpe-agent"
ACL = APP / "root/usr/share/rpcd/acl.d/luci-app-cpe-agent.json"
MENU = APP / "root/usr/share/luci/menu.d/luci-app-cpe-agent.json"
RUNTIME = Path(__file__).parent / "luci_runtime"
METHODS = {*DOORS, "sessions", "session"}

Reply = dict[str, Any]


def rights(level: str) -> set[tuple[str, str, str]]:
    """(scope, object, function) for who has ``level`` in all groups, as rpcd reads them; who may write may read."""
    granted = set()
    for group in json.loads(ACL.read_text()).values():
        for permission in ("read", *([] if level == "read" else ["write"])):
            for scope, objects in group.get(permission, {}).items():
                named = objects if isinstance(objects, dict) else {one: [permission] for one in objects}
                granted |= {(scope, name, function) for name, functions in named.items() for function in functions}
    return granted


def real_documents(directory: Path) -> dict[str, Reply]:
    """What a real agent answers, by method; of ``session`` with its XML."""
    with Stand(directory, more="[discovery]\nenable = false\n[web]\nenable = false\n") as stand:
        agent = stand.first_contact()
        until(lambda: agent.ask("sessions")["sessions"][0].get("outcome"))
        told = {verb: agent.ask(verb) for verb in ("status", "discover", "doctor", "sessions")}
        told |= {"session": agent.ask("sessions", id="last", xml=True), "inform": agent.ask("inform")}
        agent.stop()
    return told


class Luci:
    """A router with LuCI. A test may change what the agent answers, who looks, and what UCI says."""

    def __init__(self, documents: Mapping[str, Reply], configuration: str) -> None:
        self.documents = dict(documents)
        self.level = "write"
        self.text = configuration
        self.failure: tuple[int, str] | None = None
        self.asked: list[tuple[str, Reply]] = []
        self.saved: list[Reply] = []
        self.port = 0

    def answer(self, path: str, question: Reply) -> Reply:
        """One call of the page."""
        if path == "/ubus":
            return self._bus(question["object"], question["method"], question["arguments"])
        wanted = "read" if path == "/uci/get" else "write"
        if ("uci", "cpe-agent", wanted) not in rights(self.level):
            return {"code": 6}
        return self._sections() if path == "/uci/get" else self._save(question)

    def _bus(self, name: str, method: str, arguments: Reply) -> Reply:
        self.asked.append((method, arguments))
        if ("ubus", name, method) not in rights(self.level):
            return {"code": 6, "told": "Permission denied"}
        if self.failure:
            return dict(zip(("code", "told"), self.failure, strict=True))
        document = self.documents[method]
        if method == "session" and not arguments.get("xml"):
            document = {
                **document,
                "lines": [{k: v for k, v in one.items() if k != "xml"} for one in document["lines"]],
            }
        return {"code": 0, "document": document}

    def _sections(self) -> Reply:
        sections = parsed("cpe-agent", self.text, Path("cpe-agent")).sections
        return {
            "sections": {
                one.id: {".name": one.id, ".type": one.type, ".anonymous": one.anonymous, **one.options}
                for one in sections
            }
        }

    def _save(self, edits: Reply) -> Reply:
        edits = {kind: each.get("cpe-agent", {}) for kind, each in edits.items()}
        self.saved.append(edits)
        before = parsed("cpe-agent", self.text, Path("cpe-agent"))
        draft = Draft(before)
        for name, section in edits["made"].items():
            made = draft.add(section[".type"], name)
            for option, value in section.items():
                if not option.startswith("."):
                    draft.set(made, option, tuple(value) if isinstance(value, list) else value)
        for name, options in edits["changed"].items():
            for option, value in options.items():
                draft.set(name, option, tuple(value) if isinstance(value, list) else value)
        for name, removed in edits["removed"].items():
            for option in removed:
                draft.delete_option(name, option)
        self.text = rewritten(self.text, before, draft.package(), draft.origins())
        return {"code": 0}


@contextmanager
def served(luci: Luci) -> Iterator[Luci]:
    """Serve it on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            file = RUNTIME / {"/": "index.html"}.get(path, path[1:])
            if path.startswith("/luci-static/"):
                file = HTDOCS / path[1:]
            self._send(file.read_bytes(), {".html": "text/html", ".js": "text/javascript"}[file.suffix])

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(json.dumps(luci.answer(self.path, question)).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        luci.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield luci
        finally:
            server.shutdown()
            thread.join()
