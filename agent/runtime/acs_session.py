"""One CWMP session's thread: renders, posts and parses, and tells the owner what came of it."""

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.cwmp.messages import Envelope
from agent.runtime.endpoint import AcsEndpoint, HttpReply, Limits, Turn, Unreachable
from agent.runtime.events import AcsFound, AcsReplied, AcsUnreachable
from agent.runtime.memory import give_back
from agent.runtime.trace import SessionTrace
from agent.runtime.wire import Connect, Resolve, connect_through, resolve_by_system

logger = logging.getLogger(__name__)

_SECONDS_FOR_OUTCOME = 10.0
_CHARSET = re.compile(r"(?i)\bcharset\s*=\s*[\"']?([\w.:-]{1,40})")

Put = Callable[[AcsFound | AcsReplied | AcsUnreachable], None]


@dataclass(frozen=True, slots=True)
class _Close:
    outcome: str


class AcsSession:
    """A conversation with the ACS on a thread of its own, which ends with it (libxml2 gives its memory back then).

    It connects at once and tells where by ``AcsFound``. Every ``post`` is answered by one ``AcsReplied`` or, once and
    as the last event, ``AcsUnreachable``; after ``close`` nothing is put any more. No method waits. ``describe`` makes
    the trace's line of a message.
    """

    def __init__(
        self,
        number: int,
        endpoint: AcsEndpoint,
        put: Put,
        trace: SessionTrace,
        *,
        describe: Callable[[Envelope | None], str],
        limits: Limits | None = None,
        resolve: Resolve = resolve_by_system,
        connect: Connect | None = None,
        wall_clock_trusted: bool = True,
    ) -> None:
        self._number = number
        self._endpoint = endpoint
        self._put = put
        self._trace = trace
        self._describe = describe
        self._limits = limits or Limits()
        self._resolve = resolve
        self._connect = connect or connect_through(endpoint.interface)
        self._wall_clock_trusted = wall_clock_trusted
        self._deadline = time.monotonic() + self._limits.session_seconds
        self._orders: queue.SimpleQueue[Envelope | _Close | None] = queue.SimpleQueue()
        self._is_closed = False
        self._abort: Callable[[], None] | None = None
        self._turns: list[Turn] = []
        self._warned: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=f"acs-session-{number}", daemon=True)
        self._thread.start()

    def post(self, envelope: Envelope | None) -> None:
        """Send a message, rendered for ``envelope.version``; None is the empty POST."""
        self._orders.put(envelope)

    def close(self, outcome: str = "closed") -> None:
        """End the session and its connection; ``outcome`` is the last line of its trace."""
        self._is_closed = True
        self._orders.put(_Close(outcome))
        if self._abort is not None:
            self._abort()

    def join(self, seconds: float) -> bool:
        """Wait for the thread's end, for tests and shutdown; False when it is still there."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        outcome = "broken"
        try:
            outcome = self._converse()
        except Exception:
            logger.exception("session %d broke", self._number)
            self._tell(AcsUnreachable(self._number, "internal error", host_answered=False))
        finally:
            self._trace.end(outcome)
            give_back()  # a session leaves cycles behind

    def _converse(self) -> str:
        """Carry out orders until the end; returns the outcome."""
        from agent.runtime.http import AcsClient  # loads requests: only who speaks to an ACS pays for it

        client = AcsClient(
            self._endpoint,
            self._limits,
            resolve=self._resolve,
            connect=self._connect,
            wall_clock_trusted=self._wall_clock_trusted,
            on_turn=self._turns.append,
        )
        self._abort = client.abort
        if self._is_closed:  # before there was anything to end
            client.abort()
        try:
            self._tell(AcsFound(self._number, client.connect()))
            while True:
                order = self._next_order(self._deadline - time.monotonic())
                if isinstance(order, _Close):
                    return order.outcome
                if not self._is_closed:  # what was ordered before a close that overtook it
                    self._exchange(client.post, order)
        except Unreachable as failure:
            client.close()
            logger.info("session %d: %s", self._number, failure.reason)
            self._tell(AcsUnreachable(self._number, failure.reason, failure.host_answered))
            return self._last_word(failure.reason)
        finally:
            client.close()

    def _next_order(self, seconds: float) -> Envelope | _Close | None:
        try:
            return self._orders.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise Unreachable("the session takes too long", host_answered=True) from None

    def _last_word(self, reason: str) -> str:
        """What the owner makes of a failure, or the failure itself when he says nothing."""
        until = time.monotonic() + _SECONDS_FOR_OUTCOME
        try:
            while (left := until - time.monotonic()) > 0:
                if isinstance(order := self._orders.get(timeout=left), _Close):
                    return order.outcome
        except queue.Empty:
            pass
        return reason

    def _exchange(self, post: Callable[[list[bytes] | None], HttpReply], envelope: Envelope | None) -> None:
        """Post a message and tell what came; the trace is written when the owner has the answer and may go on."""
        from agent.cwmp import soap

        chunks = None if envelope is None else list(soap.render_chunks(envelope))
        received: tuple[str, bytes | None] | None = None
        try:
            reply = post(chunks)
            received = "not a CWMP message", reply.body
            answer = parsed(reply)
            self._tell(AcsReplied(self._number, answer))
            received = self._describe(answer), reply.body if answer else None
            self._warn(answer.warnings if answer else ())
        except soap.Malformed as problem:
            raise Unreachable(f"the ACS's reply is no CWMP message: {problem}", host_answered=True) from None
        finally:
            self._trace.message("sent", self._describe(envelope), None if chunks is None else b"".join(chunks))
            for turn in self._turns:
                self._trace.exchange(turn)
            self._turns.clear()
            if received:
                self._trace.message("received", *received)

    def _warn(self, warnings: Sequence[str]) -> None:
        for warning in set(warnings) - self._warned:
            logger.warning("session %d: the ACS's message is odd: %s", self._number, warning)
        self._warned.update(warnings)

    def _tell(self, event: AcsFound | AcsReplied | AcsUnreachable) -> None:
        if not self._is_closed:
            self._put(event)


def parsed(reply: HttpReply) -> Envelope | None:
    """The message of an answer, None for an empty one; raises ``soap.Malformed``."""
    from agent.cwmp import soap

    if not reply.body.strip():
        return None
    charset = _CHARSET.search(reply.headers.get("content-type", ""))
    return soap.parse(reply.body, charset=charset[1] if charset else None)
