"""Datagrams with the kernel's own times of their going and coming, and what routers say of them.

A slow processor takes milliseconds from a look at the clock to the packet and back: the kernel's stamps do not.
"""

import contextlib
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any, Final

SLICE: Final = 0.05
"""Seconds until a cancel is heard."""
LARGEST: Final = 65_536
ROOM: Final = 512
"""Octets for what the kernel says of a message."""
# linux/in.h, linux/in6.h, linux/errqueue.h, linux/net_tstamp.h, asm-generic/socket.h: what Python has no names for
IP_RECVERR, IPV6_RECVERR = 11, 25
SO_TIMESTAMPNS, SO_TIMESTAMPING = 35, 37
SOFTWARE, OPT_ID, TX_SCHED, OPT_TSONLY = 1 << 4, 1 << 7, 1 << 8, 1 << 11
EXTENDED_ERROR: Final = struct.Struct("=IBBBBII")
BY_ICMP: Final = frozenset({2, 3})
BY_CLOCK: Final = 4
TIME: Final = struct.Struct("@ll")


@dataclass(slots=True)
class Sent:
    """When a datagram left, in ns: ``wall`` by the kernel where it says so, ``monotonic`` just before."""

    wall: int = field(default_factory=time.time_ns)
    monotonic: int = field(default_factory=time.monotonic_ns)

    def seconds_until(self, stamp: int) -> float:
        """Until the kernel's stamp of the answer; where the wall clock was set in between, or there is no stamp, until
        now by the clock that nobody sets.
        """
        at_most = time.monotonic_ns() - self.monotonic
        elapsed = stamp - self.wall
        return (elapsed if stamp and 0 <= elapsed <= at_most else at_most) / 1e9


@dataclass(frozen=True, slots=True)
class Message:
    """What came, at ``stamp`` ns of the wall clock (0: nobody knows), from ``place``.

    Of a complaint, ``content`` is what it is about, ``place`` where that went; ``by`` whom, ICMP ``type`` and ``code``.
    """

    content: bytes
    stamp: int
    place: Any
    by: str = ""
    type: int = 0
    code: int = 0


class StampedSocket:
    """A socket for datagrams, of IPv4 or IPv6; it is not closed here."""

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        is_six = made.family == socket.AF_INET6
        level, option = (socket.IPPROTO_IPV6, IPV6_RECVERR) if is_six else (socket.IPPROTO_IP, IP_RECVERR)
        made.setsockopt(level, option, 1)
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):  # then going is by our own clock
            made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, SOFTWARE | OPT_ID | TX_SCHED | OPT_TSONLY)
        made.setblocking(False)
        self._complaints: list[Message] = []
        self._count = 0

    def send(self, data: bytes, place: Any = None) -> Sent:
        """Send a datagram, to where the socket is connected or to a place; raises OSError."""
        sent = Sent()
        try:
            self._send(data, place)
        except OSError:
            self._drain()  # what was said of one before is raised at the next
            sent = Sent()
            self._send(data, place)
        self._count += 1
        self._drain(sent)
        return sent

    def wait(self, until: float) -> None:
        """Until there is something, or that monotonic time; ``SLICE`` seconds at most."""
        if not self._complaints:
            select.select([self.socket], [], [], min(max(until - time.monotonic(), 0.0), SLICE))

    def message(self) -> Message | None:
        """A message, None where there is none; what was said of a datagram of ours is among ``complaints``."""
        try:
            content, more, _, place = self.socket.recvmsg(LARGEST, ROOM)
        except OSError:
            return None
        return Message(content, _stamp(more), place)

    def complaints(self) -> list[Message]:
        """What was said of datagrams of ours."""
        self._drain()
        found, self._complaints = self._complaints, []
        return found

    def _send(self, data: bytes, place: Any) -> None:
        if place is None:
            self.socket.send(data)
        else:
            self.socket.sendto(data, place)

    def _drain(self, sent: Sent | None = None) -> None:
        """Empty the error queue: complaints are kept; the stamp of the last datagram is what ``sent`` is told."""
        while True:
            try:
                content, more, _, place = self.socket.recvmsg(LARGEST, ROOM, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for level, kind, data in more:
                if (level, kind) not in ((socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)):
                    continue
                _, origin, type_, code, _, _, number = EXTENDED_ERROR.unpack_from(data)
                if origin != BY_CLOCK:
                    by = _offender(data[EXTENDED_ERROR.size :]) if origin in BY_ICMP else ""
                    self._complaints.append(Message(content, _stamp(more), place, by, type_, code))
                elif sent is not None and number == self._count - 1:
                    sent.wall = _stamp(more) or sent.wall


def _stamp(more: list[Any]) -> int:
    """The kernel's time of a message, in ns; 0 for none."""
    for level, kind, data in more:
        if level == socket.SOL_SOCKET and kind in (SO_TIMESTAMPNS, SO_TIMESTAMPING) and len(data) >= TIME.size:
            seconds, nanoseconds = TIME.unpack_from(data)
            total: int = seconds * 1_000_000_000 + nanoseconds
            return total
    return 0


def _offender(place: bytes) -> str:
    """The address in a sockaddr_in or sockaddr_in6, "" for none."""
    family = struct.unpack_from("=H", place)[0] if len(place) >= 2 else 0
    if family == socket.AF_INET and len(place) >= 8:
        return socket.inet_ntop(family, place[4:8])
    if family == socket.AF_INET6 and len(place) >= 24:
        return socket.inet_ntop(family, place[8:24])
    return ""
