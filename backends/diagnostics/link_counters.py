"""How many bytes a link has received and sent, read by whoever measures, in whatever thread."""

import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from backends.diagnostics.sockets import Place, Way
from backends.errors import MechanismError
from backends.netlink_socket import ACK, REQUEST, NetlinkSocket, open_route_socket

SENT_AT: Final = 8
"""The column of the bytes sent, behind the eight of what was received (proc_pid_net(5))."""
GETROUTE: Final = 26
ROUTE: Final = struct.Struct("=BBBBBBBBI")
ATTRIBUTE: Final = struct.Struct("=HH")
HEAD: Final = struct.Struct("=IHHII")
TO, BY = 1, 4
"""Attributes of a route: the destination, and the index of the link (linux/rtnetlink.h)."""
PATIENCE: Final = 1.0


class Traffic(NamedTuple):
    """Bytes since the link was made."""

    received: int = 0
    sent: int = 0

    def since(self, earlier: "Traffic") -> "Traffic":
        """What has come and gone since; none where the link was made anew."""
        return Traffic(max(self.received - earlier.received, 0), max(self.sent - earlier.sent, 0))

    def at_least(self, known: "Traffic") -> "Traffic":
        """The same, where it is no less than what is known to have passed."""
        return Traffic(max(self.received, known.received), max(self.sent, known.sent))


NONE: Final = Traffic()


class Counters:
    """What the link of a test counts: the one it is bound to, or else the one that the routes take to its ``place``.

    Of a link without counters, and where nobody knows the link, it is what the test itself has moved (``own``).
    """

    def __init__(
        self, way: Way, place: Callable[[], Place | None], own: Callable[[], Traffic], proc: Path = Path("/proc")
    ) -> None:
        """``place`` is where the first connection went, None before there is one: nothing is counted until then."""
        self._way = way
        self._place = place
        self._own = own
        self._proc = proc
        self._link: str | None = None

    def now(self) -> Traffic:
        """As they stand."""
        if self._link is None:
            place = self._place()
            if place is None:
                return NONE
            link = self._way.link or link_to(place, self._way.dscp)
            self._link = link if traffic_of(link, self._proc) is not None else ""
        return (traffic_of(self._link, self._proc) or NONE) if self._link else self._own()


def traffic_of(link: str, proc: Path = Path("/proc")) -> Traffic | None:
    """The link's counters; None for a link that is not there, or is not counted."""
    try:
        lines = (proc / "thread-self/net/dev").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, colon, numbers = line.partition(":")
        if colon and name.strip() == link:
            columns = numbers.split()
            return Traffic(int(columns[0]), int(columns[SENT_AT]))
    return None


def link_to(place: Place, dscp: int = 0) -> str:
    """The link that what is sent to a place leaves by (this thread's namespace); "" where nobody knows."""
    family, address = place
    try:
        if family == socket.AF_INET6 and address[3]:
            return socket.if_indextoname(address[3])
        to = socket.inet_pton(family, address[0].partition("%")[0])
        return socket.if_indextoname(_index(family, to, dscp << 2))
    except (OSError, ValueError, MechanismError):
        return ""


def _index(family: int, to: bytes, tos: int) -> int:
    """The kernel's answer; ValueError where it names no link."""
    content = ROUTE.pack(family, len(to) * 8, 0, tos, 0, 0, 0, 0, 0) + ATTRIBUTE.pack(ATTRIBUTE.size + len(to), TO) + to
    message = bytearray(HEAD.pack(HEAD.size + len(content), GETROUTE, REQUEST | ACK, 0, 0) + content)
    asking = NetlinkSocket(open_route_socket, PATIENCE)
    try:
        answers = asking.exchange(message, "the route")
    finally:
        asking.close()
    for _, buffer, offset in answers:
        end, at = offset + HEAD.unpack_from(buffer, offset)[0], offset + HEAD.size + ROUTE.size
        while at + ATTRIBUTE.size <= end:
            length, kind = ATTRIBUTE.unpack_from(buffer, at)
            if kind == BY:
                return int(struct.unpack_from("=I", buffer, at + ATTRIBUTE.size)[0])
            at += max((length + 3) & ~3, ATTRIBUTE.size)
    raise ValueError("no link")
