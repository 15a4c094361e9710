"""The control socket: the command line asks, the owner answers; one thread, one JSON object a line, mode 0600."""

import json
import logging
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import Any, Final

from agent.runtime.unix_listener import listen

log = logging.getLogger(__name__)

SCHEMA: Final = 1
LONGEST_LINE: Final = 1_048_576  # bytes of a request
MOST_CONNECTIONS: Final = 16  # more wait in the kernel's queue
MOST_STREAMS: Final = 8  # so that those who only watch leave room for those who ask
REQUEST_WITHIN: Final = 5.0  # seconds for the request to arrive
ANSWER_WITHIN: Final = 60.0  # seconds for the owner to answer
TAKEN_WITHIN: Final = 30.0  # seconds without progress while a reply is sent
GONE_WITHIN: Final = 1.0  # seconds for the asker to close after the reply
LOOK_AGAIN: Final = 0.25  # seconds until a stream that had nothing new is asked again

Answer = Callable[[dict[str, Any]], None]
Ask = Callable[[str, dict[str, Any], Answer], None]
Stream = Callable[[dict[str, Any]], Iterator[dict[str, Any] | None]]


def error(code: str, message: str, next_step: str) -> dict[str, Any]:
    """Build an answer that says what went wrong: a word for programs, a sentence and the next step for people."""
    return {"error": {"code": code, "message": message, "next": next_step}}


_INTERNAL: Final = error("internal", "the agent could not answer that", "see the agent's log")


@dataclass(slots=True, eq=False)
class _Connection:
    socket: socket.socket
    deadline: float
    received: bytearray = field(default_factory=bytearray)
    to_send: bytes = b""
    stream: Iterator[dict[str, Any] | None] | None = None
    look_again: float = 0.0
    is_asked: bool = False
    is_answered: bool = False
    is_half_closed: bool = False  # the asker says nothing more, and may still read


class ControlServer:
    """Serves one socket. ``ask`` hands a request to the owner, whose answer may come from any thread, once.

    ``streams`` are verbs answered here, line by line, from an iterator; ``None`` from it means nothing new as yet.
    """

    def __init__(self, path: Path, ask: Ask, streams: Mapping[str, Stream] | None = None) -> None:
        self._path = path
        self._ask = ask
        self._streams = streams or {}
        self._selector = selectors.DefaultSelector()
        self._connections: set[_Connection] = set()
        self._answers: SimpleQueue[tuple[_Connection, dict[str, Any]]] = SimpleQueue()
        self._wake_out, self._wake_in = socket.socketpair()
        self._inode = 0
        self._thread: threading.Thread | None = None
        self._is_stopping = False

    def start(self) -> None:
        """Make the socket and serve it. Raises ControlSocketError, also when another agent answers there."""
        listener = listen(self._path, MOST_CONNECTIONS)
        self._inode = os.stat(self._path).st_ino
        for each in (listener, self._wake_out, self._wake_in):
            each.setblocking(False)
        self._selector.register(self._wake_out, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and take the socket away, unless another agent has put its own there."""
        self._is_stopping = True
        self._wake()
        if self._thread:
            self._thread.join(timeout=2)
        with suppress(OSError):
            if os.stat(self._path).st_ino == self._inode:
                self._path.unlink()

    def _run(self, listener: socket.socket) -> None:
        while not self._is_stopping:
            self._listen_if_there_is_room(listener)
            for key, events in self._selector.select(self._seconds_to_next()):
                if key.fileobj is listener:
                    self._accept(listener)
                elif key.fileobj is self._wake_out:
                    with suppress(BlockingIOError):
                        self._wake_out.recv(4096)
                else:
                    self._serve(key.data, events)
            self._take_answers()
            self._advance()
        for connection in tuple(self._connections):
            self._close(connection)
        listener.close()
        self._selector.close()
        self._wake_out.close()
        self._wake_in.close()

    def _listen_if_there_is_room(self, listener: socket.socket) -> None:
        has_room = len(self._connections) < MOST_CONNECTIONS
        is_listening = listener in self._selector.get_map()
        if has_room and not is_listening:
            self._selector.register(listener, selectors.EVENT_READ, None)
        elif is_listening and not has_room:
            self._selector.unregister(listener)

    def _seconds_to_next(self) -> float | None:
        due = [connection.deadline for connection in self._connections]
        due += [each.look_again for each in self._connections if each.stream and not each.to_send]
        soonest = min(due, default=inf)
        return None if soonest == inf else max(0.0, soonest - monotonic())

    def _wake(self) -> None:
        with suppress(BlockingIOError, OSError):  # a full pipe wakes as well
            self._wake_in.send(b"\0")

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except OSError:
            sleep(0.05)  # the peer was gone again, or no descriptor is left: no busy loop until one is
            return
        accepted.setblocking(False)
        connection = _Connection(accepted, monotonic() + REQUEST_WITHIN)
        self._connections.add(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _serve(self, connection: _Connection, events: int) -> None:
        if connection not in self._connections:
            return  # closed while the other events of this turn were served
        try:
            if events & selectors.EVENT_READ:
                self._receive(connection)
            if events & selectors.EVENT_WRITE and connection in self._connections:
                self._send(connection)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._close(connection)

    def _receive(self, connection: _Connection) -> None:
        arrived = connection.socket.recv(65_536)
        if not arrived:
            connection.is_half_closed = True
            is_waiting = (connection.is_asked or connection.to_send) and not connection.stream
            if connection.is_answered or not is_waiting:
                self._close(connection)
            else:
                self._watch(connection)
        elif not connection.is_asked and not connection.is_answered:
            connection.received += arrived
            line, found, _ = connection.received.partition(b"\n")
            if found:
                self._request(connection, bytes(line))
            elif len(connection.received) > LONGEST_LINE:
                told = error("bad_request", "the request is longer than 1 MB", "ask in several requests")
                self._reply(connection, told)

    def _request(self, connection: _Connection, line: bytes) -> None:
        connection.received.clear()
        try:
            request = json.loads(line)
            verb, arguments = request["verb"], request.get("arguments", {})
            if not isinstance(verb, str) or not isinstance(arguments, dict):
                raise TypeError
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            told = error(
                "bad_request", "the request is no JSON object with a verb", 'send {"verb": …, "arguments": {…}}'
            )
            self._reply(connection, told)
            return
        connection.is_asked = True
        connection.deadline = monotonic() + ANSWER_WITHIN
        try:
            self._dispatch(connection, verb, arguments)
        except Exception:  # one request must not end the service for everyone
            log.exception("the request %r of the control socket failed", verb)
            self._reply(connection, _INTERNAL)

    def _dispatch(self, connection: _Connection, verb: str, arguments: dict[str, Any]) -> None:
        if verb not in self._streams:
            self._ask(verb, arguments, lambda answer: self._answered(connection, answer))
        elif sum(1 for each in self._connections if each.stream) >= MOST_STREAMS:
            self._reply(connection, error("busy", "too many are watching already", "end one of the others"))
        else:
            connection.stream = self._streams[verb](arguments)
            connection.deadline = inf

    def _answered(self, connection: _Connection, answer: dict[str, Any]) -> None:
        self._answers.put((connection, answer))
        self._wake()

    def _take_answers(self) -> None:
        with suppress(Empty):
            while True:
                connection, answer = self._answers.get_nowait()
                if connection in self._connections and not connection.is_answered:
                    self._reply(connection, answer)

    def _advance(self) -> None:
        now = monotonic()
        for connection in tuple(self._connections):
            if connection.stream and not connection.to_send and connection.look_again <= now:
                self._next_line(connection, connection.stream, now)
            elif connection.deadline <= now:
                self._expire(connection)

    def _next_line(self, connection: _Connection, stream: Iterator[dict[str, Any] | None], now: float) -> None:
        try:
            line = next(stream)
        except StopIteration:
            connection.stream = None
            self._finish(connection)
        except Exception:  # one stream must not end the service for everyone
            log.exception("a stream of the control socket failed")
            connection.stream = None
            self._reply(connection, _INTERNAL)
        else:
            if line is None:
                connection.look_again = now + LOOK_AGAIN
            else:
                self._queue(connection, line)

    def _expire(self, connection: _Connection) -> None:
        if connection.is_asked and not connection.is_answered:
            told = error("timeout", f"the agent did not answer within {ANSWER_WITHIN:.0f} s", "see the agent's log")
            self._reply(connection, told)
        else:
            self._close(connection)

    def _reply(self, connection: _Connection, answer: dict[str, Any]) -> None:
        connection.is_answered = True
        self._queue(connection, answer)

    def _queue(self, connection: _Connection, answer: dict[str, Any]) -> None:
        try:
            text = json.dumps({"schema": SCHEMA, **answer}, ensure_ascii=False, separators=(",", ":"))
        except (TypeError, ValueError):
            log.exception("an answer of the agent is no JSON")
            text = json.dumps({"schema": SCHEMA, **_INTERNAL})
        connection.to_send = text.encode(errors="replace") + b"\n"
        connection.deadline = monotonic() + TAKEN_WITHIN
        self._watch(connection)

    def _send(self, connection: _Connection) -> None:
        sent = connection.socket.send(connection.to_send)
        connection.to_send = connection.to_send[sent:]
        connection.deadline = monotonic() + TAKEN_WITHIN
        if connection.to_send:
            return
        if connection.stream:
            connection.deadline = inf
            self._watch(connection)
        else:
            self._finish(connection)

    def _finish(self, connection: _Connection) -> None:
        """Let the asker close first: closing with bytes of its unread would take the reply from it (ECONNRESET)."""
        connection.is_answered = True
        connection.deadline = monotonic() + GONE_WITHIN
        if connection.is_half_closed:
            self._close(connection)
        else:
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_WR)
            self._watch(connection)

    def _watch(self, connection: _Connection) -> None:
        """Wait for what the connection can do next: take more of a reply, or say something or go away."""
        with suppress(KeyError):
            self._selector.unregister(connection.socket)
        if connection.to_send:
            self._selector.register(connection.socket, selectors.EVENT_WRITE, connection)
        elif not connection.is_half_closed:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _close(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        connection.stream = None  # what it was told by ends with it, however long this connection is remembered
        with suppress(KeyError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
