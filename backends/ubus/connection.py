"""One connection to the bus: requests and their answers, and what else comes meanwhile. Used by one thread."""

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backends.ubus.blobmsg import MOST_BYTES
from backends.ubus.errors import BusError, ConnectionLost, NoBus, NotUnderstood, Status, TookTooLong
from backends.ubus.messages import Attribute, Incoming, Message, NotTheProtocol, Type, written

RECEIVE: Final = 65_536
MOST_ANSWERS: Final = 4_096  # messages of one answer
MOST_LOOKS: Final = 64
MOST_OF_ANSWER: Final = 4 * MOST_BYTES
LONGEST_ADDRESS: Final = 107  # bytes of a UNIX socket's
_NOBODY: Final = (errno.ENOENT, errno.ECONNREFUSED, errno.ENOTDIR)


@dataclass(slots=True)
class Asked:
    """A request under way: what has come of it so far, and its status once it is over."""

    sequence: int
    peer: int
    data: list[Message] = field(default_factory=list)
    size: int = 0
    status: int | None = None
    problem: str = ""

    def take(self, message: Message) -> None:
        """Add a message of the answer."""
        if message.type == Type.DATA:
            self.size += sum(map(len, message.attributes.values()))
            if len(self.data) >= MOST_ANSWERS or self.size > MOST_OF_ANSWER:
                self.problem, self.data = "the answer is longer than is taken", []
            if not self.problem:
                self.data.append(message)
            self.problem = self.problem or message.problem
        else:
            status = message.number(Attribute.STATUS)
            self.status = Status.PARSE_ERROR if status is None else status


class Connection:
    """Connected and greeted. Descriptors that somebody passes along are never taken: the kernel closes them.

    Every ``ends`` is a moment of ``time.monotonic``. After ConnectionLost or NotUnderstood it is of no use any more.
    """

    def __init__(self, path: Path, ends: float, unasked: Callable[[Message], None] = lambda _: None) -> None:
        """Raises NoBus, ConnectionLost, NotUnderstood, TookTooLong. ``unasked`` takes what answers no request."""
        self._path = path
        self._unasked = unasked
        self._incoming = Incoming()
        self.halfway_since: float | None = None
        """Since when a message has begun and not ended."""
        self._sequence = 0
        self._under_way: dict[tuple[int, int], Asked] = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._connect(ends)
            self._greet(ends)
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give it back; the bus takes away what was published over it."""
        self._socket.close()

    def send(self, kind: Type, sequence: int, peer: int, *parts: bytes, ends: float) -> None:
        """Send a message that is not answered; raises NotWritable where it is too long, ConnectionLost."""
        message = written(kind, sequence, peer, *parts)
        try:
            self._socket.settimeout(_left(ends))
            self._socket.sendall(message)
        except OSError as error:  # a part of it may have been sent: nothing can follow
            raise ConnectionLost(f"{self._path}: {_words(error)}", Status.CONNECTION_FAILED) from error

    def start(self, kind: Type, peer: int, *parts: bytes, ends: float) -> Asked:
        """Send a request; ``complete`` waits for what comes of it."""
        self._sequence = self._sequence % 0xFFFF + 1
        asked = Asked(self._sequence, peer)
        self.send(kind, self._sequence, peer, *parts, ends=ends)
        self._under_way[self._sequence, peer] = asked
        return asked

    def complete(self, asked: Asked, ends: float) -> Asked:
        """Wait for the end of a request, until TookTooLong. What comes too late is dropped."""
        try:
            while asked.status is None:
                has_come = self.take(ends)
                if asked.status is None and (not has_come or time.monotonic() > ends):
                    raise TookTooLong(f"{self._path}: the bus has not answered in time", Status.TIMEOUT)
        finally:
            self._under_way.pop((asked.sequence, asked.peer), None)
        return asked

    def request(self, kind: Type, peer: int, *parts: bytes, ends: float) -> Asked:
        """Send a request and wait for its end."""
        return self.complete(self.start(kind, peer, *parts, ends=ends), ends)

    def take(self, ends: float) -> bool:
        """Receive once and deal with what came; False when nothing did. A moment in the past: only what is there."""
        messages = self._received(ends)
        if messages is None:
            return False
        for message in messages:
            self._deal_with(message)
        return True

    def is_alive(self) -> bool:
        """Whether it is still there, as far as can be seen without asking; takes what has come meanwhile."""
        with suppress(BusError):
            return any(not self.take(0.0) for _ in range(MOST_LOOKS))
        return False  # it is gone, or floods

    def _deal_with(self, message: Message) -> None:
        if message.type not in (Type.STATUS, Type.DATA):
            self._unasked(message)
        elif asked := self._under_way.get((message.sequence, message.peer)):
            asked.take(message)

    def _received(self, ends: float) -> list[Message] | None:
        try:
            self._socket.settimeout(_left(ends) if ends else 0.0)
            arrived = self._socket.recv(RECEIVE)
        except (TimeoutError, BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            raise ConnectionLost(f"{self._path}: {_words(error)}", Status.CONNECTION_FAILED) from error
        if not arrived:
            raise ConnectionLost(f"{self._path}: the bus has gone away", Status.CONNECTION_FAILED)
        try:
            messages = list(self._incoming.feed(arrived))
        except NotTheProtocol as wrong:
            raise NotUnderstood(f"{self._path}: {wrong}", Status.PARSE_ERROR) from None
        if messages or self.halfway_since is None:
            self.halfway_since = time.monotonic()
        if not self._incoming.is_halfway():
            self.halfway_since = None
        return messages

    def _connect(self, ends: float) -> None:
        try:
            self._socket.settimeout(_left(ends))
            with _reachable(self._path) as address:
                self._socket.connect(address)
        except OSError as error:
            kind = NoBus if error.errno in _NOBODY else ConnectionLost
            raise kind(f"{self._path}: {_words(error)}", Status.CONNECTION_FAILED) from error

    def _greet(self, ends: float) -> None:
        while True:
            messages = self._received(ends)
            if messages:
                break
            if messages is None or time.monotonic() > ends:
                raise TookTooLong(f"{self._path}: the bus has not greeted in time", Status.TIMEOUT)
        if messages[0].type != Type.HELLO:
            raise NotUnderstood(f"{self._path}: what answers there is not the bus", Status.PARSE_ERROR)
        for message in messages[1:]:
            self._deal_with(message)


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """The path, or where it is too long for a socket's address a short one by way of its directory."""
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def _left(ends: float) -> float:
    return max(ends - time.monotonic(), 0.001)


def _words(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "it took too long"
