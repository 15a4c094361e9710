"""When a datagram came, by the kernel's note, and to which of our addresses."""

import socket
import struct
import time
from typing import Any, Final, NamedTuple

SO_TIMESTAMPNS: Final = 35
NANOSECONDS: Final = struct.Struct("=qq")
ANCILLARY: Final = 128
LARGEST: Final = 65_535
IP_PKTINFO: Final = 8
PKTINFO4: Final = struct.Struct("=I4s4s")
"""in_pktinfo: link, our address to answer from, the address it was sent to."""


class Datagram(NamedTuple):
    """``at`` is nanoseconds since 1970; ``own`` is what to answer with, for ``answer``."""

    payload: bytes
    sender: Any
    at: int
    own: bytes


def prepare(made: socket.socket) -> None:
    """Have the kernel note both."""
    made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)


def receive(made: socket.socket) -> Datagram:
    """The next one; BlockingIOError where there is none. OSError."""
    payload, ancillary, _, sender = made.recvmsg(LARGEST, ANCILLARY)
    at, own = 0, b""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, rest = NANOSECONDS.unpack(data[: NANOSECONDS.size])
            at = seconds * 1_000_000_000 + rest
        elif (level, kind) in ((socket.IPPROTO_IPV6, socket.IPV6_PKTINFO), (socket.IPPROTO_IP, IP_PKTINFO)):
            own = data
    return Datagram(payload, sender, at or time.time_ns(), own)


def answer(made: socket.socket, asked: Datagram, payload: bytes) -> None:
    """Answer from the address that was asked. OSError."""
    ancillary: list[tuple[int, int, bytes]] = []
    if made.family == socket.AF_INET6 and asked.own:
        ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, asked.own)]
    elif len(asked.own) >= PKTINFO4.size:
        _, _, target = PKTINFO4.unpack_from(asked.own)
        ancillary = [(socket.IPPROTO_IP, IP_PKTINFO, PKTINFO4.pack(0, target, b"\0\0\0\0"))]
    made.sendmsg([payload], ancillary, socket.MSG_DONTWAIT, asked.sender)
