"""Notes connection requests that were refused: the first for a reason at once, what follows within a minute as one."""

import threading
from collections.abc import Callable
from math import inf
from typing import Final

LOOK_EVERY: Final = 60.0
"""Seconds: further refusals for one reason within so many are one entry."""
MOST_REASONS: Final = 8
OTHERS: Final = "other reasons"


class RefusedLogins:
    """See agent.runtime.housekeeping.Chore. ``note`` takes source and text, and says whether it was noted; ``wake``
    lets the owner look at what is due.
    """

    def __init__(self, note: Callable[[str, str], bool], topic: str, wake: Callable[[], object]) -> None:
        self._note = note
        self._topic = topic
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[int, str]] = {}
        self._noted: dict[str, float] = {}

    def refused(self, source: str, reason: str) -> None:
        """It happened; called in the listener's thread."""
        with self._lock:
            known = {*self._waiting, *self._noted}
            reason = reason if reason in known or len(known) < MOST_REASONS else OTHERS
            count = self._waiting.get(reason, (0, ""))[0] + 1
            self._waiting[reason] = (count, source)
        if count == 1:
            self._wake()

    def due(self, now: float) -> float | None:
        """At once for a reason that is new, else a minute after its last entry."""
        with self._lock:
            self._noted = {reason: at for reason, at in self._noted.items() if at + LOOK_EVERY > now}
            return min((self._noted.get(reason, -inf) + LOOK_EVERY for reason in self._waiting), default=None)

    def act(self, now: float) -> frozenset[str]:
        """Note what is due; with infinity, all that waits."""
        self.due(now)
        with self._lock:
            due = {reason: told for reason, told in self._waiting.items() if reason not in self._noted}
            self._waiting = {reason: told for reason, told in self._waiting.items() if reason not in due}
            self._noted |= dict.fromkeys(due, now)
        noted = [
            self._note(source, f"connection request refused: {reason}" + (f" ({count} times)" if count > 1 else ""))
            for reason, (count, source) in due.items()
        ]
        return frozenset({self._topic}) if any(noted) else frozenset()
