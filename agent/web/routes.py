"""What who is logged in can ask: each path a verb of the control socket (agent/web/API.md)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.web.agent_socket import REFUSAL, AgentDown, AgentSocket
from agent.web.page import agent_down, from_agent, passed_on
from agent.web.requests_in import Refused, Request
from agent.web.responses import Response, problem
from agent.web.server import Job

Arguments = dict[str, Any]


def answer(agent: AgentSocket, request: Request) -> Response | Job:
    """The answer to a request for ``path`` (without the API's prefix). Raises Refused."""
    route = ROUTES.get((request.method, request.path))
    if route is None:
        return problem(404, "not_found", f"there is no {request.method} {request.path}"[:200], "see the API's table")
    verb, arguments_of = route
    arguments = arguments_of(request)
    return Job(lambda: _asked(agent, verb, arguments), lambda response: response)


def _asked(agent: AgentSocket, verb: str, arguments: Arguments) -> Response:
    """In a worker's thread."""
    import json

    try:
        line = agent.ask_raw(verb, **arguments)
    except AgentDown as down:
        return from_agent(agent_down(down))
    return from_agent(json.loads(line)) if line.startswith(REFUSAL) else passed_on(line)


def _nothing(_request: Request) -> Arguments:
    return {}


def _path(request: Request) -> str:
    values = request.parameters().get("path", [])
    if len(values) != 1:
        raise Refused(400, "the query needs one path")
    return values[0]


def _switch(request: Request, name: str) -> bool:
    values = request.parameters().get(name, ["false"])
    if values[-1] not in ("true", "false"):
        raise Refused(400, f"{name} is true or false")
    return values[-1] == "true"


def _names(request: Request) -> Arguments:
    return {"path": _path(request), "next_level": _switch(request, "next_level")}


def _get(request: Request) -> Arguments:
    paths = request.parameters().get("path", [])
    if not paths:
        raise Refused(400, "the query needs a path")
    return {"paths": paths, "explain": _switch(request, "explain")}


ROUTES: Final[Mapping[tuple[str, str], tuple[str, Callable[[Request], Arguments]]]] = {
    ("GET", "/status"): ("status", _nothing),
    ("GET", "/names"): ("names", _names),
    ("GET", "/get"): ("get", _get),
}
"""By method and path: the verb, and what its arguments are."""
