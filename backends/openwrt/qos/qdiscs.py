"""What queues on the kernel's links and what went through it, by one dump of netlink for each request (tc(8))."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backends.errors import MechanismError
from backends.generic_netlink import attributes, unsigned
from backends.netlink_socket import HEADER, REQUEST, NetlinkSocket, inside, open_route_socket
from backends.traffic_control import Counted

GET_QDISC, DUMP = 38, 0x300
MESSAGE: Final = struct.Struct("=BxxxiIII")
ROOT: Final = 0xFFFFFFFF
KIND, OPTIONS, STATISTICS = 1, 2, 7
BASIC, QUEUED, APPLICATION = 1, 3, 4
CAKE_LIMIT, CAKE_TINS = 3, 10
TIN_PACKETS, TIN_BYTES, TIN_DROPPED, TIN_WAITING_PACKETS, TIN_WAITING_BYTES = 2, 3, 4, 10, 11
CODEL_LIMIT: Final = 9
DEADLINE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Qdisc:
    """One of them. ``handle`` is its major number, 0 for the kernel's own choice; ``limit`` bytes that can wait in it,
    0 where it does not tell; ``tins`` of a cake, in the kernel's order.
    """

    kind: str
    handle: int
    is_root: bool
    counted: Counted
    limit: int = 0
    tins: tuple[Counted, ...] = ()


class Qdiscs:
    """Those of all links, by their index; none where the kernel tells of none. Owned by one thread."""

    def __init__(self, namespace: str = "", *, deadline: float = DEADLINE) -> None:
        self._socket = NetlinkSocket(
            lambda: inside(namespace, open_route_socket) if namespace else open_route_socket(), deadline
        )
        self._found: dict[int, list[Qdisc]] | None = None

    def forget(self) -> None:
        """Ask again."""
        self._found = None

    def of(self, index: int) -> list[Qdisc]:
        """Those of a link."""
        if self._found is None:
            try:
                self._found = self._dump()
            except MechanismError:
                self._found = {}
        return self._found.get(index, [])

    def root(self, index: int) -> Qdisc | None:
        """What is at the root of a link."""
        return next((one for one in self.of(index) if one.is_root), None)

    def _dump(self) -> dict[int, list[Qdisc]]:
        body = MESSAGE.pack(0, 0, 0, 0, 0)
        message = bytearray(HEADER.pack(HEADER.size + len(body), GET_QDISC, REQUEST | DUMP, 0, 0) + body)
        found: dict[int, list[Qdisc]] = {}
        for _, buffer, offset in self._socket.exchange(message, "the kernel's queues"):
            length, *_ = HEADER.unpack_from(buffer, offset)
            start = offset + HEADER.size
            _, index, handle, parent, _ = MESSAGE.unpack_from(buffer, start)
            told = attributes(buffer[start + MESSAGE.size : offset + length])
            found.setdefault(index, []).append(qdisc(handle, parent, told))
        return found


def qdisc(handle: int, parent: int, told: Mapping[int, bytes]) -> Qdisc:
    """What a message of the kernel says of one."""
    kind = told.get(KIND, b"").rstrip(b"\0").decode("ascii", "replace")
    statistics = attributes(told.get(STATISTICS, b""))
    tins, limit = tuple[Counted, ...](), 0
    if kind == "cake":
        own = attributes(statistics.get(APPLICATION, b""))
        limit = unsigned(own.get(CAKE_LIMIT)) or 0
        some = attributes(own.get(CAKE_TINS, b""))
        tins = tuple(_tin(attributes(some[number])) for number in sorted(some))
    elif kind == "fq_codel":
        limit = unsigned(attributes(told.get(OPTIONS, b"")).get(CODEL_LIMIT)) or 0
    return Qdisc(kind, handle >> 16, parent == ROOT, _counted(statistics), limit, tins)


def _counted(statistics: Mapping[int, bytes]) -> Counted:
    volume, packets = struct.unpack_from("=QI", statistics.get(BASIC, b"").ljust(12, b"\0"))
    waiting, backlog, dropped = struct.unpack_from("=III", statistics.get(QUEUED, b"").ljust(12, b"\0"))
    return Counted(volume, packets, dropped, backlog, waiting)


def _tin(told: Mapping[int, bytes]) -> Counted:
    numbers = (TIN_BYTES, TIN_PACKETS, TIN_DROPPED, TIN_WAITING_BYTES, TIN_WAITING_PACKETS)
    return Counted(*(unsigned(told.get(number)) or 0 for number in numbers))
