"""The integrity field of OMCI frames: made and checked as a link's setting says. Pure, but for AES (cmac.py)."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from backends.omci.frames import LENGTH_FIELD, Frame

POLICIES: Final = ("crc32", "zero", "none", "ignore", "cmac")
DEFAULT: Final = "ignore"
RESIDUE: Final = 0xC704DD7B
"""What the register holds after all 48 octets of a frame whose CRC is right, before the final inversion."""

_CRC: Final = struct.Struct(">I")
_MIRRORED: Final = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def crc32(octets: bytes) -> int:
    """The CRC-32 that a GPON's frames carry (I.363.5, AAL5); of b"123456789" it is 0xFC891918.

    It has zlib's polynomial and not its order of bits: zlib computes it of mirrored octets, and mirrored.
    """
    mirrored = zlib.crc32(octets.translate(_MIRRORED)).to_bytes(4, "little")
    return int.from_bytes(mirrored.translate(_MIRRORED))


def register(octets: bytes) -> int:
    """The CRC's register after these octets, before the final inversion."""
    return crc32(octets) ^ 0xFFFFFFFF


Cmac = Callable[[bytes], bytes]
"""The 16 octets of AES-CMAC over these, with the key of a link."""


@dataclass(frozen=True, slots=True)
class Trailer:
    """What a link's frames end with. ``policy``: one of POLICIES.

    - ``crc32``, ``cmac``: made, and demanded of what is received.
    - ``zero``, ``none``: made (none: the frame ends behind the length field); anything is accepted.
    - ``ignore``: anything is accepted, and a CRC is made. It is what fits an unknown line.
    """

    policy: str = DEFAULT
    cmac: Cmac | None = None

    def __post_init__(self) -> None:
        """A CMAC needs its key."""
        if self.policy not in POLICIES or (self.policy == "cmac") != (self.cmac is not None):
            raise ValueError(f"a trailer is one of {', '.join(POLICIES)}, and cmac alone has a key")

    def finish(self, frame: Frame) -> Frame:
        """The same frame with the trailer that this link's frames have."""
        frame = frame.with_trailer(b"")
        if self.policy == "none":
            return frame if frame.is_extended else frame.with_trailer(LENGTH_FIELD)
        if self.policy == "zero":
            check = bytes(4)
        elif self.cmac is not None:
            check = mic(frame, self.cmac)
        else:
            check = _CRC.pack(crc32(frame.covered()))
        return frame.with_trailer(check if frame.is_extended else LENGTH_FIELD + check)

    def accepts(self, frame: Frame) -> bool:
        """Whether a frame that came may be believed."""
        if self.policy == "crc32":
            return kind(frame) == "crc32"
        if self.cmac is not None:
            return kind(frame, self.cmac) == "cmac"
        return True


def mic(frame: Frame, cmac: Cmac) -> bytes:
    """The four octets that an XG-PON's frame carries: CMAC over the direction and all that a check covers (G.987.3)."""
    return cmac((b"\x02" if frame.is_upstream else b"\x01") + frame.covered())[:4]


def kind(frame: Frame, cmac: Cmac | None = None) -> str:
    """What a frame's trailer is: "none", "zero", "crc32", "cmac" (right for the given key), or "other"."""
    check = frame.trailer if frame.is_extended else frame.trailer[4:]
    if not check:
        return "none"
    if cmac is not None and check == mic(frame, cmac):
        return "cmac"
    if check == _CRC.pack(crc32(frame.covered())):
        return "crc32"
    return "other" if any(check) else "zero"
