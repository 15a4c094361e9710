"""The link modes of Ethernet ports: what the kernel's bits stand for, and their numbers in IANA's MAU type list.

Bits are those of enum ethtool_link_mode_bit_indices; a number of IANAifMauTypeListBits is known for copper and fibre
as gateways have them, None for the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LinkMode:
    """Speed in Mbit/s, full duplex or half, and the MAU type of IANA's list."""

    speed: int
    full: bool
    mau: int | None = None


LINK_MODES: Final[dict[int, LinkMode]] = {
    0: LinkMode(10, False, 10), 1: LinkMode(10, True, 11),
    2: LinkMode(100, False, 15), 3: LinkMode(100, True, 16),
    4: LinkMode(1000, False, 29), 5: LinkMode(1000, True, 30),
    12: LinkMode(10000, True, 54), 15: LinkMode(2500, True), 17: LinkMode(1000, True),
    **dict.fromkeys((18, 19, 20, 42, 43, 44, 45, 46), LinkMode(10000, True)),
    **dict.fromkeys((21, 22), LinkMode(20000, True)),
    **dict.fromkeys((23, 24, 25, 26), LinkMode(40000, True)),
    **dict.fromkeys((27, 28, 29, 30), LinkMode(56000, True)),
    **dict.fromkeys((31, 32, 33), LinkMode(25000, True)),
    **dict.fromkeys((34, 35, 40, 52, 53, 54, 55, 56), LinkMode(50000, True)),
    **dict.fromkeys((36, 37, 38, 39, 57, 58, 59, 60, 61), LinkMode(100000, True)),
    41: LinkMode(1000, True, 22), 47: LinkMode(2500, True, 103), 48: LinkMode(5000, True, 104),
    67: LinkMode(100, True), 68: LinkMode(1000, True),
    90: LinkMode(100, False, 17), 91: LinkMode(100, True, 18),
}  # fmt: skip
"""By bit. Other bits are ports, pause and error correction: they say nothing of speed, and are left as they are."""


def permitted(supported: Iterable[int], most: int | None, full: bool | None) -> tuple[int, ...]:
    """The bits of a port's own that are no faster than ``most`` Mbit/s and of this duplex; None permits all."""
    return tuple(
        bit
        for bit in sorted(supported)
        if (mode := LINK_MODES.get(bit)) is None
        or ((most is None or mode.speed <= most) and (full is None or mode.full == full))
    )


def speeds(bits: Iterable[int]) -> set[int]:
    """The speeds among the bits, in Mbit/s."""
    return {LINK_MODES[bit].speed for bit in bits if bit in LINK_MODES}


def duplexes(bits: Iterable[int]) -> set[bool]:
    """Whether there are full (True) and half duplex modes among the bits."""
    return {LINK_MODES[bit].full for bit in bits if bit in LINK_MODES}


def mau_types(bits: Iterable[int]) -> list[int]:
    """IANA's numbers of the modes among the bits, in ascending order."""
    return sorted({mau for bit in bits if bit in LINK_MODES and (mau := LINK_MODES[bit].mau) is not None})
