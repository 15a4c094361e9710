"""A TCP connection to the ACS and its bounds: every address tried, bytes counted, silence and slow drips ended."""

import io
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agent.runtime.endpoint import Limits, Unreachable

_PIECE = 65_536  # bytes handed to the kernel at once while sending


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to; ``socket_address`` is what ``socket.connect`` takes for the family."""

    family: int
    socket_address: tuple[Any, ...]

    def __str__(self) -> str:
        host, port = self.socket_address[0], self.socket_address[1]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


Resolve = Callable[[str, int], Sequence[Address]]  # raises OSError; the order is the order of trying
Connect = Callable[[Address, float], socket.socket]  # seconds it may take; raises OSError


def resolve_by_system(host: str, port: int) -> list[Address]:
    """Ask the system's resolver; raises OSError (gaierror) when it knows no address."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(Address(family, address) for family, _, _, _, address in found))


def connect_through(interface: str, on_made: Callable[[socket.socket], None] | None = None) -> Connect:
    """Make a connector whose sockets are bound to ``interface`` (empty: wherever the routes lead).

    ``on_made`` is told of each before it connects.
    """

    def connect(address: Address, seconds: float) -> socket.socket:
        made = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            if interface:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(seconds)
            if on_made is not None:
                on_made(made)
            made.connect(address.socket_address)
        except BaseException:
            made.close()
            raise
        return made

    return connect


def connect_to_any(
    addresses: Sequence[Address], connect: Connect, limits: Limits, deadline: float
) -> tuple[socket.socket, Address]:
    """Try the addresses in order, each for a bounded time; Unreachable names what each of them said."""
    said = []
    for address in addresses[: limits.addresses]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("the session takes too long")
        try:
            return connect(address, min(limits.connect_seconds, left)), address
        except TimeoutError:
            said.append(f"{address}: no answer")
        except OSError as error:
            said.append(f"{address}: {error.strerror or type(error).__name__}")
    raise Unreachable("cannot connect: " + ("; ".join(said) or "the name has no address"))


class Wire:
    """A connected socket as http.client uses one, under limits that hold for one exchange and for the session.

    Raises Unreachable for silence, slowness, size and TLS alerts; a connection that ends is left to http.client.
    Small writes are held back until something is read, so that head and body travel in one segment or TLS record.
    ``peer`` is what the other end is called in what people read.
    """

    def __init__(
        self, connection: socket.socket, address: Address, limits: Limits, deadline: float, peer: str = "the ACS"
    ) -> None:
        self.address = address
        self._peer = peer
        self._connection = connection
        self._limits = limits
        self._deadline = deadline
        self._held = bytearray()
        self._ahead = b""
        self._readers = 0
        self._closed = False
        self.begin_exchange()

    def begin_exchange(self) -> None:
        """Count anew; only the reply's head may be read until ``allow`` says more."""
        self.sent = 0
        self.received = 0
        self._allowed = self._limits.header_bytes
        self._first_byte_at = 0.0
        self._has_head = False

    def allow(self, size: int) -> None:
        """The head is complete: let so many more bytes be received in this exchange."""
        self._allowed += size
        self._has_head = True

    def allow_next(self, size: int) -> None:
        """Let so many more bytes be received, whatever was allowed before: for bodies that are read piece by piece."""
        self._allowed = size
        self._has_head = True

    def sendall(self, data: Any) -> None:
        """Queue bytes for sending; large amounts go out at once."""
        self._held += data
        if len(self._held) >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Hand all held bytes to the kernel."""
        waiting = memoryview(bytes(self._held))
        self._held.clear()
        while waiting:
            self._bound_next_call(f"{self._peer} takes no more of the message")
            try:
                taken = self._connection.send(waiting[:_PIECE])
            except TimeoutError:
                raise self._silence(f"{self._peer} takes no more of the message") from None
            self.sent += taken
            waiting = waiting[taken:]

    def peek(self, size: int, seconds: float) -> bytes:
        """What is held goes out; then the first bytes that come within so many seconds, which stay to be read."""
        self.flush()
        until = time.monotonic() + seconds
        while len(self._ahead) < size and (left := until - time.monotonic()) > 0:
            self._connection.settimeout(left)
            try:
                piece = self._connection.recv(self._limits.header_bytes)
            except TimeoutError:
                break
            if not piece:
                break
            self._ahead += piece
        return self._ahead[:size]

    def read_into(self, buffer: memoryview) -> int:
        """Receive at most what is allowed; 0 at the end of the connection."""
        if self._held:
            self.flush()
        if self._allowed <= 0:
            raise Unreachable(f"{self._peer}'s reply is larger than allowed", host_answered=True)
        if self._ahead:
            return self._received(self._take_ahead(buffer[: self._allowed]))
        self._refuse_drip()
        self._bound_next_call(f"no answer from {self._peer}")
        try:
            size = self._connection.recv_into(buffer[: min(len(buffer), self._allowed)])
        except TimeoutError:
            raise self._silence(f"no answer from {self._peer}") from None
        if not size and self.received and not self._has_head:
            # http.client takes a head that breaks off for a whole one: a 200 without body, which would end the session.
            raise Unreachable(
                f"{self._peer} closed the connection in the middle of its reply's head", host_answered=True
            )
        return self._received(size)

    def _take_ahead(self, buffer: memoryview) -> int:
        size = min(len(buffer), len(self._ahead))
        buffer[:size] = self._ahead[:size]
        self._ahead = self._ahead[size:]
        return size

    def _received(self, size: int) -> int:
        if size and not self.received:
            self._first_byte_at = time.monotonic()
        self.received += size
        self._allowed -= size
        return size

    def _refuse_drip(self) -> None:
        if not self.received:
            return
        elapsed = time.monotonic() - self._first_byte_at
        if elapsed > self._limits.grace_seconds and self.received < elapsed * self._limits.lowest_rate:
            raise Unreachable(
                f"{self._peer}'s reply comes too slowly ({self.received} bytes in {elapsed:.0f} s)", host_answered=True
            )

    def _bound_next_call(self, what: str) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._silence(what)
        self._connection.settimeout(min(self._limits.reply_seconds, left))

    def _silence(self, what: str) -> Unreachable:
        if time.monotonic() >= self._deadline:
            return Unreachable("the session takes too long", host_answered=self.received > 0)
        return Unreachable(f"{what} for {self._limits.reply_seconds:g} s", host_answered=self.received > 0)

    def makefile(self, _mode: str = "rb", buffering: int = -1, **_: Any) -> io.BufferedReader:
        """A reader of this connection; the socket stays open until it is closed too, as with ``socket.makefile``."""
        self._readers += 1
        return io.BufferedReader(_Reader(self), buffering if buffering > 0 else io.DEFAULT_BUFFER_SIZE)

    def reader_closed(self) -> None:
        """Told by a reader when it is closed."""
        self._readers -= 1
        if self._closed and self._readers <= 0:
            self._connection.close()

    def close(self) -> None:
        """Close once no reader is open any more."""
        self._closed = True
        if self._readers <= 0:
            self._connection.close()

    def abort(self) -> None:
        """End the connection now, from any thread; who waits on it sees its end."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def fileno(self) -> int:
        """For urllib3, which asks whether an idle connection has been closed by the peer."""
        return self._connection.fileno()

    def settimeout(self, seconds: float | None) -> None:
        """Nothing: the limits of this class hold instead of the library's time-outs."""


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.read_into(memoryview(buffer).cast("B"))

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._wire.reader_closed()
