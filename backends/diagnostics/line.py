"""One TCP connection of a throughput test: opened by the asked way, waiting in steps so that a cancel is heard."""

import errno
import fcntl
import mmap
import os
import select
import socket
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.meter import Meter, Tally
from backends.diagnostics.sockets import Place, Way, mark

STEP: Final = 0.1
"""Seconds between two looks at whether the test is cancelled or over."""
CONNECT_PATIENCE: Final = 10.0
PATIENCE: Final = 30.0
"""Seconds without a sign of life."""
TCP_NOTSENT_LOWAT: Final = 25
MOST_UNSENT: Final = 128 * 1024
"""Octets that wait in our own queue: what is sent when the time is over has to get through it."""
DISCARD_SIZE: Final = 1 << 20
UNREACHABLE: Final = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EACCES}


class Cancelled(Exception):
    """The test is not wanted any more."""


class Line:
    """Used by one thread. ``tally`` hears of the times; ``cancelled`` is asked all the time."""

    def __init__(
        self, places: Sequence[Place], way: Way, meter: Meter, tally: Tally, cancelled: Callable[[], bool]
    ) -> None:
        self.meter = meter
        self.tally = tally
        self._places = places
        self._way = way
        self._cancelled = cancelled
        self.control: socket.socket | None = None
        """A socket that is waited on without asking whether the test is cancelled."""

    def abort(self) -> None:
        """Have whoever waits on the control socket wait no more; called by another thread."""
        if self.control is not None:
            with suppress(OSError):
                self.control.shutdown(socket.SHUT_RDWR)

    def open(self, places: Sequence[Place] = (), times_it: bool = True) -> "Stream":
        """A connection to the first place that takes one; DiagnosticFailed with the first place's reason otherwise.

        Of a test's first connection that counts, the times of opening are kept.
        """
        failures: list[DiagnosticFailed] = []
        for place in places or self._places:
            try:
                stream = self._open(place, times_it and not self.tally.open_request)
            except DiagnosticFailed as failure:
                failures.append(failure)
            else:
                self.tally.unread = stream.unread
                return stream
        raise failures[0]

    def asks(self) -> None:
        """The request goes now."""
        self.tally.rom = self.tally.rom or self.meter.now()

    def begins(self) -> None:
        """The first data goes, or has come, now."""
        if not self.tally.bom:
            self.meter.begun(self.tally)

    def counts(self, octets: int) -> None:
        """So much has come."""
        if not self.tally.bom:
            self.meter.begun(self.tally, octets)
        self.tally.last = self.meter.now()
        self.tally.count += octets

    def _open(self, place: Place, times_it: bool) -> "Stream":
        made = socket.socket(place[0], socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            mark(made, self._way)
            with suppress(OSError):
                made.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, MOST_UNSENT)
            asked = self.meter.now()
            self._connect(made, place)
            answered = self.meter.now()
        except BaseException:
            made.close()
            raise
        if times_it:
            self.tally.open_request, self.tally.open_response = asked, answered
        self.meter.place = self.meter.place or place
        self.tally.address = self.tally.address or made.getsockname()[0].partition("%")[0]
        return Stream(made, self._cancelled)

    def _connect(self, made: socket.socket, place: Place) -> None:
        code = made.connect_ex(place[1])
        if code == errno.EINPROGRESS:
            code = errno.ETIMEDOUT
            if wait_for(made, select.POLLOUT, CONNECT_PATIENCE, self._cancelled):
                code = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            state = "Error_NoRouteToHost" if code in UNREACHABLE else "Error_InitConnectionFailed"
            raise DiagnosticFailed(state, f"{place[1][0]} port {place[1][1]}: {os.strerror(code)}")


class Stream:
    """A connection. What is received for nothing but its length is not even copied (tcp(7), MSG_TRUNC)."""

    def __init__(self, made: socket.socket, cancelled: Callable[[], bool]) -> None:
        self.socket = made
        self._cancelled = cancelled
        self._buffer = mmap.mmap(-1, DISCARD_SIZE)  # takes memory only where something is written into it

    def close(self) -> None:
        """The end of it."""
        self.socket.close()

    def unacknowledged(self) -> int:
        """Octets that were sent and that the other side has not confirmed."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, b"\0\0\0\0"))[0])
        except (OSError, ValueError):  # closed meanwhile
            return 0

    def unread(self) -> int:
        """Octets that have come and were not taken."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(self.socket, termios.FIONREAD, b"\0\0\0\0"))[0])
        except (OSError, ValueError):  # closed meanwhile
            return 0

    def receive(self, most: int = DISCARD_SIZE, is_enough: Callable[[], bool] = lambda: False) -> memoryview | None:
        """What has come; empty at the other's end, None once it is enough. OSError; TimeoutError at a standstill."""
        return self._take(most, is_enough, 0)

    def discard(self, most: int, is_enough: Callable[[], bool]) -> int | None:
        """How much has come and is forgotten; 0 at the other side's end, None once it is enough."""
        taken = self._take(most, is_enough, socket.MSG_TRUNC)
        return None if taken is None else len(taken)

    def _take(self, most: int, is_enough: Callable[[], bool], flags: int) -> memoryview | None:
        most = min(most, DISCARD_SIZE)
        until = 0.0
        while not is_enough():
            if self._cancelled():
                raise Cancelled
            try:
                return memoryview(self._buffer)[: self.socket.recv_into(self._buffer, most, flags)]
            except BlockingIOError:
                pass
            until = until or time.monotonic() + PATIENCE
            if not wait_for(self.socket, select.POLLIN, STEP, self._cancelled) and time.monotonic() > until:
                raise TimeoutError
        return None

    def send(self, data: bytes | memoryview) -> int:
        """Send some of it; how much. OSError; TimeoutError at a standstill."""
        until = 0.0
        while True:
            if self._cancelled():
                raise Cancelled
            try:
                return self.socket.send(data, socket.MSG_NOSIGNAL)
            except BlockingIOError:
                pass
            until = until or time.monotonic() + PATIENCE
            if not wait_for(self.socket, select.POLLOUT, STEP, self._cancelled) and time.monotonic() > until:
                raise TimeoutError

    def send_all(self, data: bytes) -> None:
        """Send the whole of it."""
        left = memoryview(data)
        while left:
            left = left[self.send(left) :]


def wait_for(made: socket.socket, event: int, seconds: float, cancelled: Callable[[], bool]) -> bool:
    """Whether the socket became ready (or broke) in time; raises Cancelled as soon as it is."""
    poll = select.poll()
    poll.register(made, event)
    until = time.monotonic() + seconds
    while True:
        if cancelled():
            raise Cancelled
        left = until - time.monotonic()
        if poll.poll(max(min(left, STEP), 0) * 1000):
            return True
        if left <= STEP:
            return False
