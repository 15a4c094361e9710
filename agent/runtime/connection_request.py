"""Listens for connection requests: one thread, a few slots, and a flood costs nobody but the flooder (hardening T5)."""

import errno
import logging
import os
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from agent.runtime.connection_request_gate import HEAD_BYTES, Algorithm, Credentials, Gate, Verdict, end_of_head

logger = logging.getLogger(__name__)

_SLOTS = 24  # connections whose head is incomplete; with one more the oldest goes
_SLOT_SECONDS = 5.0
_ACCEPTS_AT_ONCE = 64
_BACKLOG = 256
_SECONDS_BETWEEN_WARNINGS = 10.0


class ListenError(Exception):
    """The port cannot be had; the text names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused connection request: Unix time, address it came from, HTTP status and why."""

    at: float
    source: str
    status: int
    reason: str


@dataclass(slots=True)
class _Slot:
    connection: socket.socket
    source: str
    since: float
    received: bytearray


class ConnectionRequestListener:
    """Answers ``GET http://address:port/path`` with Digest and tells ``on_request`` once 200 has been sent.

    ``address`` empty: all, IPv6 and IPv4. ``port`` 0: any, see ``port``. ``credentials`` gives user name and password
    as they are now; without them there is no listening. ``ready`` is asked before the 200: False answers 503.
    ``on_refused`` takes address and reason of each that is refused. All are called in the listener's thread.
    Raises ListenError.
    """

    def __init__(
        self,
        address: str,
        port: int,
        path: str,
        credentials: Credentials,
        on_request: Callable[[], object],
        *,
        ready: Callable[[], bool] = lambda: True,
        algorithm: Algorithm = "MD5",
        accepted_per_minute: int = 30,
        failures_per_minute: int = 10,
        interface: str = "",
        on_refused: Callable[[str, str], object] = lambda _source, _reason: None,
    ) -> None:
        if not all(credentials() or ("",)):
            raise ListenError("no connection requests without a user name and password for them")
        self._gate = Gate(
            path,
            credentials,
            algorithm=algorithm,
            accepted_per_minute=accepted_per_minute,
            failures_per_minute=failures_per_minute,
            key=secrets.token_bytes(32),
        )
        self._on_request = on_request
        self._on_refused = on_refused
        self._ready = ready
        self._listener = _listen(address, port, interface)
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self.refused = 0
        self.last_refusal: Refusal | None = None
        self._slots: dict[int, _Slot] = {}  # oldest first
        self._last_warning = -_SECONDS_BETWEEN_WARNINGS
        self._unwarned = 0
        self._closing = False
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="connection-request", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the port and everything on it; returns when the thread has ended."""
        if self._closing:
            return
        self._closing = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)  # not by the thread, which may have ended before the write: the number could be another's

    def _run(self) -> None:
        try:
            while not self._closing:
                ready = {key.fd for key, _ in self._selector.select(self._seconds_to_oldest())}
                # Who is already waiting is read before new connections can push him out.
                for number in ready & self._slots.keys():
                    self._read(self._slots[number])
                if self._listener.fileno() in ready:
                    self._accept()
                self._drop_expired()
        finally:
            for slot in self._slots.values():
                slot.connection.close()
            self._selector.close()
            self._listener.close()

    def _seconds_to_oldest(self) -> float | None:
        oldest = next(iter(self._slots.values()), None)
        return None if oldest is None else max(0.0, oldest.since + _SLOT_SECONDS - time.monotonic())

    def _drop_expired(self) -> None:
        oldest_allowed = time.monotonic() - _SLOT_SECONDS
        while self._slots and (slot := next(iter(self._slots.values()))).since <= oldest_allowed:
            self._forget(slot)

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_AT_ONCE):
            try:
                connection, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # gone again, or out of descriptors: give one back
                if self._slots:
                    self._forget(next(iter(self._slots.values())))
                return
            connection.setblocking(False)
            source = address[0].removeprefix("::ffff:")  # how IPv4 shows on a socket for both
            slot = _Slot(connection, source, time.monotonic(), bytearray())
            if not self._take(slot):
                self._keep(slot)

    def _keep(self, slot: _Slot) -> None:
        if len(self._slots) >= _SLOTS:
            oldest = next(iter(self._slots.values()))
            self._read(oldest)  # its head may have come while others were accepted
            if oldest.connection.fileno() >= 0:
                self._forget(oldest)
        self._slots[slot.connection.fileno()] = slot
        self._selector.register(slot.connection, selectors.EVENT_READ)

    def _forget(self, slot: _Slot) -> None:
        self._selector.unregister(slot.connection)
        del self._slots[slot.connection.fileno()]
        slot.connection.close()

    def _read(self, slot: _Slot) -> None:
        number = slot.connection.fileno()
        if self._take(slot):
            # Closing has taken it out of epoll already; this makes the selector forget it as well.
            self._selector.unregister(number)
            del self._slots[number]

    def _take(self, slot: _Slot) -> bool:
        """Receive what has arrived and answer a complete head; True when the connection is done with (and closed)."""
        try:
            piece = slot.connection.recv(HEAD_BYTES + 1)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        slot.received += piece
        end = end_of_head(slot.received)
        if piece and not end and len(slot.received) <= HEAD_BYTES:
            return False
        if piece:
            self._answer(slot, bytes(slot.received[: end or len(slot.received)]), len(slot.received) != end)
        slot.connection.close()
        return True

    def _answer(self, slot: _Slot, head: bytes, has_more: bool) -> None:
        try:
            verdict = self._gate.judge(head, _source(slot.source), time.monotonic(), self._ready)
            self._send(slot.connection, verdict, has_more)
            if verdict.is_accepted:
                self.accepted += 1
                logger.info("connection request from %s accepted", slot.source)
                self._on_request()
            elif verdict.refusal:
                self._note(slot.source, verdict)
        except Exception:  # one request must not end the thread, and with it the ACS's way in
            logger.exception("a connection request could not be answered")

    def _send(self, connection: socket.socket, verdict: Verdict, has_more: bool) -> None:
        with suppress(OSError):
            connection.send(verdict.render())
            if has_more:  # unread bytes would turn our close into a reset that can overtake the answer
                connection.recv(65_536)
        connection.close()

    def _note(self, source: str, verdict: Verdict) -> None:
        self.refused += 1
        self.last_refusal = Refusal(time.time(), source, verdict.status, verdict.refusal)
        self._on_refused(source, verdict.refusal)
        now = time.monotonic()
        if now - self._last_warning < _SECONDS_BETWEEN_WARNINGS:
            self._unwarned += 1
            return
        more = f" ({self._unwarned} more since the last warning)" if self._unwarned else ""
        self._last_warning, self._unwarned = now, 0
        logger.warning("connection request from %s refused, %d: %s%s", source, verdict.status, verdict.refusal, more)


def _source(address: str) -> str:
    """Whose failures count together: an IPv4 address, or an IPv6 network of 64 bits, which is one customer's."""
    parsed = ip_address(address.partition("%")[0])
    if parsed.version == 4:
        return address
    return str(ip_network((parsed, 64), strict=False))


def _listen(address: str, port: int, interface: str) -> socket.socket:
    try:
        if address:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return _bound(family, address, port, interface)
        try:
            return _bound(socket.AF_INET6, "::", port, interface)
        except OSError:  # no IPv6 here, or the port is taken: then IPv4 says so
            return _bound(socket.AF_INET, "", port, interface)
    except OSError as error:
        if error.errno == errno.ENODEV:
            raise ListenError(
                f"cannot listen for connection requests: there is no interface {interface} ([connection_request] "
                "interface, or [network] management_interface); it is tried again with each new link"
            ) from None
        where = f"port {port}" + (f" of {address}" if address else "") + (f" on {interface}" if interface else "")
        raise ListenError(
            f"cannot listen for connection requests on {where}: {error.strerror}; "
            f"set [connection_request] port, or find who holds it with: ss -ltnp 'sport = :{port}'"
        ) from None


def _bound(family: int, address: str, port: int, interface: str) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if interface:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
