"""HTTP/1.1 from the server's end: requests read under deadlines and bounds, every byte counted, replies written."""

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

_REQUEST_LINE = re.compile(r"([A-Z]{1,16}) ([!-~]{1,2048}) HTTP/1\.([01])")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")
PIECE = 65536
"""The most that is read or written at once, in bytes."""
_CHUNK = 1400


class HttpProblem(Exception):
    """A request that cannot be served; it is answered with ``status`` and the connection closes."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Gone(Exception):
    """The peer closed the connection, or was silent for too long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take; sizes in bytes, times in seconds."""

    head: int = 16384
    head_time: float = 10.0
    """From a request's first byte to the end of its head; also for a TLS handshake."""
    body_time: float = 60.0
    file_time: float = 900.0
    idle_time: float = 60.0
    connections: int = 128
    """Beyond it the oldest connection that waits for a request is closed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request's head."""

    method: str
    target: str
    minor_version: int
    headers: dict[str, str]
    """By name in lower case; several of one name are joined by a comma."""
    head: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.target.partition("?")[2]

    @property
    def wants_close(self) -> bool:
        """Whether the client asked for the connection to end after this request."""
        return self.minor_version == 0 or "close" in self.headers.get("connection", "").lower()


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; ``file`` is streamed after the head in place of ``body`` and closed."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    file: BinaryIO | None = None
    file_size: int = 0
    close: bool = False
    chunked: bool = False
    after: Callable[[], None] | None = None
    """Called once the reply has left."""

    @property
    def phrase(self) -> str:
        """The status in words."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown"

    def head(self) -> bytes:
        """The status line and headers, with the blank line."""
        lines = [f"HTTP/1.1 {self.status} {self.phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.status != 204:
            lines.append(f"Content-Length: {self.file_size if self.file else len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        return "\r\n".join((*lines, "", "")).encode("latin-1")

    def framed_body(self) -> bytes:
        """The body as it goes on the wire."""
        if not self.chunked:
            return self.body
        pieces = [self.body[start : start + _CHUNK] for start in range(0, len(self.body), _CHUNK)]
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def text_reply(status: int, text: str, close: bool = False) -> Reply:
    """A line of plain text for people."""
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{text}\n".encode(), close=close)


class Connection:
    """One accepted TCP (and TLS) connection, owned by its thread."""

    def __init__(self, sock: socket.socket, number: int, peer: str, limits: Limits) -> None:
        self.number = number
        self.peer = peer
        self.waits_for_request = True
        self.bytes_in = 0
        """What has been taken as head or body so far, framing included."""
        self._sock = sock
        self._limits = limits
        self._buffer = bytearray()
        self._body_taken = True

    @property
    def own(self) -> str:
        """The address of this machine by which it was reached."""
        return str(self._sock.getsockname()[0])

    def read_request(self) -> Request:
        """The next request's head; HttpProblem for one that is no HTTP, Gone at the connection's end."""
        self.waits_for_request = True
        if not self._buffer:
            self._receive(time.monotonic() + self._limits.idle_time)
        deadline = time.monotonic() + self._limits.head_time
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > self._limits.head:
                raise HttpProblem(431, "the head is too large")
            self._receive(deadline)
        if end > self._limits.head:
            raise HttpProblem(431, "the head is too large")
        head = self._take(end + 4)
        self.waits_for_request = False
        request = _parse_head(head)
        self._body_taken = _framing(request) == 0
        return request

    def read_body(self, request: Request, limit: int) -> bytes:
        """The whole body as it came, transfer coding taken off; HttpProblem 413 beyond ``limit`` bytes."""
        return b"".join(self.pieces(request, limit, self._limits.body_time))

    def pieces(self, request: Request, limit: int, seconds: float) -> Iterator[bytes]:
        """The body in pieces as they arrive; at most ``limit`` bytes in at most ``seconds``."""
        size = _framing(request)
        if size is not None and size > limit:
            raise HttpProblem(413, f"the body is larger than {limit} bytes")
        if request.headers.get("expect", "").lower() == "100-continue" and not self._buffer:
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        deadline = time.monotonic() + seconds
        if size is not None:
            yield from self._exactly(size, deadline)
        else:
            yield from self._chunks(limit, deadline)
        self._body_taken = True

    @property
    def body_was_taken(self) -> bool:
        """Whether the next byte on the connection starts a request."""
        return self._body_taken

    def write(self, data: bytes) -> None:
        """Send it all, within the time for a body."""
        self._sock.settimeout(self._limits.body_time)
        try:
            self._sock.sendall(data)
        except OSError as lost:
            raise Gone(str(lost)) from lost

    def close(self) -> None:
        """End the connection; its owner calls this."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def secure(self, context: ssl.SSLContext) -> None:
        """Make the TLS handshake; OSError when it fails or takes longer than a head may."""
        self._sock.settimeout(self._limits.head_time)
        self._sock = context.wrap_socket(self._sock, server_side=True)

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken on it."""
        return isinstance(self._sock, ssl.SSLSocket)

    def linger(self) -> None:
        """Read on for a moment after a refusal, so that it reaches a peer that is still sending."""
        deadline, taken = time.monotonic() + 1.0, 0
        with contextlib.suppress(OSError, Gone):
            self._sock.shutdown(socket.SHUT_WR)
            while taken < 1 << 22:
                self._buffer.clear()
                self._receive(deadline)
                taken += len(self._buffer)

    def wake(self) -> None:
        """End the connection from another thread: its owner sees the peer gone."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _receive(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise Gone("too slow")
        self._sock.settimeout(remaining)
        try:
            data = self._sock.recv(PIECE)
        except OSError as lost:
            raise Gone(str(lost)) from lost
        if not data:
            raise Gone("closed by the peer")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        piece = bytes(self._buffer[:size])
        del self._buffer[: len(piece)]
        self.bytes_in += len(piece)
        return piece

    def _exactly(self, size: int, deadline: float) -> Iterator[bytes]:
        while size:
            if not self._buffer:
                self._receive(deadline)
            piece = self._take(size)
            size -= len(piece)
            yield piece

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > self._limits.head:
                raise HttpProblem(400, "a chunk's head is too large")
            self._receive(deadline)
        return self._take(end + 2)[:-2]

    def _chunks(self, limit: int, deadline: float) -> Iterator[bytes]:
        taken = 0
        while True:
            match = _CHUNK_SIZE.fullmatch(self._line(deadline))
            if match is None:
                raise HttpProblem(400, "not a chunk")
            size = int(match[1], 16)
            taken += size
            if taken > limit:
                raise HttpProblem(413, f"the body is larger than {limit} bytes")
            if size == 0:
                while self._line(deadline):
                    pass
                return
            yield from self._exactly(size, deadline)
            if self._line(deadline):
                raise HttpProblem(400, "a chunk is longer than it says")


def _parse_head(head: bytes) -> Request:
    lines = head[:-4].decode("latin-1").split("\r\n")
    line = _REQUEST_LINE.fullmatch(lines[0])
    if line is None:
        raise HttpProblem(400, "not a request line of HTTP/1.0 or HTTP/1.1")
    headers: dict[str, str] = {}
    for text in lines[1:]:
        match = _HEADER.fullmatch(text)
        if match is None:
            raise HttpProblem(400, "not a header")
        name = match[1].lower()
        if name in headers and name in ("content-length", "transfer-encoding", "authorization", "host"):
            raise HttpProblem(400, f"{name} is given twice")
        headers[name] = f"{headers[name]}, {match[2]}" if name in headers else match[2]
    return Request(line[1], line[2], int(line[3]), headers, head)


def _framing(request: Request) -> int | None:
    """The body's size in bytes, None for a chunked one."""
    coding, length = request.headers.get("transfer-encoding"), request.headers.get("content-length")
    if coding is not None:
        if coding.lower() != "chunked" or length is not None:
            raise HttpProblem(400, "a body is either chunked or of a given length")
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit() and len(length) <= 15):
        raise HttpProblem(400, "not a length")
    return int(length)
