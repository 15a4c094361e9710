"""Whether anybody uses the network just now: by what the links have carried since somebody asked last."""

from collections.abc import Callable
from typing import Final

QUIET: Final = 16_384
"""Octets a second, both ways and on all links together, below which nobody does."""
SHORTEST, LONGEST = 10.0, 120.0
"""Seconds between two readings that can be compared."""


class Idle:
    """``octets`` reads what all links have carried so far, ``clock`` monotonic seconds."""

    def __init__(self, octets: Callable[[], int], clock: Callable[[], float]) -> None:
        self._octets = octets
        self._clock = clock
        self._read: tuple[float, int] | None = None
        self._is_idle = False

    def __call__(self) -> bool:
        """Not, as long as there is nothing to compare with."""
        now = self._clock()
        if self._read is not None and now - self._read[0] < SHORTEST:
            return self._is_idle
        before, self._read = self._read, (now, self._octets())
        if before is None or now - before[0] > LONGEST:
            self._is_idle = False
        else:
            carried = self._read[1] - before[1]
            self._is_idle = 0 <= carried < QUIET * (now - before[0])
        return self._is_idle
