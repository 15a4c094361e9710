"""Which alarms of an ONT are active: by its messages, and by asking for all where one may be missing."""

import time
from collections.abc import Callable, Container, Mapping
from typing import Final

from backends.omci.entities import entity
from backends.omci.onts import Ont
from backends.omci.picture import Key

PAUSE: Final = 10.0
"""Seconds before all alarms are asked for again; twice as many each time it is soon."""
PAUSE_MOST: Final = 640.0
MOST_ALARMED: Final = 256
"""Entities with alarms that are shown."""


class Alarms:
    """Of one ONT, for one thread. ``between`` is called while there is more to ask: it may bring messages to ``take``.

    ``is_doubted``: what is known of the alarms may not hold any more.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is known."""
        self.is_doubted = False
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._last_sequence: int | None = None
        self._heard: dict[Key, bytes] | None = None  # what came while all of them are asked for
        self._not_before, self._pause = 0.0, PAUSE

    def all(self, ont: Ont, between: Callable[[], None]) -> dict[Key, bytes] | None:
        """Those that are active now; None where the ONT does not tell them. It counts its messages anew after this."""
        self.is_doubted = False
        self._heard, self._last_sequence = {}, None
        try:
            told = ont.alarms(between)
        finally:
            heard, self._heard = self._heard, None
        if told is None:
            return None
        self._last_sequence = self._last_sequence or 0
        return {**told, **heard}

    def all_if_doubted(self, ont: Ont, between: Callable[[], None]) -> dict[Key, bytes] | None:
        """The same, where it is needed; of an ONT that gives cause for it all the time ever more rarely."""
        now = self._clock()
        if not self.is_doubted or now < self._not_before:
            return None
        is_calm = now >= self._not_before + self._pause
        self._pause = PAUSE if is_calm else min(2 * self._pause, PAUSE_MOST)
        told = self.all(ont, between)
        self._not_before = self._clock() + self._pause
        return told

    def take(self, key: Key, bitmap: bytes, sequence: int) -> None:
        """A message: one that does not follow the last was preceded by others, or by a restart of the ONT."""
        last, self._last_sequence = self._last_sequence, sequence
        if self._heard is not None:
            if key in self._heard or len(self._heard) < MOST_ALARMED:
                self._heard[key] = bitmap
        elif last is not None and sequence != last % 255 + 1:
            self.is_doubted = True

    def note_count(self, what: str, count: int | None) -> None:
        """What the ONT counts up: where it begins anew, so has the ONT, and tells nobody of alarms that are over."""
        if count is not None:
            self.is_doubted |= count < self._counts.get(what, 0)
            self._counts[what] = count


def shown(alarms: Mapping[Key, bytes], entities: Container[Key]) -> dict[Key, bytes]:
    """Those that are active, of classes that are known, and not without end: first of ``entities``."""
    active = [key for key, bitmap in alarms.items() if any(bitmap) and entity(key[0]) is not None]
    some = sorted(active, key=lambda key: (key not in entities, key))[:MOST_ALARMED]
    return {key: alarms[key] for key in some}
