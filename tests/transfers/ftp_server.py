"""A small FTP server on loopback, with what goes wrong with real ones."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field

from tests.runtime.raw_server import Connection, RawServer


@dataclass
class FtpServer:
    """Files by name."""

    files: dict[str, bytes] = field(default_factory=dict)
    username: str = "anonymous"
    password: str = "cpe-agent@"
    modified: str = "20260101000000"
    knows_size: bool = True
    knows_rest: bool = True
    cut_after: int = 0
    """Bytes after which each data connection is reset; 0: never."""
    stall: bool = False
    endless: bool = False
    lies_about_host: bool = False
    early: str = ""
    """What is said before a file comes, although it is too early."""
    greeting: bytes = b"220 hello\r\n"
    refusals: dict[str, str] = field(default_factory=dict)
    """What is answered to a command instead of doing it."""
    family: int = socket.AF_INET
    said: list[str] = field(default_factory=list)

    def __enter__(self) -> "FtpServer":
        self._over = threading.Event()
        self._raw = RawServer(self._serve, None, self.family)
        self._raw.__enter__()
        self.port = self._raw.port
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._raw.__exit__()

    def url(self, name: str) -> str:
        host = "[::1]" if self.family == socket.AF_INET6 else "127.0.0.1"
        return f"ftp://{host}:{self.port}/{name}"

    def _serve(self, connection: Connection, _number: int) -> None:
        with contextlib.suppress(OSError):
            connection.write(self.greeting)
            talk = _Talk(self, connection)
            file = connection.stream.makefile("rb")
            while line := file.readline():
                text = line.decode("latin-1").rstrip("\r\n")
                self.said.append(text)
                verb, _, rest = text.partition(" ")
                if verb in self.refusals:
                    connection.write(self.refusals[verb].encode() + b"\r\n")
                else:
                    talk.obey(verb, rest)


class _Talk:
    def __init__(self, server: FtpServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self._user, self._rest = "", 0
        self._listener: socket.socket | None = None

    def _say(self, text: str) -> None:
        self._connection.write(f"{text}\r\n".encode("latin-1"))

    def obey(self, verb: str, rest: str) -> None:
        server = self._server
        match verb:
            case "USER":
                self._user = rest
                self._say("331 password?")
            case "PASS":
                is_right = (self._user, rest) == (server.username, server.password)
                self._say("230 in" if is_right else "530 who are you?\x1b[2J")
            case "TYPE" | "NOOP":
                self._say("200 yes")
            case "SIZE" if rest in server.files and server.knows_size:
                self._say(f"213 {len(server.files[rest])}")
            case "MDTM" if rest in server.files and server.modified:
                self._say(f"213 {server.modified}")
            case "PASV" | "EPSV":
                self._passive(verb)
            case "REST" if server.knows_rest:
                self._rest = int(rest)
                self._say("350 from there")
            case "RETR" if rest in server.files:
                self._give(server.files[rest])
            case "STOR":
                self._take(rest)
            case "RETR":
                self._say("550 no such file")
            case "QUIT":
                self._say("221 bye")
            case _:
                self._say("502 what?")

    def _passive(self, verb: str) -> None:
        family = self._server.family
        self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        port = self._listener.getsockname()[1]
        if verb == "EPSV":
            self._say(f"229 here (|||{port}|)")
        else:
            host = "192,0,2,1" if self._server.lies_about_host else "127,0,0,1"
            self._say(f"227 here ({host},{port >> 8},{port & 255})")

    def _accept(self) -> socket.socket:
        assert self._listener is not None
        with self._listener:
            return self._listener.accept()[0]

    def _give(self, content: bytes) -> None:
        server, content = self._server, content[self._rest :]
        self._rest = 0
        with self._accept() as data:
            if server.early:
                self._say(server.early)
            self._say("150 coming")
            with contextlib.suppress(OSError):
                while server.endless:
                    data.sendall(bytes(65536))
            cut = server.cut_after and len(content) > server.cut_after
            data.sendall(content[: server.cut_after] if cut else content)
            if server.stall:
                server._over.wait(60)
            time.sleep(0.005 if cut else 0)
        self._say("426 broken" if cut else "226 done")

    def _take(self, name: str) -> None:
        with self._accept() as data:
            self._say("150 go on")
            pieces = []
            while piece := data.recv(65536):
                pieces.append(piece)
        self._server.files[name] = b"".join(pieces)
        self._say("226 done")
