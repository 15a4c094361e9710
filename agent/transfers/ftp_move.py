"""Files by FTP (RFC 959, 2428, 3659), where the owner of the device allows it: passive, from where it broke off."""

import ftplib
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from agent.runtime.endpoint import Unreachable
from agent.runtime.wire import Address, connect_to_any
from agent.transfers.cancelling import Cancelling
from agent.transfers.disk import Part
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.orders import FileOrder, Stream
from agent.transfers.pace import Pace, Progress
from agent.transfers.url_policy import Place, UrlPolicy
from agent.transfers.way import PEER, Connector, Way

BUFFER: Final = 1 << 18
MOST_LINES: Final = 200
"""Lines of one reply."""
ANONYMOUS: Final = ("anonymous", "cpe-agent@")

_MODIFIED: Final = re.compile(r"213 ([0-9]{14}(?:\.[0-9]{1,6})?)")
_TYPECODE: Final = re.compile(r";type=[aid]$", re.IGNORECASE)
_NOT_LOGGED_IN: Final = ("430", "530", "532", "331", "332")


class _Ftp(ftplib.FTP):
    """The library's conversation, on connections that are made as ours are."""

    def __init__(self, connector: Connector, way: Way) -> None:
        super().__init__(timeout=way.limits.reply_seconds, encoding="latin-1")  # octets, as the URL has them
        self._connector = connector
        self._limits = way.limits
        self._lines = 0

    def open(self, host: str, port: int) -> None:
        """Connect and hear the greeting."""
        addresses = self._connector.resolve(host, port)
        deadline = time.monotonic() + self._limits.session_seconds
        self.sock, address = connect_to_any(addresses, self._connector.connect, self._limits, deadline)
        self.sock.settimeout(self._limits.reply_seconds)
        self.af = address.family
        self.host, self.port = str(address.socket_address[0]), port
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def getline(self) -> str:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise ftplib.error_proto("a reply without an end")  # noqa: S321 - as the owner has allowed
        return super().getline()

    def getresp(self) -> str:
        self._lines = 0
        return super().getresp()

    def data(self, command: str, rest: int = 0) -> socket.socket:
        """A connection to where the control connection leads, whatever the server says of the host (bounce attacks)."""
        _, port = self.makepasv()
        peer = self.sock.getpeername()  # type: ignore[union-attr]  # connected
        made = self._connector.connect(Address(self.af, (peer[0], port, *peer[2:])), self._limits.connect_seconds)
        try:
            made.settimeout(self._limits.reply_seconds)
            if rest:
                self.sendcmd(f"REST {rest}")
            if (reply := self.sendcmd(command))[0] == "2":  # some say too early that it is done (as ftplib knows)
                reply = self.getresp()
            if reply[0] != "1":
                raise ftplib.error_reply(reply)  # noqa: S321 - as above
        except BaseException:
            made.close()
            raise
        return made


class FtpMove:
    """One conversation after the other with the server of an order's URL. Raises TransferFailed, Cancelled."""

    def __init__(self, order: FileOrder, place: Place, way: Way, policy: UrlPolicy, cancelling: Cancelling) -> None:
        self._order = order
        self._place = place
        self._way = way
        self._cancelling = cancelling
        self._connector = Connector(way, policy, cancelling)
        self._path = _path(place)

    def close(self) -> None:
        """Nothing stays open."""

    def fetch(self, part: Part, progress: Progress) -> None:
        """Bring ``part`` to its end; what it has is kept where size and time of the server's file are the same."""
        with self._talking() as ftp:
            total = self._size(ftp)
            announced = self._order.file_size or None
            whole = announced or total
            if total is not None and total != whole:
                raise TransferFailed(Cause.CORRUPTED, f"{PEER} has a file of {total} bytes, and it is to have {whole}")
            modified = _MODIFIED.fullmatch(_said(ftp, f"MDTM {self._path}"))
            validator = f"{total} {modified[1]}" if modified and total is not None else ""
            if not (part.size and validator and validator == part.validator):
                part.begin(validator, total)
            try:
                connection = ftp.data(f"RETR {self._path}", part.size)
            except ftplib.error_perm:
                if not part.size:
                    raise
                part.begin(validator, total)  # it knows no REST
                connection = ftp.data(f"RETR {self._path}")
            with connection, self._broken_off():
                self._receive(part, connection, whole, progress)
                connection.close()
                ftp.voidresp()

    def send(self, source: Stream, progress: Progress) -> None:
        """Store what the source has."""
        with self._talking() as ftp, ftp.data(f"STOR {self._path}") as connection, self._broken_off():
            pace, sent = Pace(progress, 0, source.size), 0
            for piece in source.pieces():
                self._cancelling.check()
                connection.sendall(piece)
                sent += len(piece)
                pace.moved(sent)
            connection.close()
            ftp.voidresp()
            pace.ended(sent)

    def _receive(self, part: Part, connection: socket.socket, whole: int | None, progress: Progress) -> None:
        most = part.most(whole, self._order.largest)
        pace = Pace(progress, part.size, whole)
        buffer = memoryview(bytearray(BUFFER))
        while size := connection.recv_into(buffer):
            self._cancelling.check()
            if part.size + size > most:
                if whole is None:
                    raise TransferFailed(Cause.NO_ROOM, f"the file has no end, and may have {most} bytes here")
                raise TransferFailed(Cause.CORRUPTED, f"more comes than the {whole} bytes that were announced")
            part.append(buffer[:size])
            pace.moved(part.size)
        self._cancelling.check()
        if whole is not None and part.size < whole:
            words = f"the file ended after {part.size} bytes, and {whole} were announced"
            raise TransferFailed(Cause.INCOMPLETE, words)
        pace.ended(part.size)

    def _size(self, ftp: _Ftp) -> int | None:
        found = re.fullmatch(r"213 ([0-9]{1,18})", _said(ftp, f"SIZE {self._path}"))
        return int(found[1]) if found else None

    @contextmanager
    def _talking(self) -> Iterator[_Ftp]:
        """A conversation with somebody who has let us in; says what is wrong with it."""
        ftp = _Ftp(self._connector, self._way)
        try:
            with self._failing(Cause.NO_CONTACT):
                ftp.open(self._place.host, self._place.port)
                self._log_in(ftp)
                ftp.voidcmd("TYPE I")
                yield ftp
                with suppress(*ftplib.all_errors):
                    ftp.quit()
        finally:
            ftp.close()

    def _log_in(self, ftp: _Ftp) -> None:
        order = self._order
        user, password = (order.username, order.password) if order.username else ANONYMOUS
        if re.search(r"[\r\n\0]", user + password):
            raise TransferFailed(Cause.ARGUMENTS, "FTP cannot carry that user name or password")
        try:
            ftp.login(_octets(user), _octets(password))
        except ftplib.error_perm as error:
            raise TransferFailed(Cause.NOT_AUTHENTICATED, f"{PEER} refuses the log-in: {_words(error)}") from None

    @contextmanager
    def _broken_off(self) -> Iterator[None]:
        with self._failing(Cause.INCOMPLETE):
            yield

    @contextmanager
    def _failing(self, cause: Cause) -> Iterator[None]:
        try:
            yield
        except Unreachable as failure:
            self._cancelling.check()
            raise TransferFailed(cause, failure.reason) from None
        except ftplib.Error as error:
            self._cancelling.check()
            raise TransferFailed(_cause(error, cause), f"{PEER} says: {_words(error)}") from None
        except (OSError, EOFError, ValueError) as error:
            self._cancelling.check()
            words = "it was closed" if isinstance(error, EOFError) else getattr(error, "strerror", None) or "no answer"
            raise TransferFailed(cause, f"the connection to {PEER} broke: {words}") from None


def _path(place: Place) -> str:
    """The name of the file, as octets in Latin-1; relative to where the log-in leads (RFC 1738 3.2.2).

    The typecode behind it is no part of the name: files come as they are.
    """
    name = _TYPECODE.sub("", place.path.removeprefix("/"))
    path = unquote_to_bytes(name).decode("latin-1")
    if not path or re.search(r"[\x00-\x1f\x7f]", path):
        raise TransferFailed(Cause.ARGUMENTS, "the URL cannot be used: it names no file, or has control characters")
    return path


def _said(ftp: _Ftp, command: str) -> str:
    """The answer to a question that not every server knows; "" for a refusal."""
    try:
        return ftp.sendcmd(command)
    except (ftplib.error_perm, ftplib.error_temp):
        return ""


def _cause(error: ftplib.Error, otherwise: Cause) -> Cause:
    code = str(error)[:3]
    if code in _NOT_LOGGED_IN:
        return Cause.NOT_AUTHENTICATED
    if isinstance(error, ftplib.error_temp):
        return Cause.NOT_READY
    return Cause.NO_ACCESS if isinstance(error, ftplib.error_perm) else otherwise


def _octets(text: str) -> str:
    return text.encode().decode("latin-1")


def _words(error: Any) -> str:
    """What a server said, short and without what a terminal would obey."""
    text = str(error).encode("ascii", "replace").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:120]
