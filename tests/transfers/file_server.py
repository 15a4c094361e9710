"""A file server on loopback that has every trouble a file server can have; bytes on sockets, no library between."""

import base64
import contextlib
import hashlib
import re
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from tests.runtime.raw_server import Connection, RawServer, Request, digest_fields

PIECE = 65_536


@dataclass
class File:
    """What is at a path, and how it is given away."""

    content: bytes = b""
    status: int = 200
    location: str = ""
    etag: str = '"v1"'
    last_modified: str = ""
    ranges: bool = True
    chunked: bool = False
    announces: int | None = None
    """A Content-Length that is wrong; -1 for none, where the connection's end is the file's."""
    cut_after: int = 0
    """Bytes after which each connection is reset, 0: never."""
    stall_after: int = -1
    """Where in the file nothing comes any more."""
    drip: float = 0.0
    """Seconds between two bytes."""
    endless: bool = False
    fields: tuple[str, ...] = ()
    silent: bool = False
    """No answer at all."""


@dataclass
class FileServer:
    """Files by path. ``login`` is "", "Basic" or a Digest algorithm; ``qop`` what Digest asks for."""

    files: dict[str, File] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    login: str = ""
    qop: str = "auth"
    username: str = "device"
    password: str = "hunter2"
    nonce_of_connection: bool = False
    """A nonce is good on its connection only, as with GenieACS."""
    invites: bool = True
    """100-continue is answered."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    upload_status: int = 201
    family: int = socket.AF_INET

    def __enter__(self) -> "FileServer":
        self._nonce = secrets.token_hex(8)
        self._nonces: dict[int, str] = {}
        self._over = threading.Event()
        self._raw = RawServer(self._serve, self.context, self.family)
        self._raw.__enter__()
        self.port = self._raw.port
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._raw.__exit__()

    @property
    def requests(self) -> list[Request]:
        return self._raw.requests

    @property
    def connections(self) -> int:
        return self._raw.connections

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return self._raw.url(path, host)

    # -- one connection ---------------------------------------------------------------------------------------------

    def _serve(self, connection: Connection, number: int) -> None:
        with contextlib.suppress(OSError):
            for request in _requests(connection, self._raw, self):
                if not self._answer(connection, request, number):
                    return

    def knows(self, request: Request, number: int) -> bool:
        """Whether who asks has shown who it is."""
        given = request.get("authorization")
        if not self.login:
            return True
        if self.login == "Basic":
            return given == "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if not given:
            return False
        said = digest_fields(request)
        method, uri = request.line.split(" ")[:2]
        name = self.login.removesuffix("-sess")

        def h(text: bytes) -> str:
            return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], text).hexdigest()

        a1 = h(f"{self.username}:files:{self.password}".encode())
        a2 = f"{method}:{uri}" + (f":{h(request.body)}" if self.qop == "auth-int" else "")
        expected = h(f"{a1}:{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}:{h(a2.encode())}".encode())
        return said["nonce"] == self._nonce_for(number) and said["response"] == expected and said["uri"] == uri

    def challenge(self, number: int) -> str:
        if self.login == "Basic":
            return 'WWW-Authenticate: Basic realm="files"'
        nonce, algorithm = self._nonce_for(number), self.login
        return f'WWW-Authenticate: Digest realm="files",nonce="{nonce}",algorithm={algorithm},qop="{self.qop}"'

    def _nonce_for(self, number: int) -> str:
        return self._nonces.setdefault(number, secrets.token_hex(8)) if self.nonce_of_connection else self._nonce

    def _answer(self, connection: Connection, request: Request, number: int) -> bool:
        """Whether the connection goes on."""
        method, path = request.line.split(" ")[:2]
        if not self.knows(request, number):
            connection.reply(401, b"who?", self.challenge(number))
            return method == "GET" or bool(request.body)
        file = self.files.get(path)
        if file is None and method == "GET":
            connection.reply(404, b"no such file", "Content-Type: text/plain")
            return True
        file = file or File()
        if file.silent:
            self._over.wait(60)
            return False
        if file.location:
            connection.reply(file.status, b"elsewhere", f"Location: {file.location}")
            return True
        if method == "PUT":
            if file.status < 300:
                self.uploads[path] = request.body
            connection.reply(self.upload_status if file.status == 200 else file.status)
            return True
        if file.status != 200:
            connection.reply(file.status, b"the reason\x1b[31m why", "Content-Type: text/plain", *file.fields)
            return True
        return self._give(connection, request, file)

    def _give(self, connection: Connection, request: Request, file: File) -> bool:
        content, status, fields = file.content, 200, list(file.fields)
        asked = re.fullmatch(r"bytes=(\d+)-", request.get("range"))
        if file.etag:
            fields.append(f"ETag: {file.etag}")
        if file.last_modified:
            fields += [f"Last-Modified: {file.last_modified}", f"Date: {formatdate(usegmt=True)}"]
        if asked and file.ranges and request.get("if-range") in (file.etag or file.last_modified, ""):
            at, end = int(asked[1]), len(content)
            if at >= end:
                connection.reply(416, b"", f"Content-Range: bytes */{end}")
                return True
            content, status = content[at:], 206
            fields.append(f"Content-Range: bytes {at}-{end - 1}/{end}")
        length = len(content) if file.announces is None else file.announces - (len(file.content) - len(content))
        if file.chunked:
            fields.append("Transfer-Encoding: chunked")
        elif length >= 0 and file.announces != -1 and not file.endless:
            fields.append(f"Content-Length: {length}")
        connection.write("".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} Reason", *fields, "")).encode())
        self._pour(connection, file, content)
        if file.chunked:
            connection.write(b"0\r\n\r\n")
        return file.announces is None and not file.endless

    def _pour(self, connection: Connection, file: File, content: bytes) -> None:
        sent, before = 0, len(file.content) - len(content)
        for piece in self._pieces(file, content):
            if file.cut_after and sent + len(piece) > file.cut_after:
                connection.write(
                    _chunk(piece[: file.cut_after - sent]) if file.chunked else piece[: file.cut_after - sent]
                )
                time.sleep(0.005)  # a reset overtakes what is still in the other end's buffer
                raise ConnectionResetError
            connection.write(_chunk(piece) if file.chunked else piece)
            sent += len(piece)
            if 0 <= file.stall_after <= before + sent:
                self._over.wait(60)
                raise ConnectionResetError

    def _pieces(self, file: File, content: bytes) -> Iterator[bytes]:
        if file.drip:
            for at in range(len(content)):
                yield content[at : at + 1]
                if self._over.wait(file.drip):
                    return
        if file.endless:
            while not self._over.is_set():
                yield bytes(PIECE)
        if file.stall_after >= 0:
            yield content[: max(0, file.stall_after - (len(file.content) - len(content)))]
            return
        for at in range(0, len(content), PIECE):
            yield content[at : at + PIECE]


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _requests(connection: Connection, raw: RawServer, server: FileServer) -> Iterator[Request]:
    """Requests with bodies that wait for an invitation; who is not known gets none."""
    while True:
        while b"\r\n\r\n" not in connection._pending:
            if not connection._more():
                return
        head = connection._pending.partition(b"\r\n\r\n")[0]
        if b"100-continue" in head and server.invites:
            line, *lines = head.decode("latin-1").split("\r\n")
            pairs = [(name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in lines)]
            early = Request(line, pairs, b"", head, connection._number)
            if server.qop == "auth-int" or server.knows(early, connection._number):
                connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            else:
                raw.requests.append(early)
                connection.reply(401, b"who?", server.challenge(connection._number), "Connection: close")
                return
        request = connection.read()
        if request is None:
            return
        yield request


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made
