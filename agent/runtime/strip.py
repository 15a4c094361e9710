"""The sessions of the last 24 hours, a few words each: what a strip of them shows. In memory only."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

DAY: Final = 86_400.0
MOST: Final = 1440
"""One each minute; of more, the newest."""


class Strip:
    """``earlier`` are summaries of sessions that an earlier run has kept; ``clock`` gives Unix seconds."""

    def __init__(self, earlier: Iterable[Mapping[str, Any]], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[int, tuple[float, str]] = {}
        self._ended: deque[tuple[float, bool, int, str]] = deque(maxlen=MOST)
        for one in earlier:
            if one.get("outcome") is not None:
                events = ", ".join(map(str, one.get("events", ())))
                began = datetime.fromisoformat(str(one["at"])).timestamp()
                self._ended.append((began, one["outcome"] == "complete", int(one["session"]), events))

    def begun(self, number: int, events: Iterable[str]) -> None:
        """A session begins; there is one at a time."""
        self._open = {number: (self._clock(), ", ".join(events))}

    def ended(self, number: int, outcome: str) -> None:
        """It has ended; "complete" is success."""
        if number in self._open:
            began, events = self._open.pop(number)
            self._ended.append((began, outcome == "complete", number, events))

    def document(self) -> dict[str, Any]:
        """→ ``from`` and ``to`` in Unix seconds, and ``sessions``: at, outcome, number, events."""
        now = self._clock()
        while self._ended and self._ended[0][0] < now - DAY:
            self._ended.popleft()
        return {
            "from": round(now - DAY),
            "to": round(now),
            "sessions": [
                {"at": round(at), "outcome": "ok" if is_ok else "failed", "number": number, "events": events}
                for at, is_ok, number, events in self._ended
            ],
        }
