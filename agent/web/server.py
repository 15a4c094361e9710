"""Moves the page's bytes: one thread and a selector, a bounded number of connections, a deadline for each step of each.

Nobody who is slow or silent costs more than one of the few connections that his address may have (hardening T5); who
comes anew takes the place of one of those who have many, and this machine has places of its own.
"""

import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any, Final, NamedTuple, Protocol

from agent.web.hosts import LOOPBACK, customer, plain
from agent.web.listeners import Listeners
from agent.web.pool import Pool
from agent.web.requests_in import Refused, Request, end_of_head, read_head
from agent.web.responses import Response, problem
from agent.web.waiting_room import MOST_WAITING, PACE, Rank, WaitingRoom

log = logging.getLogger(__name__)

MOST_OF_ONE: Final = 8  # connections of one address
MOST: Final = (
    32  # connections in all, beside this machine's own; with one more the oldest without anything under way goes
)
REQUEST_WITHIN: Final = 10.0  # seconds for head and body, from the first byte
TURN_WITHIN: Final = 60.0  # seconds for which somebody waits for his turn; those who try again and again wait in vain
IDLE_WITHIN: Final = 20.0  # seconds without a request
PROGRESS_WITHIN: Final = 15.0  # seconds for which nothing of an answer need be taken
LOWEST_RATE: Final = 1_000.0  # bytes of an answer to be taken in each second beyond them
ANSWER_WITHIN: Final = 120.0  # seconds in which an answer has to be taken as a whole
MOST_UNSENT: Final = 262_144  # bytes of a streamed answer that wait; then its source does
MOST_REQUESTS: Final = 1_000  # on one connection
FORGET_AFTER: Final = 300.0  # seconds without a connection, until memory is given back


class Turn(NamedTuple):
    """What is not done before its turn.

    ``no_room`` makes the answer when it has to give way; its argument: after how many seconds to come again.
    """

    rank: Rank
    no_room: Callable[[float], Response]


class Job(NamedTuple):
    """What takes a while: ``run`` in a worker's thread, ``then`` makes the answer of it in the server's."""

    run: Callable[[], Any]
    then: Callable[[Any], Response]
    turn: Turn | None = None
    """None: it is begun at once."""


class Serves(Protocol):
    """What is served; called in the server's thread only."""

    def answer(self, request: Request) -> Response | Job:
        """The answer, or what has to be done for it."""

    def idle(self) -> None:
        """Nobody has been there for a while."""


class _Connection:
    __slots__ = ("at_once", "deadline", "head", "is_busy", "is_last", "is_streaming", "received", "sending", "served",
                 "socket", "source", "waits_for")  # fmt: skip

    def __init__(self, accepted: socket.socket, source: str, now: float) -> None:
        self.socket = accepted
        self.source = source
        self.received = bytearray()
        self.head: Request | None = None  # read, while the body arrives
        self.sending = bytearray()
        self.deadline = now + IDLE_WITHIN
        self.is_busy = False  # a request is being served, or its answer sent
        self.is_last = False  # the connection ends with the answer
        self.is_streaming = False  # more of the answer comes
        self.at_once = inf  # when the whole answer has to be taken
        self.served = 0
        self.waits_for: tuple[Job, bool] | None = None  # and whether only the head is wanted


class Server:
    """Serves on interfaces that ``follow`` names, from any thread; ``stop`` ends it."""

    def __init__(self, port: int, serves: Serves) -> None:
        self._serves = serves
        self._listeners = Listeners(port)
        self._told: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake, selectors.EVENT_READ, None)
        self._connections: dict[_Connection, None] = {}  # oldest first
        self._pool = Pool(self.tell)
        self._room: WaitingRoom[_Connection] = WaitingRoom()
        self._idle_at = inf
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port, 0 until one was had."""
        return self._listeners.port

    def problems(self) -> dict[str, str]:
        """Why it is not served on an interface where it should be."""
        return dict(self._listeners.problems)

    def interfaces(self) -> list[str]:
        """Where it is served."""
        return sorted(self._listeners.of)

    def follow(self, interfaces: Iterable[str]) -> None:
        """Serve on exactly these from now on."""
        names = tuple(interfaces)
        self.tell(lambda: self._follow(names))

    def tell(self, what: Callable[[], None]) -> None:
        """Have it done in the server's thread."""
        self._told.put(what)
        with suppress(OSError, BlockingIOError):
            os.eventfd_write(self._wake, 1)

    def stop(self) -> None:
        """End it, and every connection."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self.tell(lambda: None)
        self._thread.join(timeout=5)

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                try:
                    self._turn_of_all()
                except Exception:  # one request must not end the page for everyone
                    log.exception("the page has a mistake")
                    sleep(0.05)
        finally:
            for connection in [*self._connections]:
                self._close(connection)
            self._listeners.close()
            self._selector.close()

    def _turn_of_all(self) -> None:
        for key, events in self._selector.select(self._seconds_to_next()):
            if isinstance(key.data, _Connection):
                self._turn(key.data, events)
            elif key.fileobj == self._wake:
                with suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
            elif isinstance(key.fileobj, socket.socket):
                self._accept(key.fileobj)
        self._do_what_was_told()
        self._give_turns()
        self._expire()

    def _do_what_was_told(self) -> None:
        with suppress(Empty):
            while True:
                what = self._told.get_nowait()
                try:
                    what()
                except Exception:  # one request must not end the page for everyone
                    log.exception("the page could not do what it was told")

    def _follow(self, names: tuple[str, ...]) -> None:
        before = {*self._listeners.of}
        for gone in before - {*names}:
            self._selector.unregister(self._listeners.of[gone])
        new, _ = self._listeners.follow(names)
        for one in new:
            self._selector.register(one, selectors.EVENT_READ, None)
        if {*self._listeners.of} != before:
            log.info("the page is served on port %d of %s", self.port, ", ".join(self.interfaces()) or "no interface")
        if before - {*names}:
            for connection in [*self._connections]:
                self._close(connection)  # who came in where it is served no longer has to come again

    def _seconds_to_next(self) -> float | None:
        soonest = min((min(one.deadline, one.at_once) for one in self._connections), default=self._idle_at)
        soonest = min(soonest, self._room.at())
        return None if soonest == inf else max(0.0, soonest - monotonic())

    def _expire(self) -> None:
        now = monotonic()
        for connection in [*self._connections]:
            if min(connection.deadline, connection.at_once) <= now:
                self._close(connection)
        if not self._connections and now >= self._idle_at:
            self._idle_at = inf
            self._serves.idle()

    # -- connections ------------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(MOST):
            try:
                accepted, address = listener.accept()
            except BlockingIOError:
                return
            except OSError:
                sleep(0.05)  # the peer was gone again, or no descriptor is left: no busy loop until one is
                return
            self._take(accepted, customer(address[0]))

    def _take(self, accepted: socket.socket, source: str) -> None:
        mine = [one for one in self._connections if one.source == source]
        others = [one for one in self._connections if one.source != LOOPBACK]
        is_full = source != LOOPBACK and len(others) >= MOST
        crowd = mine if len(mine) >= MOST_OF_ONE else others if is_full else []
        if crowd:
            goes = next((one for one in crowd if not one.is_busy), None) or (None if mine else _of_the_greediest(crowd))
            if goes is None:
                accepted.close()
                return
            self._close(goes)
        accepted.setblocking(False)
        with suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(accepted, source, monotonic())
        self._connections[connection] = None
        self._idle_at = inf
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _close(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return
        del self._connections[connection]
        with suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
        self._room.leave(connection)
        connection.sending = bytearray()
        if not self._connections:
            self._idle_at = monotonic() + FORGET_AFTER

    def _is_there(self, connection: _Connection) -> bool:
        return connection in self._connections

    def _turn(self, connection: _Connection, events: int) -> None:
        if not self._is_there(connection):
            return  # closed while the other events of this turn were served
        try:
            if events & selectors.EVENT_WRITE:
                self._send(connection)
            if events & selectors.EVENT_READ and self._is_there(connection):
                self._receive(connection)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._close(connection)

    def _receive(self, connection: _Connection) -> None:
        arrived = connection.socket.recv(65_536)
        if not arrived:
            self._close(connection)
            return
        if connection.is_busy:
            self._close(connection)  # nobody asks again before he was answered
            return
        if not connection.received:
            connection.deadline = monotonic() + REQUEST_WITHIN
        connection.received += arrived
        self._look(connection)

    def _look(self, connection: _Connection) -> None:
        """Serve what has arrived, if it is a request as a whole."""
        if not self._is_there(connection) or connection.is_busy:
            return
        try:
            request = _taken(connection)
        except Refused as refused:
            connection.is_last = True
            word = _WORDS.get(refused.status, "bad_request")
            self._begin(connection, problem(refused.status, word, refused.reason, "send it as RFC 9112 has it"))
            return
        if request is None:
            return
        connection.served += 1
        connection.is_last = not request.is_kept_alive or connection.served >= MOST_REQUESTS
        local, peer = connection.socket.getsockname()[0], connection.socket.getpeername()[0]
        self._serve(connection, request._replace(source=plain(peer), local=plain(local)))

    def _serve(self, connection: _Connection, request: Request) -> None:
        connection.is_busy = True
        connection.deadline = inf
        try:
            answer = self._serves.answer(request)
        except Exception:
            log.exception("a request to the page could not be served")
            answer = SURPRISED
        is_head = request.method == "HEAD"
        if isinstance(answer, Response):
            self._begin(connection, answer, is_head=is_head)
        elif answer.turn is None:
            self._pool.submit(lambda: self._work(connection, answer, is_head=is_head))
        else:
            self._let_wait(connection, answer, answer.turn, is_head=is_head)

    def _let_wait(self, connection: _Connection, job: Job, turn: Turn, *, is_head: bool) -> None:
        connection.waits_for = job, is_head
        connection.deadline = monotonic() + TURN_WITHIN
        goes = self._room.enter(connection, turn.rank)
        if goes is not None and goes.waits_for and (gives_way := goes.waits_for[0].turn):
            self._begin(goes, gives_way.no_room(MOST_WAITING * PACE), is_head=goes.waits_for[1])

    def _give_turns(self) -> None:
        while (connection := self._room.next(monotonic())) is not None:
            if connection.waits_for is not None:
                (job, is_head), connection.waits_for, connection.deadline = connection.waits_for, None, inf
                self._pool.submit(partial(self._work, connection, job, is_head=is_head))

    # -- answers ----------------------------------------------------------------------------------------------------

    def _work(self, connection: _Connection, job: Job, *, is_head: bool) -> None:
        """In a worker's thread."""
        try:
            result = job.run()
        except Exception:
            log.exception("a request to the page could not be served")
            self.tell(lambda: self._begin(connection, SURPRISED, is_head=is_head))
            return
        ready: SimpleQueue[Response] = SimpleQueue()
        self.tell(lambda: self._finish(connection, job, result, ready, is_head=is_head))
        try:
            response = ready.get(timeout=ANSWER_WITHIN)
        except Empty:
            return  # the page has ended
        if not isinstance(response.body, bytes) and not is_head:
            self._pump(connection, response.body)

    def _finish(
        self, connection: _Connection, job: Job, result: Any, ready: "SimpleQueue[Response]", *, is_head: bool
    ) -> None:
        try:
            response = job.then(result)
        except Exception:
            log.exception("a request to the page could not be served")
            response = SURPRISED
        ready.put(response)
        self._begin(connection, response, is_head=is_head)

    def _pump(self, connection: _Connection, pieces: Iterator[bytes]) -> None:
        """In a worker's thread: the pieces of an answer, no faster than they are taken."""
        try:
            for piece in pieces:
                while len(connection.sending) > MOST_UNSENT and self._is_there(connection):
                    sleep(0.05)
                if not self._is_there(connection):
                    return
                if piece:
                    self.tell(lambda piece=piece: self._more(connection, b"%x\r\n%b\r\n" % (len(piece), piece)))  # type: ignore[misc]
        except Exception:  # the answer has begun: that it breaks off is how the other side knows
            log.exception("an answer of the page broke off")
            self.tell(lambda: self._close(connection))
            return
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        self.tell(lambda: self._last(connection))

    def _begin(self, connection: _Connection, response: Response, *, is_head: bool = False) -> None:
        if not self._is_there(connection):
            return
        connection.is_busy = True
        connection.deadline = monotonic() + PROGRESS_WITHIN
        connection.sending += response.head(is_kept_alive=not connection.is_last)
        connection.at_once = monotonic() + ANSWER_WITHIN
        if is_head:
            pass
        elif isinstance(response.body, bytes):
            connection.sending += response.body
        else:
            connection.is_streaming, connection.at_once = True, inf
        self._push(connection)

    def _more(self, connection: _Connection, piece: bytes) -> None:
        if self._is_there(connection):
            if not connection.sending:
                connection.deadline = monotonic() + PROGRESS_WITHIN
            connection.sending += piece
            self._push(connection)

    def _last(self, connection: _Connection) -> None:
        connection.is_streaming = False
        self._more(connection, b"0\r\n\r\n")

    def _push(self, connection: _Connection) -> None:
        try:
            self._send(connection)
        except (BlockingIOError, InterruptedError):
            self._selector.modify(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
        except OSError:
            self._close(connection)

    def _send(self, connection: _Connection) -> None:
        if connection.sending:
            sent = connection.socket.send(connection.sending)
            del connection.sending[:sent]
            connection.deadline = min(connection.deadline + sent / LOWEST_RATE, monotonic() + PROGRESS_WITHIN)
        if connection.sending:
            self._selector.modify(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, connection)
            return
        self._selector.modify(connection.socket, selectors.EVENT_READ, connection)
        if connection.is_streaming:
            connection.deadline = inf
            return
        self._answered(connection)

    def _answered(self, connection: _Connection) -> None:
        connection.is_busy, connection.at_once = False, inf
        connection.deadline = monotonic() + IDLE_WITHIN
        if connection.is_last:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_WR)
                connection.socket.recv(
                    65_536
                )  # unread bytes would turn our close into a reset that overtakes the answer
            self._close(connection)
        elif connection.received:
            connection.deadline = monotonic() + REQUEST_WITHIN
            self.tell(lambda: self._look(connection))


def _of_the_greediest(crowd: Iterable[_Connection]) -> _Connection | None:
    """The oldest connection of the source that has most of them; None where nobody has more than one."""
    of: dict[str, list[_Connection]] = {}
    for one in crowd:
        of.setdefault(one.source, []).append(one)
    most = max(of.values(), key=len)
    return most[0] if len(most) > 1 else None


def _taken(connection: _Connection) -> Request | None:
    """The request that has arrived as a whole, taken out of what was received. Raises Refused."""
    received = connection.received
    if connection.head is None:
        end = end_of_head(received)
        if not end:
            return None
        connection.head = read_head(bytes(received[:end]))
        del received[:end]
        if not received and connection.head.fields.get("expect", "").lower() == "100-continue":
            connection.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    head = connection.head
    if len(received) < head.length:
        return None
    connection.head = None
    body = bytes(received[: head.length])
    del received[: head.length]
    return head._replace(body=body)


SURPRISED: Final = problem(500, "internal", "the agent could not do that", "see the agent's log")
_WORDS: Final = {413: "too_large", 431: "too_large"}
