"""A file of captured packets as libpcap has it, with microseconds, never longer than was agreed; pure."""

import struct
from typing import Final

MAGIC: Final = 0xA1B2C3D4
HEAD: Final = struct.Struct("=IHHiIII")
RECORD: Final = struct.Struct("=IIII")
LONGEST_PACKET: Final = 65_535
ETHERNET, RAW_IP = 1, 101
"""Kinds of link (LINKTYPE_…): with Ethernet's header, and with none in front of IP's."""


def head(link_type: int) -> bytes:
    """What the file begins with."""
    return HEAD.pack(MAGIC, 2, 4, 0, 0, LONGEST_PACKET, link_type)


def record(at: int, packet: bytes, length: int) -> bytes:
    """A packet that came at this time (nanoseconds since 1970) and was so long on the wire."""
    seconds, rest = divmod(at, 1_000_000_000)
    kept = packet[:LONGEST_PACKET]
    return RECORD.pack(seconds & 0xFFFF_FFFF, rest // 1000, len(kept), max(length, len(kept))) + kept
