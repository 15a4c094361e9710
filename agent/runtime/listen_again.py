"""Tries again to listen for connection requests while the port cannot be had: who holds it may give it back."""

from collections.abc import Callable
from typing import Final

FIRST: Final = 5.0
LONGEST: Final = 60.0
"""Seconds before the first and between the later tries; each pause is twice the one before."""


class ListenAgain:
    """A chore. ``problem`` says why nothing listens although it should, "" where all is well; ``listen`` tries."""

    def __init__(self, problem: Callable[[], str], listen: Callable[[], object]) -> None:
        self._problem = problem
        self._listen = listen
        self._pause = FIRST
        self._due: float | None = None

    def due(self, now: float) -> float | None:
        """The monotonic time of the next try; None while there is no need of one."""
        if not self._problem():
            self._pause, self._due = FIRST, None
        elif self._due is None:
            self._due = now + self._pause
        return self._due

    def act(self, now: float) -> frozenset[str]:
        """Try; where it listens now, it is the listener that tells."""
        self._listen()
        self._pause = min(2 * self._pause, LONGEST)
        self._due = now + self._pause
        return frozenset()
