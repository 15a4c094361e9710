"""What time alone gives to do in the system: a temperature to look at, a port mapping whose lease has run out."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from agent.runtime.events import Moment

log = logging.getLogger(__name__)

PAUSE: Final = 60.0
"""Seconds before a chore that went wrong is tried again."""


class Chore(Protocol):
    """One thing to do; ``now`` is monotonic seconds."""

    def due(self, now: float) -> float | None:
        """When it is to be done next; None: never, as things stand."""

    def act(self, now: float) -> frozenset[str]:
        """Do what is due; the topics of which values may differ now."""


class Housekeeping:
    """All chores. ``forget`` lets them see the system as it is; ``save`` follows what says that values may differ."""

    def __init__(
        self,
        chores: Sequence[Chore] = (),
        save: Callable[[], None] = lambda: None,
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._chores = list(chores)
        self._save = save
        self._forget = forget
        self._paused: dict[int, float] = {}

    def next_due(self, now: Moment) -> float | None:
        """The monotonic time at which the next chore is to be done."""
        dues = [self._due(place, now.monotonic) for place in range(len(self._chores))]
        return min((due for due in dues if due is not None), default=None)

    def come_due(self, now: Moment) -> frozenset[str]:
        """Do what is due; the topics of which values may differ now. One that fails leaves the others alone."""
        topics = frozenset[str]()
        next_due = self.next_due(now)
        if next_due is None or next_due > now.monotonic:
            return topics
        self._forget()
        for place, chore in enumerate(self._chores):
            due = self._due(place, now.monotonic)
            if due is None or due > now.monotonic:
                continue
            try:
                topics |= chore.act(now.monotonic)
            except Exception:
                log.exception("%s could not do what was due", type(chore).__name__)
                self._paused[place] = now.monotonic + PAUSE
        if topics:
            self._save()
        return topics

    def _due(self, place: int, now: float) -> float | None:
        due = self._chores[place].due(now)
        return due if due is None else max(due, self._paused.get(place, due))
