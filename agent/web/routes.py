"""What who is logged in can ask: each path a verb of the control socket (agent/web/API.md)."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from agent.web.agent_socket import REFUSAL, AgentDown, AgentSocket
from agent.web.page import agent_down, body_of, from_agent, passed_on
from agent.web.problems import translated
from agent.web.requests_in import Refused, Request
from agent.web.responses import NOT_KEPT, Response, document, problem
from agent.web.server import Job

Arguments = dict[str, Any]
MOST_SESSIONS: Final = 50
MOST_SUBTREES: Final = 8  # in one query: each may be the whole model, and the agent does nothing else meanwhile
LINES: Final = "application/x-ndjson"
SESSION: Final = "/sessions/"


class Route(NamedTuple):
    """The verb, what its arguments are, and what becomes of its answer where that is not passed on as it stands."""

    verb: str
    arguments: Callable[[Request], Arguments]
    made: Callable[[Arguments, Request], Arguments] | None = None


def answer(agent: AgentSocket, request: Request) -> Response | Job:
    """The answer to a request for ``path`` (without the API's prefix). Raises Refused."""
    if (request.method, request.path) == ("POST", "/test"):
        return _begun(agent, "test", body_of(request), _lines)
    if (request.method, request.path) == ("POST", "/diagnose"):
        return _begun(agent, "diagnose", body_of(request), _lines)
    if request.method == "GET" and request.path in FILES:
        file = FILES[request.path]
        return _begun(agent, file.verb, {}, file.made)
    if (request.method, request.path) == ("GET", "/status"):
        return Job(lambda: _status(agent), lambda response: response)
    place = request.path
    if place.startswith(SESSION):
        place = SESSION
    route = ROUTES.get((request.method, place))
    if route is None:
        return problem(404, "not_found", f"there is no {request.method} {request.path}"[:200], "see the API's table")
    arguments = route.arguments(request)
    return Job(lambda: _asked(agent, route, arguments, request), lambda response: response)


def _asked(agent: AgentSocket, route: Route, arguments: Arguments, request: Request) -> Response:
    """In a worker's thread."""
    try:
        line = agent.ask_raw(route.verb, **arguments)
    except AgentDown as down:
        return from_agent(agent_down(down))
    if line.startswith(REFUSAL):
        return translated(json.loads(line)["error"], is_change=request.method != "GET")
    return document(route.made(json.loads(line), request)) if route.made else passed_on(line)


def _status(agent: AgentSocket) -> Response:
    """In a worker's thread: how the agent is, and where the page is."""
    try:
        status, where = agent.ask("status"), agent.ask("page_where")
    except AgentDown as down:
        return from_agent(agent_down(down))
    if "error" in status:
        return from_agent(status)
    return document(status | {"web": {key: value for key, value in where.items() if key != "schema"}})


def _begun(
    agent: AgentSocket, verb: str, arguments: Arguments, made: Callable[[bytes, Iterator[bytes]], Response]
) -> Job:
    """What the agent answers line by line; what goes wrong before the first of them is an error like any other."""

    def begun() -> Response:
        lines = agent.stream(verb, **arguments)
        try:
            first = next(lines, b"")
        except AgentDown as down:
            return from_agent(agent_down(down))
        if first.startswith(REFUSAL):
            return translated(json.loads(first)["error"], is_change=True)
        return made(first, lines)

    return Job(begun, lambda response: response)


def _lines(first: bytes, rest: Iterator[bytes]) -> Response:
    """Lines as they come."""
    return Response(200, _all_lines(first, rest), LINES, (NOT_KEPT,))


class File(NamedTuple):
    """A file to keep: the verb that tells its bytes, its type and its name."""

    verb: str
    type: str
    name: str

    def made(self, first: bytes, rest: Iterator[bytes]) -> Response:
        """Of the lines that the verb answers."""
        named = ("Content-Disposition", f'attachment; filename="{self.name}"')
        return Response(200, _content(first, rest), self.type, (NOT_KEPT, named))


def _content(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of a file. Raises AgentDown where it does not come as a whole: the download then breaks off."""
    from base64 import b64decode

    for line in chain([first], rest):
        told = json.loads(line)
        if "data" not in told:
            return
        yield b64decode(told["data"])
    raise AgentDown("the agent ended before the file was whole")


def _all_lines(first: bytes, lines: Iterator[bytes]) -> Iterator[bytes]:
    """All lines; the daemon's end in the middle is a line as well."""
    if first:
        yield first + b"\n"
    try:
        for line in lines:
            yield line + b"\n"
    except AgentDown as down:
        yield json.dumps({"schema": 1, **agent_down(down)}).encode() + b"\n"


# -- what is asked ----------------------------------------------------------------------------------------------------


def _nothing(_request: Request) -> Arguments:
    return {}


def _one(request: Request, name: str) -> str | None:
    return request.parameters().get(name, [None])[-1]


def _path(request: Request) -> str:
    values = request.parameters().get("path", [])
    if len(values) != 1:
        raise Refused(400, "the query needs one path")
    return values[0]


def _switch(request: Request, name: str) -> bool:
    value = _one(request, name)
    if value not in (None, "true", "false"):
        raise Refused(400, f"{name} is true or false")
    return value == "true"


def _number(request: Request, name: str, default: int) -> int:
    value = _one(request, name)
    if value is None:
        return default
    if not value.isascii() or not value.isdecimal() or len(value) > 15:
        raise Refused(400, f"{name} is a whole number")
    return int(value)


def _names(request: Request) -> Arguments:
    return {"path": _path(request), "next_level": _switch(request, "next_level")}


def _get(request: Request) -> Arguments:
    paths = [*dict.fromkeys(request.parameters().get("path", []))]
    if not paths:
        raise Refused(400, "the query needs a path")
    if (
        sum(not one or one.endswith(".") or any(mark in one for mark in ("*", "?", "[!")) for one in paths)
        > MOST_SUBTREES
    ):
        raise Refused(400, f"the query has more than {MOST_SUBTREES} partial paths and globs")
    return {"paths": paths, "explain": _switch(request, "explain")}


def _with_path(request: Request) -> Arguments:
    return {"path": _path(request)}


def _search(request: Request) -> Arguments:
    return {"text": _one(request, "text") or "", "limit": _number(request, "limit", 200)}


def _after(request: Request) -> Arguments:
    return {"after": _number(request, "after", 0)}


def _session(request: Request) -> Arguments:
    return {"id": unquote(request.path.removeprefix(SESSION)), "xml": True}


def _values(request: Request) -> Arguments:
    return {"values": body_of(request)}


def _say(request: Request) -> Arguments:
    """A person's say in a transfer; what else the verb can do is not for the page."""
    said = body_of(request)
    match said:
        case {"confirm": str()} | {"cancel": str()} if len(said) == 1:
            return said
    raise Refused(400, "the body has one of confirm and cancel, a transfer's number as text")


# -- what becomes of answers ------------------------------------------------------------------------------------------


def _sessions(answer: Arguments, request: Request) -> Arguments:
    """The newest first."""
    limit = _number(request, "limit", MOST_SESSIONS)
    return answer | {"sessions": answer["sessions"][::-1][:limit]}


def _turns(answer: Arguments, _request: Request) -> Arguments:
    """A session's lines as turns: each message, with what HTTP took for it."""
    from agent.web.turns import session_of

    return session_of(answer)


FILES: Final[Mapping[str, File]] = {
    "/support": File("support_bundle", "application/gzip", "cpe-agent-support.tar.gz"),
    "/capture": File("capture", "application/vnd.tcpdump.pcap", "capture.pcap"),
}
"""By path."""
ROUTES: Final[Mapping[tuple[str, str], Route]] = {
    ("GET", "/strip"): Route("strip", _nothing),
    ("GET", "/doctor"): Route("doctor", _nothing),
    ("GET", "/diagnostics"): Route("diagnostics", _nothing),
    ("GET", "/discover"): Route("discover", _nothing),
    ("GET", "/sessions"): Route("sessions", _nothing, _sessions),
    ("GET", SESSION): Route("sessions", _session, _turns),
    ("POST", "/inform"): Route("inform", _nothing),
    ("GET", "/setup"): Route("setup", _nothing),
    ("PUT", "/setup"): Route("setup", _values),
    ("GET", "/names"): Route("names", _names),
    ("GET", "/get"): Route("get", _get),
    ("GET", "/schema"): Route("schema", _with_path),
    ("GET", "/attributes"): Route("attributes", _with_path),
    ("POST", "/attributes"): Route("attributes", body_of),
    ("GET", "/search"): Route("search", _search),
    ("POST", "/set"): Route("set", body_of),
    ("POST", "/add"): Route("add", body_of),
    ("POST", "/delete"): Route("delete", body_of),
    ("GET", "/transfers"): Route("transfers", _nothing),
    ("POST", "/transfers"): Route("transfers", _say),
    ("GET", "/live"): Route("live", _after),
    ("GET", "/events"): Route("history", _after),
    ("GET", "/log"): Route("log", _after),
    ("GET", "/settings"): Route("settings", _nothing),
    ("PUT", "/settings"): Route("settings", body_of),
}
"""By method and path."""
