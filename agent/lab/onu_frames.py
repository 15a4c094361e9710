"""OMCI frames as the lab ONU reads and writes them, and how they stand on a line. Written for the lab alone. Pure."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

BASELINE: Final = 0x0A
EXTENDED: Final = 0x0B

CREATE, DELETE, SET, GET = 4, 6, 8, 9
ALL_ALARMS, ALL_ALARMS_NEXT, UPLOAD, UPLOAD_NEXT, RESET = 11, 12, 13, 14, 15
ALARM, AVC, SYNC_TIME, REBOOT, GET_NEXT, CURRENT = 16, 17, 24, 25, 26, 28

TRAILERS: Final = ("crc32", "zero", "none")


def _crc_table() -> list[int]:
    table = []
    for octet in range(256):
        value = octet << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return table


_CRC: Final = _crc_table()


def crc32(octets: bytes) -> int:
    """AAL5's CRC: I.363.5."""
    value = 0xFFFFFFFF
    for octet in octets:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[value >> 24 ^ octet]
    return ~value & 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Message:
    """A message: ``flags`` are AR (0x40) and AK (0x20)."""

    tci: int
    type: int
    number: int
    instance: int
    body: bytes = b""
    flags: int = 0
    is_extended: bool = False

    def octets(self, trailer: str = "crc32") -> bytes:
        """The frame."""
        head = struct.pack(
            ">HBBHH",
            self.tci,
            self.flags | self.type,
            EXTENDED if self.is_extended else BASELINE,
            self.number,
            self.instance,
        )
        if self.is_extended:
            frame = head + struct.pack(">H", len(self.body)) + self.body
        else:
            frame = head + self.body.ljust(32, b"\0") + b"\0\0\0\x28"
        if trailer == "none":
            return frame
        return frame + (bytes(4) if trailer == "zero" else crc32(frame).to_bytes(4))


def read(octets: bytes) -> Message | None:
    """The message of a frame; None: it is none, or its CRC is wrong (one of zeros is none at all)."""
    if len(octets) < 10 or octets[3] not in (BASELINE, EXTENDED):
        return None
    tci, kind, device, number, instance = struct.unpack_from(">HBBHH", octets)
    if device == BASELINE:
        if len(octets) not in (40, 44, 48):
            return None
        body, check = octets[8:40], octets[44:]
    else:
        end = 10 + int.from_bytes(octets[8:10])
        if len(octets) not in (end, end + 4):
            return None
        body, check = octets[10:end], octets[end:]
    if any(check) and int.from_bytes(check) != crc32(octets[:-4]):
        return None
    return Message(tci, kind & 0x1F, number, instance, body, kind & 0x60, device == EXTENDED)


class Codec(Protocol):
    """How frames stand on a line."""

    def put(self, frame: bytes) -> bytes:
        """The octets on the line."""
        ...

    def take(self, octets: bytes) -> list[bytes]:
        """The frames that have become whole."""
        ...


class _Stuffed:
    """hdlc and slip: an octet ends a frame, another escapes."""

    def __init__(self, end: int, escape: int, swap: Callable[[int], int], *, has_check: bool) -> None:
        self._end, self._escape, self._swap, self._has_check = end, escape, swap, has_check
        self._heard = bytearray()

    def put(self, frame: bytes) -> bytes:
        """With a check behind it where the codec has one."""
        if self._has_check:
            frame += (_fcs(frame) ^ 0xFFFF).to_bytes(2, "little")
        out = bytearray([self._end])
        for octet in frame:
            out += bytes([self._escape, self._swap(octet)]) if octet in (self._end, self._escape) else bytes([octet])
        return bytes(out) + bytes([self._end])

    def take(self, octets: bytes) -> list[bytes]:
        """What stands between two ends, if its check is right."""
        found = []
        for octet in octets:
            if octet != self._end:
                if len(self._heard) < 4096:
                    self._heard.append(octet)
                continue
            frame = bytearray()
            is_escaped = False
            for each in self._heard:
                if not is_escaped and each == self._escape:
                    is_escaped = True
                    continue
                frame.append(self._swap(each) if is_escaped else each)
                is_escaped = False
            self._heard.clear()
            if self._has_check:
                if len(frame) < 3 or _fcs(bytes(frame)) != 0xF0B8:
                    continue
                del frame[-2:]
            if frame:
                found.append(bytes(frame))
        return found


def _fcs(octets: bytes) -> int:
    value = 0xFFFF
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value


_SLIP: Final = {0xC0: 0xDC, 0xDC: 0xC0, 0xDB: 0xDD, 0xDD: 0xDB}


class _HexLine:
    def __init__(self) -> None:
        self._heard = b""

    def put(self, frame: bytes) -> bytes:
        """Digits and a line's end."""
        return frame.hex().encode() + b"\r\n"

    def take(self, octets: bytes) -> list[bytes]:
        """A line each, of nothing but digits."""
        *lines, self._heard = re.split(rb"[\r\n]+", self._heard[-8192:] + octets)
        found = []
        for line in lines:
            try:
                found.append(bytes.fromhex(line.decode("ascii")))
            except (ValueError, UnicodeDecodeError):
                continue
        return [frame for frame in found if frame]


class _Raw48:
    def __init__(self) -> None:
        self._heard = b""

    def put(self, frame: bytes) -> bytes:
        """As it is."""
        return frame

    def take(self, octets: bytes) -> list[bytes]:
        """Wherever 48 octets have a right CRC."""
        found = []
        self._heard += octets
        while len(self._heard) >= 48:
            frame = self._heard[:48]
            if (
                frame[3] == BASELINE
                and frame[40:44] == b"\0\0\0\x28"
                and crc32(frame[:44]) == int.from_bytes(frame[44:])
            ):
                found.append(frame)
                self._heard = self._heard[48:]
            else:
                self._heard = self._heard[1:]
        return found


def codec(name: str) -> Codec:
    """One for a line. Raises KeyError."""
    made: dict[str, Callable[[], Codec]] = {
        "hdlc": lambda: _Stuffed(0x7E, 0x7D, lambda octet: octet ^ 0x20, has_check=True),
        "slip": lambda: _Stuffed(0xC0, 0xDB, lambda octet: _SLIP.get(octet, octet), has_check=False),
        "hexline": _HexLine,
        "raw48": _Raw48,
    }
    return made[name]()


CODECS: Final = ("hdlc", "slip", "hexline", "raw48")
UNCHECKED: Final = ("slip", "raw48")
"""Codecs with neither a check nor a line's end of their own: only the frames' trailer tells what is whole."""
