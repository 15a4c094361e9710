"""What the page answers to whom: Host and Origin first, then who it is, then what is asked (agent/web/API.md)."""

import json
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.web.access import LONGEST_SECONDS, Access, Session, Tries
from agent.web.agent_socket import AgentDown, AgentSocket
from agent.web.hosts import customer, is_meant, is_same_origin, names_of
from agent.web.neighbours import crowd_of
from agent.web.requests_in import Refused, Request
from agent.web.responses import NOT_KEPT, Response, document, problem
from agent.web.server import Job, Turn
from agent.web.static_files import NOT_THERE, StaticFiles

API: Final = "/api/v1"
COOKIE: Final = "cpe_session"
READS: Final = ("GET", "HEAD")

Document = dict[str, Any]


class Page:
    """See agent.web.server.Serves. ``clock``: monotonic seconds; ``token``: a new random text."""

    def __init__(
        self,
        agent: AgentSocket,
        clock: Callable[[], float],
        token: Callable[[], str],
        files: StaticFiles | None = None,
        host_name: Callable[[], str] = socket.gethostname,
    ) -> None:
        self._agent = agent
        self._clock = clock
        self._files = files or StaticFiles()
        self._host_name = host_name
        self.access = Access(token)
        self._tries = Tries(crowd_of)
        self._for_all: Mapping[tuple[str, str], Callable[[Request], Response | Job]] = {
            ("GET", "/session"): self._session,
            ("POST", "/login"): self._log_in,
            ("POST", "/first-visit"): self._first_visit,
        }
        self._for_owner: Mapping[tuple[str, str], Callable[[Request], Response | Job]] = {
            ("POST", "/logout"): self._log_out,
            ("POST", "/password"): self._new_password,
        }

    def idle(self) -> None:
        """Nobody has been there for a while."""
        self._files.forget()

    def answer(self, request: Request) -> Response | Job:
        """The answer to a request, or what has to be done for it."""
        if not is_meant(request.fields["host"], request.local, names_of(self._host_name())):
            return problem(421, "wrong_host", "that is no name of this device", "use its address or its host name")
        try:
            if request.path.startswith(f"{API}/"):
                return self._api(request)
        except Refused as refused:
            return problem(refused.status, "bad_request", refused.reason, "see the description of the API")
        if request.method not in READS:
            return problem(405, "bad_request", "files can be read only", "use GET", ("Allow", "GET, HEAD"))
        return self._files.answer(request) or NOT_THERE

    # -- who it is --------------------------------------------------------------------------------------------------

    def _api(self, request: Request) -> Response | Job:
        if not is_same_origin(request.fields):
            return problem(403, "csrf", "another page asks in somebody's name", "ask from the device's own page")
        session = self._session_of(request)
        if request.method not in READS and not self.access.is_right_csrf(
            session, request.fields.get("x-csrf-token", "")
        ):
            return problem(
                403, "csrf", "the header X-CSRF-Token is missing or wrong", "take it from GET /api/v1/session"
            )
        method, path = "GET" if request.method == "HEAD" else request.method, request.path.removeprefix(API)
        for_all = self._for_all.get((method, path))
        if for_all is not None:
            return for_all(request)
        if session is None:
            return problem(401, "not_logged_in", "nobody is logged in, or the log-in has ended", "log in")
        for_owner = self._for_owner.get((method, path))
        if for_owner is not None:
            return for_owner(request)
        from agent.web import routes  # what only who is logged in can ask need not be there before

        return routes.answer(self._agent, request._replace(method=method, path=path))

    def _session_of(self, request: Request) -> Session | None:
        is_in_use = request.fields.get("x-background") != "1"
        return self.access.find(request.cookie(COOKIE), self._clock(), is_in_use=is_in_use)

    def _session(self, request: Request) -> Job:
        session = self._session_of(request)

        def told(state: Document) -> Response:
            if "error" in state:
                return from_agent(state)
            if session is None:
                name = "locked" if state["has_password"] else "first_visit"
                return document({"state": name, "csrf": self.access.csrf_of(None)})
            return document({"state": "open", "csrf": session.csrf, "device": state["device"]})

        return Job(lambda: self._ask("page_state"), told)

    # -- log-in -----------------------------------------------------------------------------------------------------

    def _log_in(self, request: Request) -> Response | Job:
        password = _text(body_of(request), "password")
        if refusal := self._too_many(request):
            return refusal
        turn = self._turn(request)

        def is_right() -> Document:
            kept = self._ask("page_secret")
            if "error" in kept:
                return kept
            is_so = self._is_right(password, kept, request, "password")
            return {"right": is_so, "generation": kept["generation"]}

        return Job(is_right, lambda verdict: self._logged_in(verdict, request), turn)

    def _first_visit(self, request: Request) -> Response | Job:
        body = body_of(request)
        code, password = _text(body, "code"), _text(body, "password")
        if refusal := _unfit(password) or self._too_many(request):
            return refusal
        turn = self._turn(request)

        def make() -> Document:
            from agent.web.password import kept

            tried = self._ask("page_try_code", code=code, source=request.source)
            return tried if "error" in tried else self._keep(kept(password), tried)

        return Job(make, lambda verdict: self._logged_in(verdict, request), turn)

    def _new_password(self, request: Request) -> Response | Job:
        body = body_of(request)
        old, new = _text(body, "old"), _text(body, "new")
        if refusal := _unfit(new) or self._too_many(request):
            return refusal

        def change() -> Document:
            from agent.web.password import kept

            before = self._ask("page_secret")
            if "error" in before or not self._is_right(old, before, request, "old password"):
                return before if "error" in before else {"right": False}
            return self._keep(kept(new), before)

        return Job(change, lambda verdict: self._logged_in(verdict, request, is_new=True))

    def _log_out(self, request: Request) -> Response:
        self.access.end(request.cookie(COOKIE))
        return document({}, 200, ("Set-Cookie", f"{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"))

    def _too_many(self, request: Request) -> Response | None:
        """Count a try, unless there were too many."""
        wait = self._tries.wait(customer(request.source), self._clock())
        return _wait("too many wrong tries", wait) if wait else None

    def _turn(self, request: Request) -> Turn | None:
        """Whom nobody knows, and who may have any number of addresses, waits for his turn; None: for none."""
        source = customer(request.source)
        tried, sent_away = self._tries.tried(source, self._clock()), self._tries.sent_away(source, self._clock())

        def no_room(seconds: float) -> Response:
            self._tries.send_away(source, self._clock())
            return _wait("too many others try to log in at this moment", seconds)

        return Turn((tried, sent_away), no_room) if tried and self._session_of(request) is None else None

    def _is_right(self, password: str, kept: Document, request: Request, what: str) -> bool:
        """In a worker's thread."""
        from agent.web.password import is_right

        is_so = is_right(password, str(kept["password"]))
        if not is_so:
            self._ask("page_refused", source=request.source, text=f"log-in to the page refused: wrong {what}")
        return is_so

    def _logged_in(self, verdict: Document, request: Request, *, is_new: bool = False) -> Response:
        if "error" in verdict:
            return from_agent(verdict)
        if not verdict["right"] or self.access.is_past(verdict["generation"]):
            return problem(
                401,
                "wrong_password",
                "the password is wrong",
                "try again; where nobody knows it any more: `cpe-agent setup --forget-password` on the device",
            )
        self._tries.succeeded(customer(request.source))
        if is_new:
            self.access.end_before(verdict["generation"])
        self.access.end(request.cookie(COOKIE))
        cookie, session = self.access.begin(self._clock(), verdict["generation"])
        kept = f"{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LONGEST_SECONDS:.0f}"
        return document({"csrf": session.csrf}, 200, ("Set-Cookie", kept))

    def _keep(self, password: str, before: Document) -> Document:
        """In a worker's thread: the new password in the place of the one that was looked at."""
        return self._ask("page_keep", password=password, generation=before["generation"]) | {"right": True}

    def _ask(self, verb: str, **arguments: Any) -> Document:
        """In a worker's thread: ask the daemon; that it does not answer is an error document as well."""
        try:
            return self._agent.ask(verb, **arguments)
        except AgentDown as down:
            return agent_down(down)


def agent_down(down: AgentDown) -> Document:
    """The error document for an agent that does not answer."""
    return {"error": {"code": "agent_down", "message": str(down), "next": "see the agent's log"}}


def from_agent(answer: Document) -> Response:
    """An error document of the daemon's as the page's."""
    from agent.web.problems import translated

    return translated(answer["error"])


def _wait(why: str, wait: float) -> Response:
    seconds = str(int(wait) + 1)
    return problem(429, "too_many_tries", why, f"wait {seconds} s", ("Retry-After", seconds))


def _unfit(password: str) -> Response | None:
    from agent.web.password import problem_of

    wrong = problem_of(password)
    return problem(422, "refused", wrong, "choose a longer one") if wrong else None


def body_of(request: Request) -> Document:
    """The JSON object of a request. Raises Refused."""
    try:
        found = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise Refused(400, "the body is no JSON object")
    return found


def _text(body: Document, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > 4096:
        raise Refused(400, f"{name} has to be a text")
    return value


def passed_on(line: bytes) -> Response:
    """An answer of the daemon's that is the page's as it stands."""
    return Response(200, line, fields=(NOT_KEPT,))
