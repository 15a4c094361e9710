"""CWMP over HTTP as the lab ACS serves it: credentials, cookies, codings, behaviours, and a record of every byte."""

import gzip
import re
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agent.lab import soap
from agent.lab.behaviour import Behaviour
from agent.lab.bench import BadTurn, Bench, Turn
from agent.lab.conversation import describe_message, describe_request
from agent.lab.gate import Gate, Verdict
from agent.lab.http import Connection, HttpProblem, Reply, Request, text_reply
from agent.lab.recorder import Recorder, wire_size
from agent.lab.records import Direction, Exchange, Line, Session

MAX_BODY = 16 * 1024 * 1024

FAULTS = {
    8000: "Method not supported",
    8001: "Request denied",
    8002: "Internal error",
    8003: "Invalid arguments",
    8004: "Resources exceeded",
    8005: "Retry request",
    8006: "ACS version incompatible with CPE",
}
_COOKIE = re.compile(r"(?:^|[;,]\s*)session=\"?([0-9a-f]{16})\"?(?:;|,|\s|$)")
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]+)", re.IGNORECASE)
_NAMESPACES = {soap.CWMP + tail for tail in ("1-0", "1-1", "1-2")}
_XML_TYPE = ("Content-Type", 'text/xml; charset="utf-8"')


@dataclass(slots=True)
class _Post:
    """One POST on its way through."""

    request: Request
    connection: Connection
    wire: bytes
    arrived: float
    bytes_in: int
    envelope: bytes = b""
    message: soap.Message | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def cookie(self) -> str | None:
        found = _COOKIE.search(self.request.headers.get("cookie", ""))
        return found[1] if found else None

    @property
    def said(self) -> str:
        return self.message.method if self.message is not None else ""


class CwmpService:
    """Answers POSTs. ``changed`` guards the bench and is notified whenever something happened."""

    def __init__(
        self,
        bench: Bench,
        changed: threading.Condition,
        gate: Gate,
        *,
        scheme: str,
        show: Callable[[Line], None],
        pause: Callable[[float], None],
        recorder: Recorder,
    ) -> None:
        self._bench, self._changed, self._gate = bench, changed, gate
        self._recorder = recorder
        self._scheme, self._show, self._pause = scheme, show, pause
        self._behaviour = Behaviour()
        self._spent: Counter[str] = Counter()

    @property
    def behaviour(self) -> Behaviour:
        """The departures in force; setting them starts their counters again."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        with self._changed:
            self._behaviour = behaviour
            self._spent.clear()

    def serve(self, connection: Connection, request: Request) -> Reply | None:
        """Answer a POST; None drops the connection. HttpProblem for bodies that cannot be taken."""
        before = connection.bytes_in - len(request.head)
        wire = connection.read_body(request, MAX_BODY)
        post = _Post(request, connection, wire, time.monotonic(), connection.bytes_in - before)
        with self._changed:
            reply = self._refused() or self._redirected() or self._unauthorized(post)
        if reply is None:
            try:
                self._read(post)
            except (soap.NotAnEnvelope, HttpProblem) as wrong:
                reply = text_reply(wrong.status if isinstance(wrong, HttpProblem) else 400, str(wrong))
        if reply is None and self._behaviour.reply_delay:
            self._pause(self._behaviour.reply_delay)
        with self._changed:
            reply = self._converse(post) if reply is None else self._turned_away(post, reply)
            self._changed.notify_all()
        if reply is None:
            self._show_all(post)
            return None
        # Showing waits until the reply has left, so that it costs the CPE no time.
        return replace(reply, after=lambda: self._show_all(post))

    def _show_all(self, post: _Post) -> None:
        for line in post.lines:
            self._show(line)

    def _turned_away(self, post: _Post, reply: Reply) -> Reply:
        """Record the reply to a POST that does not reach CWMP."""
        self._say(post, None, "cpe", "POST", len(post.wire))
        is_bad = reply.status >= 400 and reply.status != 401
        reason = reply.body.decode().strip()
        self._say(post, None, "acs", f"{reply.status} {reply.phrase}", len(reply.body), reason, is_bad=is_bad)
        self._record(post, None, reply, "", b"")
        return reply

    def _refused(self) -> Reply | None:
        if self._spent["refused"] >= self._behaviour.refused_posts:
            return None
        self._spent["refused"] += 1
        return Reply(self._behaviour.refuse_status)

    def _redirected(self) -> Reply | None:
        behaviour = self._behaviour
        if not behaviour.redirect_to:
            return None
        if behaviour.redirected_posts and self._spent["redirected"] >= behaviour.redirected_posts:
            return None
        self._spent["redirected"] += 1
        return Reply(behaviour.redirect_status, (("Location", behaviour.redirect_to),))

    def _unauthorized(self, post: _Post) -> Reply | None:
        behaviour, number = self._behaviour, post.connection.number
        if behaviour.authenticate_inform_only:
            session = self._bench.find(post.cookie, number, behaviour.demand_cookie)
            if session is not None and session.is_open:
                return None
        verdict = self._gate.check(
            post.request.headers.get("authorization"),
            "POST",
            post.request.target,
            post.wire,
            number,
            nonce_uses=behaviour.nonce_uses,
            nonce_per_connection=behaviour.nonce_per_connection,
        )
        if verdict is Verdict.GOOD:
            return None
        return Reply(401, tuple(self._gate.challenge(number, verdict is Verdict.STALE)))

    def _read(self, post: _Post) -> None:
        """Take the content coding off and parse; an empty POST has no message."""
        headers = post.request.headers
        post.envelope = _decoded(post.wire, headers.get("content-encoding", ""))
        if not post.envelope.strip():
            return
        charset = _CHARSET.search(headers.get("content-type", ""))
        post.message = soap.parse(post.envelope, charset[1] if charset else "")

    def _converse(self, post: _Post) -> Reply | None:
        behaviour = self._behaviour
        now, at = time.monotonic(), time.time()
        message = post.message
        session = self._bench.find(post.cookie, post.connection.number, behaviour.demand_cookie)
        exchange = session.posts + 1 if session is not None and session.is_open else 1
        if exchange == behaviour.drop_at_exchange and self._spent["dropped"] < behaviour.drops:
            self._spent["dropped"] += 1
            self._say(post, session, "cpe", post.said or "(empty)", len(post.wire))
            self._say(post, session, "acs", "(connection dropped)")
            self._record(post, session, None, "", b"")
            return None
        try:
            if message is not None and message.method == "Inform":
                session = self._session_for(message, session, post, at, now)
            if session is None:
                raise BadTurn(
                    "the session's cookie is missing" if behaviour.demand_cookie else "a session starts with an Inform"
                )
            session.last_heard, session.connection = now, post.connection.number
            session.posts += 1
            self._say_message(post, session)
            turn = self._take(session, message, post)
        except BadTurn as wrong:
            reply = text_reply(400, str(wrong))
            self._say(post, session, "acs", "400 Bad Request", len(reply.body), str(wrong), is_bad=True)
            self._record(post, session, reply, "", b"")
            return reply
        return self._reply(post, session, turn)

    def _session_for(
        self, inform: soap.Message, session: Session | None, post: _Post, at: float, now: float
    ) -> Session:
        """The session that an Inform opens, or goes on with after a fault."""
        if inform.namespace not in _NAMESPACES:
            raise BadTurn(f"the namespace {inform.namespace} is none of CWMP 1.0 to 1.4")
        if session is not None and session.state == "open":
            raise BadTurn("an Inform inside a session")
        if session is None or session.state != "informing":
            host = post.request.headers.get("host", "localhost")
            session = self._bench.open(inform, post.connection.number, f"{self._scheme}://{host}", at, now)
        self._bench.inform(session, inform, at, now)
        return session

    def _take(self, session: Session, message: soap.Message | None, post: _Post) -> Turn:
        behaviour = self._behaviour
        faulted = self._spent["faulted"] < behaviour.faulted_informs
        if message is not None and message.method == "Inform" and faulted:
            self._spent["faulted"] += 1
            code = behaviour.inform_fault
            if code != 8005:
                session.state = "lost"
            return Turn("Fault", soap.fault_body(code, FAULTS.get(code, "Vendor fault")), message.id)
        turn = self._bench.turn(session, message, post.arrived, len(post.wire))
        if turn.method == "Fault" and behaviour.malformed_fault:
            return Turn("Fault", soap.fault_body(8000, FAULTS[8000], malformed=True), turn.id)
        return turn

    def _reply(self, post: _Post, session: Session, turn: Turn) -> Reply:
        behaviour = self._behaviour
        headers = []
        if post.said == "Inform":
            headers.append(("Set-Cookie", f"session={session.cookie}"))
        if turn.remark:
            self._say(post, session, "note", turn.remark, is_bad=True)
        if not turn.method:
            status = 200 if behaviour.empty_200 else 204
            reply = Reply(status, tuple(headers), close=behaviour.close_each_reply)
            self._say(post, session, "acs", "(empty)")
            self._record(post, session, reply, "", b"")
            return reply
        namespace = behaviour.namespace_version
        envelope = soap.render(
            turn.body,
            soap.namespace_of(namespace) if namespace else session.namespace,
            id=turn.id,
            hold_requests=behaviour.hold_requests,
            use_version=behaviour.use_version if turn.method == "InformResponse" else "",
            undeclared_prefixes=behaviour.undeclared_prefixes,
        )
        headers.insert(0, _XML_TYPE)
        body = envelope
        if behaviour.gzip_replies:
            body = gzip.compress(envelope, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        reply = Reply(200, tuple(headers), body, close=behaviour.close_each_reply, chunked=behaviour.chunked)
        summary, details = describe_request(turn.method, turn.request.arguments) if turn.request else ("", ())
        if turn.method == "Fault":
            code = re.search(r"<FaultCode>(\d+)", turn.body)
            summary = f"{code[1]} {FAULTS.get(int(code[1]), '')}".strip() if code else ""
        self._say(post, session, "acs", turn.method, len(body), summary, details, turn.method == "Fault", id=turn.id)
        self._record(post, session, reply, turn.method, envelope)
        if turn.request is not None:
            turn.request.sent = time.monotonic()
        return reply

    def _say_message(self, post: _Post, session: Session) -> None:
        message = post.message
        if message is None:
            self._say(post, session, "cpe", "(empty)")
            return
        before = self._bench.devices[session.device].informed_before
        summary, details = describe_message(message.method, message.content, before)
        asked = session.outstanding
        answers = message.is_answer and asked is not None and asked.sent is not None
        self._say(
            post,
            session,
            "cpe",
            message.method,
            len(post.wire),
            summary,
            details,
            message.method == "Fault",
            id=message.id,
            seconds=post.arrived - asked.sent if answers and asked and asked.sent is not None else None,
        )
        for remark in message.remarks:
            self._say(post, session, "note", remark, is_bad=True)

    def _say(
        self,
        post: _Post,
        session: Session | None,
        direction: Direction,
        what: str,
        size: int = 0,
        summary: str = "",
        details: tuple[str, ...] = (),
        is_bad: bool = False,
        *,
        id: str | None = None,  # noqa: A002 - the header is called ID
        seconds: float | None = None,
    ) -> None:
        line = Line(
            time.time(),
            direction,
            what,
            session.device if session is not None else "",
            session.number if session is not None else 0,
            self._recorder.posts + 1,
            size,
            id,
            summary,
            details,
            seconds,
            is_bad,
        )
        post.lines.append(line)
        if session is not None:
            session.lines.append(line)

    def _record(
        self, post: _Post, session: Session | None, reply: Reply | None, reply_method: str, envelope: bytes
    ) -> None:
        bytes_out = wire_size(reply)
        if session is not None:
            session.bytes_in += post.bytes_in
            session.bytes_out += bytes_out
        self._recorder.add(
            Exchange(
                self._recorder.posts + 1,
                post.connection.number,
                session.number if session is not None else 0,
                session.device if session is not None else "",
                post.said,
                reply_method,
                post.request.head,
                post.envelope or post.wire,
                reply.status if reply is not None else 0,
                reply.head() if reply is not None else b"",
                envelope or (reply.body if reply is not None else b""),
                post.arrived,
                time.monotonic(),
                post.bytes_in,
                bytes_out,
            )
        )


def _decoded(wire: bytes, coding: str) -> bytes:
    """The body without its content coding; never more than MAX_BODY bytes of it."""
    match coding.strip().lower():
        case "" | "identity":
            return wire
        case "gzip" | "x-gzip":
            windows = [31]
        case "deflate":
            windows = [15, -15]  # the zlib format is meant, the raw one is also sent
        case other:
            raise HttpProblem(415, f"the content coding {other!r} is not gzip or deflate")
    for window in windows:
        decoder = zlib.decompressobj(window)
        try:
            data = decoder.decompress(wire, MAX_BODY + 1)
        except zlib.error:
            continue
        if len(data) > MAX_BODY:
            raise HttpProblem(413, f"the body is larger than {MAX_BODY} bytes when decoded")
        if not decoder.eof:
            break
        return data
    raise HttpProblem(400, f"the body is not {coding}")
