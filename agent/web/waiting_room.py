"""Who has a secret looked at next: one a second of all whom nobody knows, and first of them who has tried least."""

from math import inf
from typing import Final, Generic, TypeVar

PACE: Final = 1.0
"""Seconds from one to the next."""
AT_ONCE: Final = 5
"""How many need not wait after a quiet time."""
MOST_WAITING: Final = 16

T = TypeVar("T")


class WaitingRoom(Generic[T]):
    """No I/O; one thread calls, and says the time (monotonic seconds)."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, T]] = []  # how often each has tried, and when it came: the next one first
        self._came = 0
        self._since = -inf  # from when turns have not been given

    def enter(self, one: T, tried: int) -> T | None:
        """Somebody comes to wait. Who has to go for want of room, the one who comes included; None: nobody.

        It is the last of those who have ``tried`` most: whoever tries again and again does not keep out who comes anew.
        """
        self._came += 1
        self._waiting.append((tried, self._came, one))
        self._waiting.sort(key=lambda entry: entry[:2])
        return self._waiting.pop()[2] if len(self._waiting) > MOST_WAITING else None

    def leave(self, one: T) -> None:
        """Somebody waits no more, if he did."""
        self._waiting = [entry for entry in self._waiting if entry[2] is not one]

    def next(self, now: float) -> T | None:
        """Whose turn it is; None: nobody's yet."""
        if now < self.at():
            return None
        self._since = max(self._since, now - AT_ONCE * PACE) + PACE
        return self._waiting.pop(0)[2]

    def at(self) -> float:
        """When it is somebody's turn; infinite while nobody waits."""
        return self._since + PACE if self._waiting else inf
