"""Servers of octets for throughput tests, by HTTP and FTP, with the faults that a test has to name."""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

BLOCK = bytes(64 * 1024)
Behaviour = Callable[["Exchange"], None]
Within = Callable[[Callable[[], Any]], Any]
"""Makes a socket, or what has one, in a namespace."""


def here(make: Callable[[], Any]) -> Any:
    return make()


@dataclass
class Seen:
    """What a server has seen."""

    requests: list[str] = field(default_factory=list)
    received: int = 0
    connections: int = 0
    peers: list[Any] = field(default_factory=list)


class Exchange:
    """One request on a connection."""

    def __init__(self, made: socket.socket, head: str, early: bytes, seen: Seen) -> None:
        self.made = made
        self.head = head
        self.early = early
        self.seen = seen

    def send(self, data: bytes) -> None:
        self.made.sendall(data)

    def answer(self, status: str, *fields: str) -> None:
        self.send("\r\n".join((f"HTTP/1.1 {status}", *fields, "", "")).encode())

    def take(self, size: int) -> None:
        size -= len(self.early)
        self.seen.received += len(self.early)
        while size > 0 and (data := self.made.recv(min(size, 1 << 20))):
            self.seen.received += len(data)
            size -= len(data)

    def take_chunks(self) -> None:
        data = self.early
        while True:
            while b"\r\n" not in data:
                data += self.made.recv(65536)
            line, _, data = data.partition(b"\r\n")
            size = int(line, 16)
            while len(data) < size + 2:
                data += self.made.recv(1 << 20)
            self.seen.received += size
            data = data[size + 2 :]
            if not size:
                return


def file_of(size: int) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.answer("200 OK", f"Content-Length: {size}")
        left = size
        while left > 0:
            exchange.send(BLOCK[:left])
            left -= len(BLOCK)

    return behave


def endless(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Transfer-Encoding: chunked")
    while True:
        exchange.send(b"10000\r\n" + BLOCK + b"\r\n")


def chunked(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Transfer-Encoding: chunked")
    for _ in range(20):
        exchange.send(b"2710;x=y\r\n" + bytes(10_000) + b"\r\n")
    exchange.send(b"0\r\nX-Trailer: yes\r\n\r\n")


def until_closed(exchange: Exchange) -> None:
    exchange.answer("200 OK")
    exchange.send(bytes(100_000))
    raise ConnectionAbortedError


def closes_untold(exchange: Exchange) -> None:
    file_of(1000)(exchange)
    raise ConnectionAbortedError


def too_short(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Content-Length: 100000")
    exchange.send(bytes(5000))
    raise ConnectionAbortedError


def reset(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Content-Length: 100000")
    exchange.send(bytes(5000))
    time.sleep(0.2)
    exchange.made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    exchange.made.close()
    raise ConnectionAbortedError


def says_nothing(exchange: Exchange) -> None:
    raise ConnectionAbortedError


def stalls(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Content-Length: 100000")
    exchange.send(bytes(5000))
    time.sleep(20)


def status(line: str) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.answer(line, "Content-Length: 0")

    return behave


def raw(data: bytes) -> Behaviour:
    def behave(exchange: Exchange) -> None:
        exchange.send(data)
        raise ConnectionAbortedError

    return behave


def puts_off(exchange: Exchange) -> None:
    while True:
        exchange.answer("100 Continue")


def dribbles(exchange: Exchange) -> None:
    while True:
        exchange.send(b"H")
        time.sleep(0.02)


def endless_trailers(exchange: Exchange) -> None:
    exchange.answer("200 OK", "Transfer-Encoding: chunked")
    exchange.send(b"1\r\nx\r\n0\r\n")
    while True:
        exchange.send(b"X: y\r\n" * 100)


def put(exchange: Exchange) -> None:
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in exchange.head.split("\r\n")}
    if "content-length" in fields:
        exchange.take(int(fields["content-length"]))
    else:
        exchange.take_chunks()
    exchange.answer("201 Created", "Content-Length: 0")


def put_refused(exchange: Exchange) -> None:
    exchange.answer("413 Content Too Large", "Content-Length: 0")
    raise ConnectionAbortedError


class _Http(socketserver.BaseRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        seen, made = self.server.seen, self.request
        seen.connections += 1
        seen.peers.append(self.client_address)
        data = b""
        with suppress(OSError):
            while True:
                while b"\r\n\r\n" not in data:
                    more = made.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, early = data.partition(b"\r\n\r\n")
                data = b""
                seen.requests.append(head.decode())
                self.server.behave(Exchange(made, head.decode(), early, seen))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, host: str, port: int, handler: type[socketserver.BaseRequestHandler], behave: Any, within: Within
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)
        self.seen = Seen()
        self.behave = behave
        self.within = within


@contextmanager
def _serving(server: _Server) -> Iterator[_Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def http_server(
    behave: Behaviour, host: str = "127.0.0.1", port: int = 0, within: Within = here
) -> Iterator[tuple[str, Seen]]:
    """The URL of a file, and what was seen."""
    with _serving(within(lambda: _Server(host, port, _Http, behave, within))) as server:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_address[1]}/test/file?x=1", server.seen


@dataclass
class FtpBehaviour:
    """Answers by command; others are as a good server's. ``size`` is the file's."""

    size: int = 100_000
    sends: int | None = None
    answers: dict[str, str] = field(default_factory=dict)
    greeting: str = "220-hello\r\n220 there"
    confirms_after: float = 0
    """Seconds from the last octet to the word that it is complete."""


class _Ftp(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        with suppress(OSError):
            self._serve()

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _serve(self) -> None:
        behave, seen = self.server.behave, self.server.seen
        seen.connections += 1
        self._say(behave.greeting)
        listener = socket.socket(self.request.family)
        while line := self.rfile.readline().decode().strip():
            seen.requests.append(line)
            command = line.partition(" ")[0]
            if command in behave.answers:
                self._say(behave.answers[command])
                continue
            match command:
                case "USER":
                    self._say("331 password?")
                case "SIZE":
                    self._say(f"213 {behave.size}")
                case "PASV":
                    listener = self._listening()
                    high, low = divmod(listener.getsockname()[1], 256)
                    self._say(f"227 Entering Passive Mode (10,9,8,7,{high},{low})")  # a host that is not to be believed
                case "EPSV":
                    listener = self._listening()
                    self._say(f"229 Entering Extended Passive Mode (|||{listener.getsockname()[1]}|)")
                case "RETR" | "STOR":
                    data, _ = listener.accept()
                    self._say("150 here it comes")
                    with data:
                        self._move(command, data)
                    time.sleep(behave.confirms_after)
                    self._say(behave.answers.get(f"{command} end", "226 complete"))
                case "QUIT":
                    return
                case _:
                    self._say("230 fine")

    def _listening(self) -> socket.socket:
        made: socket.socket = self.server.within(lambda: socket.socket(self.request.family))
        made.bind((self.request.getsockname()[0], 0))
        made.listen()
        return made

    def _move(self, command: str, data: socket.socket) -> None:
        behave = self.server.behave
        if command == "STOR":
            while got := data.recv(1 << 20):
                self.server.seen.received += len(got)
            return
        left = behave.size if behave.sends is None else behave.sends
        while left > 0:
            data.sendall(BLOCK[:left])
            left -= len(BLOCK)


@contextmanager
def ftp_server(
    behave: FtpBehaviour, host: str = "127.0.0.1", port: int = 0, within: Within = here
) -> Iterator[tuple[str, Seen]]:
    """The URL of a file, and what was seen."""
    with _serving(within(lambda: _Server(host, port, _Ftp, behave, within))) as server:
        shown = f"[{host}]" if ":" in host else host
        yield f"ftp://{shown}:{server.server_address[1]}/deep/file", server.seen
