"""A server on loopback that a test scripts connection by connection; no HTTP library between the test and the bytes."""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.waiting import PATIENCE


@dataclass
class Request:
    """A request as it came: the head's first line, header fields with lower-case names, and the body."""

    line: str
    fields: list[tuple[str, str]]
    body: bytes
    raw: bytes
    connection: int

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.fields if key == name.lower()), default)


@dataclass
class RawServer:
    """Accepts connections and hands each to ``serve(connection, number)`` in a thread of its own."""

    serve: Callable[["Connection", int], None]
    context: ssl.SSLContext | None = None
    family: int = socket.AF_INET
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    handshake_errors: list[str] = field(default_factory=list)

    def __enter__(self) -> "RawServer":
        self._listener = socket.socket(self.family, socket.SOCK_STREAM)
        self._listener.bind(("::1" if self.family == socket.AF_INET6 else "127.0.0.1", 0))
        self._listener.listen(64)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def url(self, path: str = "/acs", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}{path}"

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(accepted)
            thread = threading.Thread(target=self._run, args=(accepted, self.connections), daemon=True)
            self.connections += 1
            self._threads.append(thread)
            thread.start()

    def _run(self, accepted: socket.socket, number: int) -> None:
        stream: socket.socket = accepted
        try:
            if self.context:
                accepted.settimeout(5)
                stream = self.context.wrap_socket(accepted, server_side=True)
                self._open.append(stream)
            self.serve(Connection(stream, self, number), number)
        except OSError as error:
            self.handshake_errors.append(str(error))
        finally:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()
            accepted.close()


class Connection:
    """One accepted connection: read a request, write bytes."""

    def __init__(self, stream: socket.socket, server: RawServer, number: int) -> None:
        self.stream = stream
        self._server = server
        self._number = number
        self._pending = b""

    def read(self) -> Request | None:
        """The next request, None at the end."""
        while b"\r\n\r\n" not in self._pending:
            if not self._more():
                return None
        head, _, rest = self._pending.partition(b"\r\n\r\n")
        line, *lines = head.decode("latin-1").split("\r\n")
        fields = [(name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in lines)]
        length = int(dict(fields).get("content-length", "0"))
        self._pending = rest
        while len(self._pending) < length:
            if not self._more():
                return None
        body, self._pending = self._pending[:length], self._pending[length:]
        request = Request(line, fields, body, head + b"\r\n\r\n" + body, self._number)
        self._server.requests.append(request)
        return request

    def requests(self) -> Iterator[Request]:
        while (request := self.read()) is not None:
            yield request

    def _more(self) -> bool:
        piece = self.stream.recv(65536)
        self._pending += piece
        return bool(piece)

    def write(self, data: bytes) -> None:
        self.stream.sendall(data)

    def reply(self, status: int = 200, body: bytes = b"", *fields: str) -> None:
        """An HTTP/1.1 reply with Content-Length."""
        head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} Reason", *fields, f"Content-Length: {len(body)}"))
        self.write(head.encode("latin-1") + b"\r\n" + body)


def scripted(*replies: Callable[[Connection, Request], None]) -> Callable[[Connection, int], None]:
    """Answer the requests of all connections with the replies in turn; the last one for ever after."""
    waiting = list(replies)

    def serve(connection: Connection, _number: int) -> None:
        for request in connection.requests():
            reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            reply(connection, request)

    return serve


def says(status: int = 200, body: bytes = b"", *fields: str) -> Callable[[Connection, Request], None]:
    return lambda connection, _request: connection.reply(status, body, *fields)


def digest_fields(request: Request) -> dict[str, str]:
    """The parameters of an Authorization: Digest header, read without the agent's parser."""
    value = request.get("authorization")
    assert value.startswith("Digest "), value
    return {name: a or b for name, a, b in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]*))', value[7:])}
