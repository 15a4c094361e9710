"""Captures of OMCI frames for Wireshark: classic pcap, each frame alone in an Ethernet frame of type 0x88B5. Pure.

The type is IEEE's for local experiments; OMCI plug-ins and analysers agree on it, no standard does.
"""

import struct
from typing import Final

from backends.omci.frames import LENGTH_FIELD, Frame

ETHER_TYPE: Final = 0x88B5
OLT: Final = bytes.fromhex("020000000001")
ONU: Final = bytes.fromhex("020000000002")
"""Addresses that say which way a frame went; locally administered."""
HEAD: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
"""What a capture begins with: microseconds, little-endian, Ethernet."""

_PACKET: Final = struct.Struct("<IIII")


def packet(frame: Frame, at: float) -> bytes:
    """A frame's part of the capture. ``at``: seconds since 1970. A trailer of none at all gets its length field."""
    if not frame.is_extended and not frame.trailer:
        frame = frame.with_trailer(LENGTH_FIELD)
    way = (OLT + ONU) if frame.is_upstream else (ONU + OLT)  # to, from
    octets = way + ETHER_TYPE.to_bytes(2) + frame.to_bytes()
    seconds, microseconds = divmod(round(at * 1_000_000), 1_000_000)
    return _PACKET.pack(seconds, microseconds, len(octets), len(octets)) + octets
