"""Packets of UDP Echo Plus (TR-143 A.1.4): six numbers of 32 bits, of which the responder fills in four; pure."""

import struct
from dataclasses import dataclass, replace
from typing import Final

FORMAT: Final = struct.Struct("!6I")
SIZE: Final = FORMAT.size
"""Octets; what is shorter is a plain echo (RFC 862)."""
MASK: Final = 0xFFFF_FFFF
HEADER: Final = 8
"""Octets of UDP's own."""


@dataclass(frozen=True, slots=True)
class EchoPlus:
    """Times are microseconds, of which the lower 32 bits count."""

    sequence: int = 0
    response_sequence: int = 0
    received_at: int = 0
    replied_at: int = 0
    failures: int = 0
    iteration: int = 0

    def packed(self) -> bytes:
        """As it is sent."""
        numbers = (
            self.sequence,
            self.response_sequence,
            self.received_at,
            self.replied_at,
            self.failures,
            self.iteration,
        )
        return FORMAT.pack(*(number & MASK for number in numbers))


def read(payload: bytes) -> EchoPlus | None:
    """The numbers at the front of a payload; None where it is too short for them."""
    return EchoPlus(*FORMAT.unpack_from(payload)) if len(payload) >= SIZE else None


def answered(payload: bytes, number: int, received_at: int, replied_at: int, failures: int) -> bytes:
    """The payload with the responder's numbers; as it is where it is too short."""
    asked = read(payload)
    if asked is None:
        return payload
    said = replace(asked, response_sequence=number, received_at=received_at, replied_at=replied_at, failures=failures)
    return said.packed() + payload[SIZE:]
