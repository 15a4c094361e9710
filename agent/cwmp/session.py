"""Whose turn it is in a CWMP session: ACS answers in, posts out; no I/O, no clock (TR-069 §3.7)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from agent.cwmp.faults import RETRY_REQUEST, fault
from agent.cwmp.messages import (
    VERSIONS,
    Envelope,
    Fault,
    Inform,
    InformResponse,
    Nothing,
    NotUnderstood,
    Request,
    Response,
    name_of,
    response_to,
)

MOST_RETRIES = 5
"""How often the same request is sent again on 8005 before the ACS counts as broken."""
MOST_REQUESTS = 10_000
"""How many requests an ACS may send in one session: perl-cwmp can ask the same for ever."""
UNANSWERED = 8002
NO_ANSWER = fault(UNANSWERED, "no answer")
"""What stands for the answer to a request that the ACS passed over."""


@dataclass(frozen=True, slots=True)
class Post:
    """Send this; None is an empty body."""

    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Send nothing yet: ``answered`` will bring the response."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The session has ended well."""


@dataclass(frozen=True, slots=True)
class Later:
    """What ``answer`` returns for a request whose response depends on an event to come."""


class SessionFailed(Exception):
    """The session is over and does not count: the retry policy applies. The text is for the log."""


class AcsViolation(SessionFailed):
    """The ACS did what the protocol does not allow at this point."""


class InformRefused(SessionFailed):
    """The ACS answered the Inform with a fault other than 8005."""

    def __init__(self, refusal: Fault) -> None:
        super().__init__(f"the ACS refused the Inform: {refusal.code} {refusal.string}")
        self.fault = refusal


class State(Enum):
    """Where a session is; the values complete the sentence "… while the session"."""

    READY = "has not begun"
    INFORMING = "waits for the InformResponse"
    ASKING = "waits for the answer to a request of the CPE's"
    SERVING = "waits for the ACS's next request"
    ANSWERING = "owes an answer"
    OVER = "is over"


class Session:
    """One session, from the Inform to the ACS's last empty answer; never more than one request is outstanding.

    ``answer``: the response to an ACS request, or ``Later``. ``next_request``: the next request of ours, taken off its
    queue, or None; asked for only when one may be sent. ``on_response``: told of each answer to a request of ours,
    the Inform included, which it gets only when the ACS has taken it; a request that the ACS passed over without an
    answer gets ``NO_ANSWER``. ``version`` is the one to begin in.
    """

    def __init__(
        self,
        inform: Inform,
        answer: Callable[[Request], Response | Fault | Later],
        next_request: Callable[[], Request | None],
        on_response: Callable[[Request, Response | Fault], None],
        *,
        version: str = VERSIONS[-1],
        session_timeout: int | None = None,
        most_requests: int = MOST_REQUESTS,
    ) -> None:
        self._answer = answer
        self._next = next_request
        self._on_response = on_response
        self._requests_left = most_requests
        self._retries_left = MOST_RETRIES
        self._are_held = False
        self._ids = 1
        self._owed: Envelope | None = None
        self._state = State.READY
        self.version = version
        """The CWMP version in use: what was offered until the ACS has answered, then what was agreed."""
        self.informed = False
        """Whether the ACS has taken the Inform, and with it the events."""
        self._request: Request = inform
        self._asked = Envelope(
            inform,
            id="1",
            session_timeout=session_timeout,
            supported_versions=VERSIONS[: VERSIONS.index(version) + 1],
            version=version,
        )

    @property
    def is_over(self) -> bool:
        """Whether it has finished or failed."""
        return self._state is State.OVER

    def start(self) -> Post:
        """The Inform."""
        if self._state is not State.READY:
            raise RuntimeError(f"start() while the session {self._state.value}")
        self._state = State.INFORMING
        return Post(self._asked)

    def receive(self, reply: Envelope | None) -> Post | Waiting | Finished:
        """Take the ACS's answer (None: an empty body); say what to do next.

        Each ``case`` is a legal turn. Whatever matches none raises ``AcsViolation``: the table is total.
        """
        if reply is not None and isinstance(reply.message, Nothing):
            reply = None
        try:
            return self._turn(reply)
        except SessionFailed:
            self._state = State.OVER
            raise

    def answered(self, response: Response | Fault) -> Post:
        """The response that ``answer`` had put off with ``Later``."""
        if self._state is not State.ANSWERING or self._owed is None:
            raise RuntimeError(f"answered() while the session {self._state.value}")
        return self._respond(self._owed, response)

    def _turn(self, reply: Envelope | None) -> Post | Waiting | Finished:
        match self._state, reply:
            case State.INFORMING, Envelope(message=InformResponse() as response):
                self._agree(reply)
                self.informed = True
                return self._got(response, reply)
            case ((State.INFORMING | State.ASKING), Envelope(message=Fault(code=code))) if code == RETRY_REQUEST:
                return self._again()
            case State.INFORMING, Envelope(message=Fault() as refusal):
                raise InformRefused(refusal)
            case State.ASKING, Envelope(message=Response() | Fault() as response) if self._answers_us(reply):
                return self._got(response, reply)
            # Oktopus answers TransferComplete with an empty body and GetRPCMethods with a request of its own.
            case State.ASKING, None:
                return self._got(NO_ANSWER, None)
            case State.ASKING, Envelope(message=Request() as request):
                self._on_response(self._request, NO_ANSWER)
                return self._serve(request, reply)
            case State.SERVING, Envelope(message=Request() as request):
                return self._serve(request, reply)
            case State.SERVING, None:
                return self._ask_what_was_held() or self._finish()
        came = name_of(reply.message) if reply else "an empty answer"
        raise AcsViolation(f"{came} while the session {self._state.value}")

    def _got(self, response: Response | Fault, reply: Envelope | None) -> Post:
        """An answer to us: the next request, unless the ACS holds them back; else the empty POST (§3.7.2.1)."""
        self._on_response(self._request, response)
        self._are_held = reply is not None and reply.hold_requests
        if not self._are_held and (post := self._ask()):
            return post
        self._state = State.SERVING
        return Post(None)

    def _ask(self) -> Post | None:
        request = self._next()
        if request is None:
            return None
        self._ids += 1
        self._request = request
        self._asked = Envelope(request, id=str(self._ids), version=self.version)
        self._retries_left = MOST_RETRIES
        self._state = State.ASKING
        return Post(self._asked)

    def _ask_what_was_held(self) -> Post | None:
        """An empty answer lifts the hold. Without one, what came up since the empty POST waits for the next session.

        GenieACS takes no request of ours after the empty POST and ends the session with an error.
        """
        if not self._are_held:
            return None
        self._are_held = False
        return self._ask()

    def _again(self) -> Post:
        if not self._retries_left:
            raise AcsViolation(f"the ACS wants {name_of(self._request)} again after {MOST_RETRIES} times")
        self._retries_left -= 1
        return Post(self._asked)

    def _serve(self, request: Request, reply: Envelope) -> Post | Waiting:
        if not self._requests_left:
            raise AcsViolation("the ACS asks without end")
        self._requests_left -= 1
        # HoldRequests stays in force over requests that carry it; one without it lifts it only at the empty answer.
        self._are_held = self._are_held or reply.hold_requests
        if isinstance(request, NotUnderstood):
            return self._respond(reply, Fault(0, f"{request.header} is not understood", soap_code="MustUnderstand"))
        response = self._answer(request)
        if isinstance(response, Later):
            self._owed = reply
            self._state = State.ANSWERING
            return Waiting()
        return self._respond(reply, response)

    def _respond(self, to: Envelope, response: Response | Fault) -> Post:
        self._owed = None
        self._state = State.SERVING
        return Post(Envelope(response, id=to.id, version=to.version or self.version))

    def _finish(self) -> Finished:
        self._state = State.OVER
        return Finished()

    def _answers_us(self, reply: Envelope) -> bool:
        """Whether this is the answer to what is outstanding; an ACS that leaves the ID out is believed."""
        if reply.id not in (None, "", self._asked.id):
            return False
        return isinstance(reply.message, Fault | response_to(self._request))

    def _agree(self, reply: Envelope) -> None:
        """The ACS's namespace decides, or its UseCWMPVersion; who speaks 1.2's namespace without it is at most 1.3."""
        if reply.use_version in VERSIONS:
            self.version = min(reply.use_version, self.version)
        elif reply.version == "1.2" or reply.version is None:
            self.version = min("1.3", self.version)
        else:
            self.version = min(reply.version, self.version)
