"""Echo requests of ICMP and ICMPv6, and what the network answers to a probe: raw sockets, or the kernel's ping sockets.

Both are connected, so that nothing else is heard; what routers say of a probe comes by the socket's error queue.
"""

import errno
import os
import socket
import struct
from dataclasses import dataclass
from typing import Final

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Place, Way, mark
from backends.diagnostics.stamps import Message, Sent, StampedSocket

ECHO: Final = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}
"""By family, the types of the request and of its reply (RFC 792, RFC 4443)."""
HEAD: Final = struct.Struct("!BBHHH")
TOKEN: Final = 8
"""Octets of the data that tell our replies from what somebody makes up."""
UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
# linux/icmp.h, linux/icmpv6.h: what Python has no names for
SOL_RAW, ICMP_FILTER = 255, 1
ICMP6_FILTER: Final = 1


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a probe, or what a router said of it: its ICMP ``type`` and ``code``, after so many seconds."""

    sequence: int
    seconds: float
    address: str
    is_echo: bool
    type: int = 0
    code: int = 0


class EchoSocket:
    """Echo requests to one place. ``replies`` are told once each; what is not ours is passed over."""

    def __init__(self, place: Place, way: Way) -> None:
        """DiagnosticFailed where there is no way there, or no socket is allowed."""
        family, address = place
        self._family = family
        self._request, self._reply = ECHO[socket.AddressFamily(family)]
        self._socket, self._is_raw = _open(family)
        try:
            mark(self._socket, way)
            if self._is_raw:
                self._hear_only_replies()
            self._stamped = StampedSocket(self._socket)
            self._number = int.from_bytes(os.urandom(2), "big")
            self._socket.connect((address[0], 0, *address[2:]))
        except OSError as error:
            self._socket.close()
            raise DiagnosticFailed(state_of(error), f"{address[0]}: {error.strerror}") from error
        except BaseException:
            self._socket.close()
            raise
        self.source: str = self._socket.getsockname()[0].partition("%")[0]
        self.address: str = address[0].partition("%")[0]
        self._token = os.urandom(TOKEN)
        self._sent: dict[int, Sent] = {}

    def __enter__(self) -> "EchoSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hops(self, limit: int) -> None:
        """How many routers the next requests may pass."""
        limit_hops(self._socket, limit)

    def send(self, sequence: int, size: int) -> None:
        """Send a request with ``size`` octets of data; OSError where the kernel says at once that it cannot be."""
        data = (self._token * (size // TOKEN + 1))[:size]
        self._sent[sequence & 0xFFFF] = self._stamped.send(self._message(sequence & 0xFFFF, data))

    def forget(self, sequence: int) -> None:
        """Its answer is too late from now on."""
        self._sent.pop(sequence & 0xFFFF, None)

    def replies(self, until: float) -> list[Reply]:
        """What has come; waits for something until that monotonic time, ``SLICE`` seconds at most."""
        self._stamped.wait(until)
        found: list[Reply] = []
        while (message := self._stamped.message()) is not None:
            found += filter(None, [self._read(message)])
        return found + self._complaints()

    def _read(self, message: Message) -> Reply | None:
        packet = message.content
        if self._is_raw and self._family == socket.AF_INET:
            packet = packet[(packet[0] & 0xF) * 4 :]
        if len(packet) < HEAD.size:
            return None
        kind, code, _, number, sequence = HEAD.unpack_from(packet)
        if kind != self._reply or (self._is_raw and number != self._number):
            return None
        data = packet[HEAD.size :]
        if data[:TOKEN] != self._token[: len(data)]:
            return None
        return self._told_of(sequence, message.stamp, self.address, is_echo=True, kind=kind, code=code)

    def _complaints(self) -> list[Reply]:
        found: list[Reply] = []
        for told in self._stamped.complaints():
            if len(told.content) < HEAD.size:
                continue
            _, _, _, number, sequence = HEAD.unpack_from(told.content)
            if not self._is_raw or number == self._number:
                found += filter(
                    None, [self._told_of(sequence, told.stamp, told.by, is_echo=False, kind=told.type, code=told.code)]
                )
        return found

    def _told_of(self, sequence: int, stamp: int, by: str, *, is_echo: bool, kind: int, code: int) -> Reply | None:
        sent = self._sent.pop(sequence, None)
        return None if sent is None else Reply(sequence, sent.seconds_until(stamp), by, is_echo, kind, code)

    def _message(self, sequence: int, data: bytes) -> bytes:
        head = HEAD.pack(self._request, 0, 0, self._number, sequence)
        if self._family == socket.AF_INET6:
            return head + data  # the kernel fills the checksum in
        return HEAD.pack(self._request, 0, checksum(head + data), self._number, sequence) + data

    def _hear_only_replies(self) -> None:
        if self._family == socket.AF_INET6:
            words = [0xFFFFFFFF] * 8
            words[self._reply >> 5] &= ~(1 << (self._reply & 31))
            self._socket.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, struct.pack("=8I", *words))
        else:
            self._socket.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", 0xFFFFFFFF & ~(1 << self._reply)))


def limit_hops(made: socket.socket, limit: int) -> None:
    """How many routers the next packets of a socket may pass."""
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, limit)
    else:
        made.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, limit)


def checksum(message: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(message) % 2:
        message += b"\0"
    total: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def state_of(error: OSError) -> str:
    """The DiagnosticsState that stands for what the kernel says of a destination."""
    return "Error_NoRouteToHost" if error.errno in UNREACHABLE else "Error_Other"


def _open(family: int) -> tuple[socket.socket, bool]:
    """A raw socket, or, where none is allowed, one of those that the kernel makes for pings; and whether it is raw."""
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    try:
        return socket.socket(family, socket.SOCK_RAW, protocol), True
    except PermissionError:
        pass
    except OSError as error:
        raise DiagnosticFailed("Error_Internal", f"no socket for ICMP: {error.strerror}") from error
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol), False
    except OSError as error:
        told = f"no socket for ICMP is allowed: {error.strerror} (net.ipv4.ping_group_range, CAP_NET_RAW)"
        raise DiagnosticFailed("Error_Internal", told) from error
