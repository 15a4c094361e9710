"""Notes log-ins of connection requests that were refused: a chore, since the listener has a thread of its own."""

from collections.abc import Callable
from typing import Final, Protocol

LOOK_EVERY: Final = 60.0
"""Seconds: many refusals of one minute are one entry."""


class Refusal(Protocol):
    """Who was refused last, and why."""

    @property
    def source(self) -> str:
        """The address it came from."""

    @property
    def reason(self) -> str:
        """Why."""


class Listener(Protocol):
    """What refuses."""

    @property
    def refused(self) -> int:
        """How often so far."""

    @property
    def last_refusal(self) -> Refusal | None:
        """The last time."""


class RefusedLogins:
    """See agent.runtime.housekeeping.Chore. ``note`` takes source and text, and says whether it was noted."""

    def __init__(self, listener: Callable[[], Listener | None], note: Callable[[str, str], bool], topic: str) -> None:
        self._listener = listener
        self._note = note
        self._topic = topic
        self._seen = 0
        self._looked = 0.0

    def due(self, now: float) -> float | None:  # noqa: ARG002 - it counts from the last look
        """A minute after the last look."""
        return self._looked + LOOK_EVERY

    def act(self, now: float) -> frozenset[str]:
        """Note what was refused since."""
        self._looked = now
        listener = self._listener()
        refused = listener.refused if listener else 0
        count = refused - self._seen if refused >= self._seen else refused  # another listener begins to count anew
        self._seen = refused
        last = listener.last_refusal if listener else None
        if last is None or not count:
            return frozenset()
        text = f"connection request refused: {last.reason}" + (f" ({count} times)" if count > 1 else "")
        return frozenset({self._topic}) if self._note(last.source, text) else frozenset()
