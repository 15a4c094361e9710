"""Round-trip times to the next router by ICMP echo: one request a look, answered until the next; nobody waits."""

import os
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from backends.netlink_types import Address, Route

SO_TIMESTAMPNS: Final = 35
"""The kernel notes when a packet came (socket(7)); what is read here may have waited for seconds."""
REQUEST: Final = {4: 8, 6: 128}
REPLY: Final = {4: 0, 6: 129}
PROTOCOL: Final = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
HEAD: Final = struct.Struct("!BBHHH")
PAYLOAD: Final = b"cpe-agent"
MOST_READ: Final = 16
NANOSECONDS: Final = struct.Struct("=qq")


def next_router(routes: Sequence[Route], addresses: Sequence[Address]) -> tuple[str, str]:
    """Where the best default route leads, and by which link; of a link without gateway its other end. "" for none."""
    ways = sorted((one for one in routes if not one.destination), key=lambda one: (one.family, one.metric))
    for way in ways:
        peers = [one.peer for one in addresses if one.interface == way.interface and one.family == way.family]
        target = way.gateway or next((peer for peer in peers if peer), "")
        if target and way.interface:
            return target, way.interface
    return "", ""


class Echo:
    """Used by one thread. Where ICMP is not allowed, or nobody answers, there is no time."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._target = ("", "")
        self._number = 0
        self._sent = 0.0

    def look(self, target: str, link: str) -> float | None:
        """The milliseconds that the request of the last look took, None while unanswered; and ask again."""
        took = self._answered() if (target, link) == self._target else None
        with suppress(OSError):
            self._ask(target, link)
        return took

    def close(self) -> None:
        """Nothing is asked any more."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._target = None, ("", "")

    def _ask(self, target: str, link: str) -> None:
        if (target, link) != self._target:
            self.close()
            if not target:
                return
            self._socket = _opened(6 if ":" in target else 4, link)
            self._target = (target, link)
        if self._socket is None:
            return
        family = 6 if ":" in target else 4
        self._number = (self._number + 1) & 0xFFFF
        request = HEAD.pack(REQUEST[family], 0, 0, os.getpid() & 0xFFFF, self._number) + PAYLOAD
        if family == 4:  # of ICMPv6 the kernel makes the sum
            request = HEAD.pack(REQUEST[4], 0, _sum(request), os.getpid() & 0xFFFF, self._number) + PAYLOAD
        scope = socket.if_nametoindex(link) if family == 6 and target.lower().startswith("fe80") else 0
        self._sent = time.time()
        self._socket.sendto(request, (target, 0, 0, scope) if family == 6 else (target, 0))

    def _answered(self) -> float | None:
        took: float | None = None
        for _ in range(MOST_READ):
            if self._socket is None:
                break
            try:
                packet, ancillary, _, sender = self._socket.recvmsg(2048, 64)
            except OSError:
                break
            if sender[0].partition("%")[0] == self._target[0] and self._is_answer(packet):
                stamps = [data for _, kind, data in ancillary if kind == SO_TIMESTAMPNS]
                whole, part = NANOSECONDS.unpack(stamps[0][:16]) if stamps else (0, 0)
                seconds = whole + part / 1e9 - self._sent
                took = round(seconds * 1000, 2) if 0 <= seconds < 60 else None  # the clock may have been set
        return took

    def _is_answer(self, packet: bytes) -> bool:
        family = 6 if ":" in self._target[0] else 4
        if family == 4 and self._socket is not None and self._socket.type == socket.SOCK_RAW:
            packet = packet[(packet[0] & 0xF) * 4 :] if packet else b""
        if len(packet) < HEAD.size:
            return False
        kind, _, _, _, number = HEAD.unpack_from(packet)
        return kind == REPLY[family] and number == self._number and packet[HEAD.size :] == PAYLOAD


def _opened(family: int, link: str) -> socket.socket:
    """A socket for echoes, which an ordinary user may have where net.ipv4.ping_group_range says so."""
    kind = socket.AF_INET6 if family == 6 else socket.AF_INET
    try:
        made = socket.socket(kind, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, PROTOCOL[family])
    except OSError:
        made = socket.socket(kind, socket.SOCK_RAW | socket.SOCK_CLOEXEC, PROTOCOL[family])
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    except OSError:
        made.close()
        raise
    return made


def _sum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total: int = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
