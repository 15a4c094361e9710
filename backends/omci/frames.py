"""OMCI frames, baseline and extended, as bytes and as their parts. Pure; what is inside is told by messages.py."""

import struct
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

BASELINE: Final = 0x0A
EXTENDED: Final = 0x0B
CONTENTS: Final = 32
"""Octets of a baseline frame's contents."""
MOST_CONTENTS: Final = 1966
"""Octets of an extended frame's contents: 1980 less header and MIC."""
LENGTH_FIELD: Final = bytes.fromhex("00000028")
"""CPCS-UU, CPI and length, with which the trailer of a baseline frame begins."""

_HEAD: Final = struct.Struct(">HBBHH")
_LENGTH: Final = struct.Struct(">H")
_EXTENDED_HEAD: Final = 10
_RESERVED, _ASK, _ANSWER, _ACTION = 0x80, 0x40, 0x20, 0x1F


class NotAFrame(Exception):
    """The bytes are no OMCI frame, or its contents are not what its type says; the message says why."""


class Action(IntEnum):
    """What a message is about (G.988 A.1, message types). 5, 7 and 10 are retired."""

    CREATE = 4
    DELETE = 6
    SET = 8
    GET = 9
    GET_ALL_ALARMS = 11
    GET_ALL_ALARMS_NEXT = 12
    MIB_UPLOAD = 13
    MIB_UPLOAD_NEXT = 14
    MIB_RESET = 15
    ALARM = 16
    AVC = 17
    TEST = 18
    START_DOWNLOAD = 19
    DOWNLOAD_SECTION = 20
    END_DOWNLOAD = 21
    ACTIVATE = 22
    COMMIT = 23
    SYNCHRONIZE_TIME = 24
    REBOOT = 25
    GET_NEXT = 26
    TEST_RESULT = 27
    GET_CURRENT = 28
    SET_TABLE = 29


NOTIFICATIONS: Final = frozenset({Action.ALARM, Action.AVC, Action.TEST_RESULT})
"""What an ONU sends without being asked for it then: neither AR nor AK."""


class Result(IntEnum):
    """How an ONU says that a command went."""

    OK = 0
    PROCESSING_ERROR = 1
    NOT_SUPPORTED = 2
    PARAMETER_ERROR = 3
    UNKNOWN_ENTITY = 4
    UNKNOWN_INSTANCE = 5
    BUSY = 6
    INSTANCE_EXISTS = 7
    ATTRIBUTES_FAILED = 9


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``action`` is an Action, or a number that no message has.

    ``contents``: 32 octets, of an extended frame 0 to 1966. ``trailer``: what stood behind them: of a baseline frame 0,
    4 (the length field) or 8 octets (with CRC or MIC), of an extended one 0 or 4 (MIC).
    """

    tci: int
    action: int
    class_id: int
    instance: int
    contents: bytes
    asks: bool = False  # AR: an answer is wanted
    answers: bool = False  # AK
    is_extended: bool = False
    trailer: bytes = b""
    is_reserved_set: bool = False  # DB, which nobody sets

    @property
    def is_upstream(self) -> bool:
        """Whether an ONU sent it: an answer, or a notification."""
        return self.answers or self.action in NOTIFICATIONS

    @property
    def is_notification(self) -> bool:
        """Whether an ONU sent it of its own accord."""
        return not self.answers and not self.asks and self.action in NOTIFICATIONS

    def with_trailer(self, trailer: bytes) -> "Frame":
        """The same frame with another trailer."""
        return replace(self, trailer=trailer)

    def covered(self) -> bytes:
        """What CRC and MIC are made over: all but themselves. 44 octets, or an extended frame's head and contents."""
        kind = self.action | _RESERVED * self.is_reserved_set | _ASK * self.asks | _ANSWER * self.answers
        device = EXTENDED if self.is_extended else BASELINE
        head = _HEAD.pack(self.tci, kind, device, self.class_id, self.instance)
        if self.is_extended:
            return head + _LENGTH.pack(len(self.contents)) + self.contents
        return head + self.contents + (self.trailer[:4] or LENGTH_FIELD)

    def to_bytes(self) -> bytes:
        """The frame as it was, or is to be, on the line."""
        covered = self.covered()
        if self.is_extended:
            return covered + self.trailer
        return covered[:40] + self.trailer


def parse(octets: bytes) -> Frame:
    """Take a frame apart: 40, 44 or 48 octets of baseline; 10 + n or 14 + n of extended. Raises NotAFrame.

    The trailer is not judged: trailers.py does that.
    """
    if len(octets) < _HEAD.size:
        raise NotAFrame(f"{len(octets)} octets are less than a frame's head")
    tci, kind, device, class_id, instance = _HEAD.unpack_from(octets)
    if device == BASELINE:
        if len(octets) not in (40, 44, 48):
            raise NotAFrame(f"a baseline frame has 40, 44 or 48 octets; these are {len(octets)}")
        contents, trailer = octets[8:40], octets[40:]
    elif device == EXTENDED:
        contents, trailer = _extended(octets)
    else:
        raise NotAFrame(f"the device identifier is 0x{device:02x}, neither 0x0a (baseline) nor 0x0b (extended)")
    return Frame(
        tci,
        kind & _ACTION,
        class_id,
        instance,
        contents,
        kind & _ASK != 0,
        kind & _ANSWER != 0,
        device == EXTENDED,
        trailer,
        kind & _RESERVED != 0,
    )


def _extended(octets: bytes) -> tuple[bytes, bytes]:
    if len(octets) < _EXTENDED_HEAD:
        raise NotAFrame(f"{len(octets)} octets are less than an extended frame's head")
    (length,) = _LENGTH.unpack_from(octets, 8)
    if length > MOST_CONTENTS:
        raise NotAFrame(f"its contents would be {length} octets; {MOST_CONTENTS} are the most")
    end = _EXTENDED_HEAD + length
    if len(octets) not in (end, end + 4):
        raise NotAFrame(f"its length says {end} octets, or {end + 4} with MIC; these are {len(octets)}")
    return octets[_EXTENDED_HEAD:end], octets[end:]
