"""Throughput by FTP in binary, passive mode (TR-143 4.1, 4.2; RFC 959, RFC 2428)."""

import ftplib
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, unquote

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.line import DISCARD_SIZE, PATIENCE, Line, Stream
from backends.diagnostics.throughput_types import TransferRequest

ANONYMOUS: Final = ("anonymous", "cpe-agent@")
BLOCK: Final = 64 * 1024
MOST_LINES: Final = 256
"""Of one answer: the library collects them without an end."""
LAST_PORT: Final = 65_535
SERVERS_WORDS: Final = (ftplib.error_reply, ftplib.error_temp, ftplib.error_perm, ftplib.error_proto)
"""What the library raises with an answer of the server's for its text."""


def download(line: Line, parts: SplitResult, request: TransferRequest) -> None:
    """Retrieve the file on one connection; by time, again and again until it is enough."""
    with Control(line) as control:
        control.enter(parts)
        name = _name(parts.path)
        size = None if request.duration else control.size_of(name)
        while True:
            got = _retrieve(line, control, name)
            if line.meter.is_enough() or not request.duration:
                break
            control.confirmed("Error_TransferFailed")
            if line.meter.is_enough():
                break
            if not got:
                raise DiagnosticFailed("Error_TransferFailed", "the file is empty")
        line.meter.ended(line.tally, line.tally.last)
        if not request.duration:
            control.confirmed("Error_TransferFailed")
        if size is not None and got != size:
            raise DiagnosticFailed("Error_IncorrectSize", f"{got} octets came of {size}")


def _retrieve(line: Line, control: "Control", name: str) -> int:
    stream = control.data()
    got = 0
    try:
        line.asks()
        control.order(f"RETR {name}", "Error_TransferFailed")
        while size := stream.discard(DISCARD_SIZE, line.meter.is_enough):
            line.counts(size)
            got += size
    except TimeoutError as error:
        raise DiagnosticFailed("Error_Timeout", "the server has stopped sending") from error
    except OSError as error:
        raise DiagnosticFailed("Error_TransferFailed", f"the connection broke: {error.strerror}") from error
    finally:
        stream.close()
    if not line.tally.bom:
        line.begins()
        line.tally.last = line.tally.bom
    return got


def upload(line: Line, parts: SplitResult, request: TransferRequest) -> None:
    """Store ``size`` octets, or as many as go in the time."""
    with Control(line) as control:
        control.enter(parts)
        *folders, name = _name(parts.path).split("/")
        for folder in filter(None, folders):
            control.order(f"CWD {folder}", "Error_NoCWD")
        stream = control.data()
        try:
            line.tally.waiting = stream.unacknowledged
            line.asks()
            control.order(f"STOR {name}", "Error_NoSTOR")
            line.begins()
            _flow(line, stream, request)
        finally:
            stream.close()
        control.confirmed("Error_NoTransferComplete")
        line.meter.ended(line.tally, line.meter.now())


def _flow(line: Line, stream: Stream, request: TransferRequest) -> None:
    block, left = memoryview(os.urandom(BLOCK)), request.size
    try:
        while not line.meter.is_enough() if request.duration else left > 0:
            sent = stream.send(block if request.duration else block[:left])
            line.tally.count += sent
            left -= sent
    except TimeoutError as error:
        raise DiagnosticFailed("Error_Timeout", "the server has stopped taking") from error
    except OSError as error:
        raise DiagnosticFailed("Error_NoTransferComplete", f"the connection broke: {error.strerror}") from error


class Control:
    """The control connection of one test."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._stream = line.open(times_it=False)
        made = self._stream.socket
        made.settimeout(PATIENCE)
        line.control = made
        self._ftp = _Ftp(made)

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, EOFError, ftplib.Error):
            self._ftp.putcmd("QUIT")
        self._ftp.close()
        self._stream.close()

    def enter(self, parts: SplitResult) -> None:
        """Log in, with the URL's user or as nobody in particular, and agree on binary transfer."""
        self._told("Error_NoResponse", self._ftp.greet)
        user, password = (unquote(parts.username), unquote(parts.password or "")) if parts.username else ANONYMOUS
        if self._told("Error_PasswordRequestFailed", lambda: self._ftp.sendcmd(f"USER {user}")).startswith("3"):
            self._told("Error_LoginFailed", lambda: self._ftp.voidcmd(f"PASS {password}"))
        self._told("Error_NoTransferMode", lambda: self._ftp.voidcmd("TYPE I"))

    def size_of(self, name: str) -> int | None:
        """How long a file is said to be; None where the server does not say."""
        try:
            return self._ftp.size(name)
        except (ftplib.Error, ValueError):
            return None
        except (OSError, EOFError) as error:
            raise self._ended("Error_NoResponse", error) from error

    def data(self) -> Stream:
        """A data connection to the host of the control connection, whatever address the server tells (RFC 2577)."""
        self._told("Error_NoPASV", self._ftp.ask_port)
        peer = self._ftp.peer
        return self._line.open([(int(self._ftp.af), (peer[0], self._ftp.data_port, *peer[2:]))])

    def order(self, command: str, otherwise: str) -> None:
        """A command that the server has to take up; DiagnosticFailed(``otherwise``) where it does not."""
        self._told(otherwise, lambda: self._ftp.sendcmd(command))

    def confirmed(self, otherwise: str) -> None:
        """Wait for the server's word that the transfer is complete."""
        self._told(otherwise, self._ftp.voidresp)

    def _told(self, otherwise: str, ask: Callable[[], str]) -> str:
        try:
            return str(ask())
        except (OSError, EOFError) as error:
            raise self._ended(otherwise, error) from error
        except ValueError as error:
            raise DiagnosticFailed(otherwise, "the URL has letters that no command may have") from error
        except ftplib.Error as error:
            what = "the server said" if isinstance(error, SERVERS_WORDS) else "the server's answer cannot be read"
            raise DiagnosticFailed(otherwise, f"{what}: {str(error)[:128]}") from error

    def _ended(self, otherwise: str, error: Exception) -> DiagnosticFailed:
        if isinstance(error, TimeoutError):
            return DiagnosticFailed("Error_Timeout", "the server does not answer")
        why = getattr(error, "strerror", None) or "the server has ended it"
        return DiagnosticFailed(otherwise, f"the control connection broke: {why}")


class _Unreadable(ftplib.Error):
    """An answer that we can make nothing of."""


class _Ftp(ftplib.FTP):
    """The library's conversation over a socket of ours."""

    def __init__(self, made: socket.socket) -> None:
        super().__init__()
        self.sock = made
        self.af = made.family
        self.file = made.makefile("r", encoding="latin-1")
        self.encoding = "latin-1"
        self.peer = made.getpeername()
        self.data_port = 0
        self._lines = 0

    def putcmd(self, line: str) -> None:
        """See the library."""
        self._lines = 0
        super().putcmd(line)

    def getline(self) -> str:
        """See the library."""
        self._lines += 1
        if self._lines > MOST_LINES:
            raise _Unreadable(f"more than {MOST_LINES} lines")
        return super().getline()

    def greet(self) -> str:
        """The server's first words."""
        self.welcome = self.getresp()
        return self.welcome

    def ask_port(self) -> str:
        """Where the server waits for the data connection."""
        try:
            _, self.data_port = self.makepasv()
        except ValueError as error:
            raise _Unreadable("its port is no number") from error
        if not 0 < self.data_port <= LAST_PORT:
            raise _Unreadable(f"there is no port {self.data_port}")
        return ""


def _name(path: str) -> str:
    """The file of a URL's path, relative to where the login leads (RFC 1738 3.2.2)."""
    return unquote(path.removeprefix("/"), encoding="latin-1")
