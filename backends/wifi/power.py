"""Transmit power: per cent, as the data model has it, and whole dBm, as kernels and drivers do. Pure."""

from typing import Final

SHARES: Final = (100, 80, 63, 50, 40, 32, 25, 20, 16, 12, 10, 8, 6, 5)
"""Per cent at 0, 1, 2 … dB less."""


def power_of(per_cent: int, most: float) -> int:
    """Whole dBm of a share (1–100) of a power in dBm; at least 0 dBm, which is a milliwatt."""
    less = next((step for step, left in enumerate(SHARES) if left <= per_cent), len(SHARES))
    return max(int(most) - less, 0)


def share_of(power: float, most: float) -> int:
    """What share of a power (dBm) another is, in per cent: 1 to 100."""
    return min(max(round(100 * 10 ** ((power - most) / 10)), 1), 100)
