"""Queues of the kernel for what leaves by a link (tc(8)): a hierarchical token bucket with its classes, by netlink.

Rates are bytes per second, lengths are bytes. A class is known by its minor number below the one root of ours.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import read_text
from backends.generic_netlink import attribute, attributes, number, text
from backends.netlink_socket import ACK, HEADER, REQUEST, NetlinkSocket, inside, open_route_socket

NEW_LINK: Final = 16
NEW_QDISC, DELETE_QDISC, GET_QDISC = 36, 37, 38
NEW_CLASS, DELETE_CLASS, GET_CLASS = 40, 41, 42
DUMP, REPLACE, CREATE = 0x300, 0x100, 0x400
MESSAGE: Final = struct.Struct("=BxxxiIII")
LINK_MESSAGE: Final = struct.Struct("=BxHiII")
KIND, OPTIONS, STATISTICS = 1, 2, 7
BASIC, QUEUED = 1, 3
ROOT: Final = 0xFFFFFFFF
OURS: Final = 0xCA9E0000
"""The root's handle, by which it is known for ours."""
HTB_PARAMETERS, HTB_GLOBAL, HTB_RATE64, HTB_CEIL64 = 1, 2, 6, 7
HTB_VERSION, RATE_TO_QUANTUM = 3, 10
LINKLAYER_ETHERNET: Final = 1
RATE: Final = struct.Struct("=BBHhHI")
HTB_CLASS: Final = struct.Struct("=12s12sIIIII")
TICK: Final = 64
"""Nanoseconds in a tick of the packet scheduler (PSCHED_SHIFT)."""
RED_PARAMETERS, RED_TABLE, RED_MOST = 1, 2, 3
RED: Final = struct.Struct("=IIIBBBB")
RED_TOLD: Final = 12
"""Bytes of it that say the limits."""
RED_WEIGHT: Final = 9
PACKET: Final = 1_514
"""Bytes of the largest packet that an Ethernet carries."""
RED_FORGETS: Final = bytes([0]) + bytes([31]) * 255
"""After a pause the average queue counts as empty."""
LINK_INFO, INFO_KIND, INFO_DATA = 18, 1, 2
VLAN_EGRESS, VLAN_INGRESS, VLAN_MAPPING = 3, 4, 1


@dataclass(frozen=True, slots=True)
class Counted:
    """What went through a class, what was dropped there, and what waits in it now."""

    bytes: int = 0
    packets: int = 0
    dropped: int = 0
    waiting_bytes: int = 0
    waiting_packets: int = 0


@dataclass(frozen=True, slots=True)
class QueueClass:
    """A class: what it is guaranteed, what it may have at most, and which of them goes first. ``parent`` is a minor."""

    parent: int
    rate: int
    ceiling: int
    burst: int
    priority: int = 0
    quantum: int = PACKET


@dataclass(frozen=True, slots=True)
class Buffer:
    """What waits in a class: ``limit`` bytes at most. ``red_from``: from how many on some are dropped at random, and
    ``red_percent`` of them when the buffer is full (0: none are, until it is full).

    Where none are dropped at random, as many packets as of the largest size that a network carries are that many bytes:
    a connection of this machine's own comes in larger ones (GSO), each of which counts once.
    """

    limit: int
    red_from: int = 0
    red_percent: int = 0


@dataclass(frozen=True, slots=True)
class Queues:
    """What is to be on a link: classes and buffers by minor number.

    A packet says by its priority, ``class_id`` of the minor, which class takes it; any other goes to ``default``.
    """

    default: int
    classes: Mapping[int, QueueClass]
    buffers: Mapping[int, Buffer]


ToldClass = tuple[int, ...]
"""Parent, rate, ceiling, their bursts in ticks, quantum and priority."""


@dataclass(frozen=True, slots=True)
class _Found:
    default: int
    classes: Mapping[int, ToldClass]
    buffers: Mapping[int, tuple[str, bytes]]
    counted: Mapping[int, Counted] = field(default_factory=dict)


def class_id(minor: int) -> int:
    """The priority by which a packet asks for a class."""
    return OURS | minor


class TrafficControl:
    """The kernel's packet schedulers. Owned by one thread; every exchange has a deadline."""

    def __init__(self, namespace: str = "", *, deadline: float = 0.3) -> None:
        self._socket = NetlinkSocket(
            lambda: inside(namespace, open_route_socket) if namespace else open_route_socket(), deadline
        )
        self._roots: dict[int, tuple[int, str]] | None = None
        self._counted: dict[int, Mapping[int, Counted]] = {}
        self.writes = 0
        """How many requests changed the kernel."""

    def forget(self) -> None:
        """Read the kernel again for the next question."""
        self._roots = None
        self._counted.clear()

    def root(self, index: int) -> tuple[int, str]:
        """Handle and kind of what queues on a link; handle 0 is the kernel's own choice."""
        if self._roots is None:
            self._roots = {
                link: (handle, kind) for link, handle, parent, kind, _ in self._dump(GET_QDISC, 0) if parent == ROOT
            }
        return self._roots.get(index, (0, ""))

    def counted(self, index: int) -> Mapping[int, Counted]:
        """What went through the classes of ours on a link, by minor number."""
        if index not in self._counted:
            is_ours = self.root(index)[0] == OURS
            self._counted[index] = self._find(index).counted if is_ours else {}
        return self._counted[index]

    def bring_to(self, index: int, queues: Queues | None) -> bool:
        """Let a link have these queues, None: the kernel's own; whether anything was changed. MechanismError.

        Classes that are there already change in place: what waits in them is not lost.
        """
        before = self.writes
        is_ours = self.root(index)[0] == OURS
        try:
            if queues is None:
                if is_ours:
                    self._change(DELETE_QDISC, 0, index, OURS, ROOT)
            else:
                self._make(index, queues, self._find(index) if is_ours else None)
        except MechanismError:
            self.forget()  # a part may have been made: whoever takes it back has to see it
            raise
        if self.writes != before:
            self.forget()
        return self.writes != before

    def map_priorities(self, index: int, pairs: Sequence[tuple[int, int]]) -> None:
        """Let a VLAN link write 802.1p priorities from those of packets, and read them (``pairs``: from, to)."""
        mappings = b"".join(attribute(VLAN_MAPPING, struct.pack("=II", *pair)) for pair in pairs)
        maps = attribute(VLAN_EGRESS, mappings, nested=True) + attribute(VLAN_INGRESS, mappings, nested=True)
        info = text(INFO_KIND, "vlan") + attribute(INFO_DATA, maps, nested=True)
        body = LINK_MESSAGE.pack(0, 0, index, 0, 0) + attribute(LINK_INFO, info, nested=True)
        self._send(NEW_LINK, REQUEST | ACK, body, "802.1p priorities of a VLAN")
        self.writes += 1

    # -- changing -----------------------------------------------------------------------------------------------------

    def _make(self, index: int, queues: Queues, found: _Found | None) -> None:
        if found is None or found.default != queues.default:
            general = attribute(HTB_GLOBAL, struct.pack("=IIIII", HTB_VERSION, RATE_TO_QUANTUM, queues.default, 0, 0))
            if found is not None:
                self._change(DELETE_QDISC, 0, index, OURS, ROOT)
            self._change(NEW_QDISC, CREATE | REPLACE, index, OURS, ROOT, 0, "htb", general)
            found = None
        there = found or _Found(0, {}, {})
        for minor in sorted(queues.classes):  # a parent has the smaller number
            wanted, options = encoded(queues.classes[minor])
            if there.classes.get(minor) != wanted:
                parent = OURS | queues.classes[minor].parent
                self._change(NEW_CLASS, CREATE, index, OURS | minor, parent, 0, "htb", options)
        for minor, buffer in queues.buffers.items():
            kind, options, mark = encoded_buffer(buffer)
            if there.buffers.get(minor) != (kind, mark):
                self._change(NEW_QDISC, CREATE | REPLACE, index, minor << 16, OURS | minor, 0, kind, options)
        for minor in sorted(there.classes.keys() - queues.classes.keys(), reverse=True):  # what is below goes first
            self._change(DELETE_CLASS, 0, index, OURS | minor, OURS)

    def _change(
        self, kind: int, flags: int, index: int, handle: int, parent: int, info: int = 0, name: str = "",
        options: bytes = b"",
    ) -> None:  # fmt: skip
        body = MESSAGE.pack(0, index, handle, parent, info)
        if name:
            body += text(KIND, name) + attribute(OPTIONS, options, nested=True)
        self._send(kind, REQUEST | ACK | flags, body, f"queues of link {index}")
        self.writes += 1

    # -- reading ------------------------------------------------------------------------------------------------------

    def _find(self, index: int) -> _Found:
        default, buffers = 0, {}
        for link, handle, parent, kind, told in self._dump(GET_QDISC, 0):
            if link != index:
                continue
            options = told.get(OPTIONS, b"")
            if handle == OURS:
                default = int(struct.unpack_from("=IIIII", attributes(options)[HTB_GLOBAL])[2])
            elif parent & 0xFFFF0000 == OURS:
                told_limits = attributes(options).get(RED_PARAMETERS, b"") if kind == "red" else options
                buffers[parent & 0xFFFF] = kind, told_limits[: RED_TOLD if kind == "red" else 4]
        classes, counted = {}, {}
        for _, handle, parent, _, told in self._dump(GET_CLASS, index):
            if handle & 0xFFFF0000 == OURS:
                classes[handle & 0xFFFF] = _told_class(parent, attributes(told.get(OPTIONS, b"")))
                counted[handle & 0xFFFF] = _told_counters(attributes(told.get(STATISTICS, b"")))
        return _Found(default, classes, buffers, counted)

    def _dump(self, kind: int, index: int) -> list[tuple[int, int, int, str, dict[int, bytes]]]:
        body = MESSAGE.pack(0, index, 0, 0, 0)
        rows = []
        for _, buffer, offset in self._send(kind, REQUEST | DUMP, body, "the kernel's queues"):
            length, *_ = HEADER.unpack_from(buffer, offset)
            at = offset + HEADER.size
            _, link, handle, above, _ = MESSAGE.unpack_from(buffer, at)
            told = attributes(buffer[at + MESSAGE.size : offset + length])
            rows.append((link, handle, above, told.get(KIND, b"").rstrip(b"\0").decode("ascii", "replace"), told))
        return rows

    def _send(self, kind: int, flags: int, body: bytes, what: str) -> list[tuple[int, bytes, int]]:
        message = bytearray(HEADER.pack(HEADER.size + len(body), kind, flags, 0, 0) + body)
        return self._socket.exchange(message, what)


def encoded(one: QueueClass) -> tuple[ToldClass, bytes]:
    """What the kernel tells of a class that is so, and the options that make it so."""
    bursts = [one.burst * 1_000_000_000 // max(speed, 1) // TICK for speed in (one.rate, one.ceiling)]
    bursts = [min(max(burst, 1), 0xFFFFFFFF) for burst in bursts]
    speeds = [min(speed, 0xFFFFFFFF) for speed in (one.rate, one.ceiling)]
    rates = [RATE.pack(0, LINKLAYER_ETHERNET, 0, 0, 0, speed) for speed in speeds]
    options = attribute(HTB_PARAMETERS, HTB_CLASS.pack(*rates, *bursts, one.quantum, 0, one.priority))
    for kind, speed in ((HTB_RATE64, one.rate), (HTB_CEIL64, one.ceiling)):
        if speed > 0xFFFFFFFF:
            options += attribute(kind, struct.pack("=Q", speed))
    return (OURS | one.parent if one.parent else ROOT, *speeds, *bursts, one.quantum, one.priority), options


def encoded_buffer(buffer: Buffer) -> tuple[str, bytes, bytes]:
    """Its kind, the options that make it so, and what the kernel tells of one that is so."""
    if not buffer.red_percent:
        limit = struct.pack("=I", -(-buffer.limit // PACKET))
        return "pfifo", limit, limit
    first, last = buffer.red_from, max(buffer.limit, buffer.red_from + 1)
    # The kernel drops in proportion to the average between the two, which it shifts instead of dividing.
    slope = min((last - first).bit_length() - 1 + (100 // buffer.red_percent).bit_length(), 31)
    packed = RED.pack(2 * last, first, last, RED_WEIGHT, slope, 0, 0)
    options = attribute(RED_PARAMETERS, packed) + attribute(RED_TABLE, RED_FORGETS)
    return "red", options + number(RED_MOST, buffer.red_percent * 0xFFFFFFFF // 100), packed[:RED_TOLD]


def _told_class(parent: int, options: Mapping[int, bytes]) -> ToldClass:
    rate, ceiling, burst, burst_at_most, quantum, _, priority = HTB_CLASS.unpack_from(options[HTB_PARAMETERS])
    speeds = [RATE.unpack(one)[5] for one in (rate, ceiling)]
    return (parent, *speeds, burst, burst_at_most, quantum, priority)


def _told_counters(statistics: Mapping[int, bytes]) -> Counted:
    volume, packets = struct.unpack_from("=QI", statistics.get(BASIC, bytes(12)))
    waiting, backlog, dropped, *_ = struct.unpack_from("=IIIII", statistics.get(QUEUED, bytes(20)))
    return Counted(volume, packets, dropped, backlog, waiting)


def vlan_priorities(link: str, root: str = "/proc/net") -> set[tuple[int, int]] | None:
    """Pairs of a packet's priority and the 802.1p priority with which a VLAN link sends it; None for another link."""
    told = read_text(Path(root, "vlan", link))
    lines = [line for line in (told or "").splitlines() if "EGRESS priority mappings:" in line]
    if not lines:
        return None
    pairs = [pair.split(":") for pair in lines[0].partition("mappings:")[2].split()]
    return {(int(pair[0]), int(pair[1])) for pair in pairs}
