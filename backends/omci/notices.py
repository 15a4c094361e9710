"""What has happened at an ONT, on its way from the thread that heard it to the one that notes it; bounded."""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

from backends.omci.picture import Key

MOST: Final = 256
MOST_OF_ONE: Final = 4
"""Of one kind about one entity; of more, what came last stands for those before it."""


class AlarmsTold(NamedTuple):
    """The alarms of an entity that are active now."""

    key: Key
    bitmap: bytes


class AllAlarms(NamedTuple):
    """The alarms of all entities that are active now: there are no others, whatever was told before."""

    bitmaps: Mapping[Key, bytes]


class Changed(NamedTuple):
    """Attributes that an ONT said have changed (AVC)."""

    key: Key
    octets: Mapping[int, bytes]


class LineIs(NamedTuple):
    """Whether the ONT can be heard; ``why`` not."""

    is_there: bool
    why: str = ""


class PonAlarms(NamedTuple):
    """The alarms below OMCI that are active now, by their names in TR-181: LOS, LOF …"""

    active: frozenset[str]


Notice = AlarmsTold | AllAlarms | Changed | LineIs | PonAlarms
_About = tuple[type[Notice], Key | None]


class Notices:
    """Those that wait, in the order in which they came. One thread puts, another takes; neither waits for the other."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self._waiting: deque[Notice] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, notice: Notice) -> None:
        """Add one. Where there are too many, the oldest about an entity goes."""
        with self._lock:
            if isinstance(notice, AllAlarms):  # it says all that these say
                others = (one for one in self._waiting if not isinstance(one, (AlarmsTold, AllAlarms)))
                self._waiting = deque(others)
            alike = [place for place, one in enumerate(self._waiting) if _about(one) == _about(notice)]
            if len(alike) >= MOST_OF_ONE:
                last = self._waiting[alike[-1]]
                if isinstance(notice, Changed) and isinstance(last, Changed):
                    notice = Changed(notice.key, {**last.octets, **notice.octets})
                del self._waiting[alike[-1]]
            elif len(self._waiting) >= MOST:
                oldest = next(
                    place for place, one in enumerate(self._waiting) if isinstance(one, (AlarmsTold, Changed))
                )
                del self._waiting[oldest]
            self._waiting.append(notice)

    def take(self, most: int = MOST) -> list[Notice]:
        """The oldest ones, as many as that at most."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]


def _about(notice: Notice) -> _About:
    return type(notice), notice.key if isinstance(notice, (AlarmsTold, Changed)) else None
