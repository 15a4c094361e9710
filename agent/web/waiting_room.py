"""Who has a secret looked at next: one a second of all whom nobody knows, and first of them who has tried least."""

import random
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, Generic, TypeVar

PACE: Final = 1.0
"""Seconds from one to the next."""
AT_ONCE: Final = 5
"""How many need not wait after a quiet time."""
MOST_WAITING: Final = 16

T = TypeVar("T")
Rank = tuple[int, int]
"""How often somebody has tried, and of late was sent away: the less, the sooner it is his turn."""
Entry = tuple[Rank, T]


class WaitingRoom(Generic[T]):
    """No I/O; one thread calls, and says the time (monotonic seconds).

    Among equals ``choose`` says, None: chance. Were it who came first, whoever asks most often would have every place.
    """

    def __init__(self, choose: Callable[[Sequence[Entry[T]]], Entry[T]] | None = None) -> None:
        self._choose = choose or random.SystemRandom().choice
        self._waiting: list[Entry[T]] = []  # the next ones first
        self._since = -inf  # from when turns have not been given

    def enter(self, one: T, rank: Rank) -> T | None:
        """Somebody comes to wait. Who has to go for want of room, the one who comes included; None: nobody.

        It is one of the last by ``rank``: whoever tries again and again does not keep out who comes anew.
        """
        self._waiting.append((rank, one))
        self._waiting.sort(key=lambda entry: entry[0])
        return self._taken(self._waiting[-1][0]) if len(self._waiting) > MOST_WAITING else None

    def leave(self, one: T) -> None:
        """Somebody waits no more, if he did."""
        self._waiting = [entry for entry in self._waiting if entry[1] is not one]

    def next(self, now: float) -> T | None:
        """Whose turn it is; None: nobody's yet."""
        if now < self.at():
            return None
        self._since = max(self._since, now - AT_ONCE * PACE) + PACE
        return self._taken(self._waiting[0][0])

    def at(self) -> float:
        """When it is somebody's turn; infinite while nobody waits."""
        return self._since + PACE if self._waiting else inf

    def _taken(self, rank: Rank) -> T:
        """One of this rank, who waits no more."""
        chosen = self._choose([entry for entry in self._waiting if entry[0] == rank])
        self.leave(chosen[1])
        return chosen[1]
