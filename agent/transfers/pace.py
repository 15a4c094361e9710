"""How fast a file comes, and when it comes too slowly to go on."""

import time
from collections.abc import Callable
from typing import Final

from agent.transfers.failures import Cause, TransferFailed

LOOK_EVERY: Final = 60.0
"""Seconds."""
SLOWEST: Final = 64
"""Bytes a second, over a minute: who sends less keeps all other transfers waiting."""

Progress = Callable[[int, int | None], None]
"""Bytes so far, and of how many where that is known."""


class Pace:
    """Hears of every piece of a transfer, and tells ``progress``."""

    def __init__(self, progress: Progress, at: int, total: int | None) -> None:
        """``at``: the bytes that are there already."""
        now = time.monotonic()
        self._progress = progress
        self._total = total
        self._looked = (now, at)
        progress(at, total)

    def moved(self, size: int) -> None:
        """So many bytes are there now; raises TransferFailed for a drip."""
        now = time.monotonic()
        self._progress(size, self._total)
        since, before = self._looked
        if now - since < LOOK_EVERY:
            return
        if size - before < SLOWEST * (now - since):
            rate = round((size - before) / (now - since))
            raise TransferFailed(Cause.INCOMPLETE, f"the file comes too slowly: {rate} bytes a second")
        self._looked = (now, size)

    def ended(self, size: int) -> None:
        """All that there is has moved."""
        self._progress(size, size)
