"""Which changes of parameters the ACS is told about, and which of them open a session (TR-069 §A.3.2.4)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

PASSIVE: Final = 1
ACTIVE: Final = 2

Reader = Callable[[Sequence[str]], Mapping[str, str]]
"""Reads parameters as text by concrete path; what does not exist (any more) is missing in the answer."""

_LONGEST_KEPT: Final = 64  # a longer value is remembered by its digest


@dataclass(frozen=True, slots=True)
class Changes:
    """Parameters that have another value than the ACS was last told, by who may open a session for it."""

    active: tuple[str, ...] = ()
    passive: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them; each belongs into "4 VALUE CHANGE"."""
        return self.active + self.passive

    def __bool__(self) -> bool:
        return bool(self.active or self.passive)


class Notifications:
    """The watched parameters and the value of each that was last seen; durable, so a change across a reboot is told.

    A value that changes and changes back is two changes: both are told. What the ACS itself sets is none.
    """

    def __init__(self) -> None:
        self._levels: dict[str, int] = {}
        self._known: dict[str, str] = {}

    def follow(self, levels: Mapping[str, int], read: Reader) -> None:
        """Watch exactly these from now on: concrete path → 1 passive or 2 active (``DataModel.notified``).

        A parameter that is new here is known by its present value; one that was watched before, or loaded, stays
        known by the value then, so that the next ``check`` finds what has changed.
        """
        self._levels = {path: level for path, level in levels.items() if level in (PASSIVE, ACTIVE)}
        self._known = {path: value for path, value in self._known.items() if path in self._levels}
        new = [path for path in self._levels if path not in self._known]
        if new:
            self._known |= _digested(read(new))

    def is_active(self, path: str) -> bool:
        """Whether a change of this parameter opens a session."""
        return self._levels.get(path) == ACTIVE

    @property
    def watched(self) -> tuple[str, ...]:
        """The paths that ``check`` compares when it is given none."""
        return tuple(self._levels)

    def check(self, read: Reader, paths: Iterable[str] | None = None) -> Changes:
        """Read what is watched (of ``paths``, or all of it) and compare with what was last seen.

        Each change is found once: queue it as "4 VALUE CHANGE" and save both together. A parameter that is gone keeps
        its last value, and one that comes into being while watched is a change.
        """
        asked = [path for path in (self._levels if paths is None else dict.fromkeys(paths)) if path in self._levels]
        seen = _digested(read(asked)) if asked else {}
        changed = [path for path in asked if path in seen and self._known.get(path) != seen[path]]
        self._known |= {path: seen[path] for path in changed}
        return Changes(
            active=tuple(path for path in changed if self._levels[path] == ACTIVE),
            passive=tuple(path for path in changed if self._levels[path] == PASSIVE),
        )

    def set_by_acs(self, read: Reader, paths: Iterable[str]) -> None:
        """The ACS has set these: their present values are known to it."""
        asked = [path for path in paths if path in self._levels]
        if asked:
            self._known |= _digested(read(asked))

    def dump(self) -> Any:
        """What was last seen, as JSON."""
        return dict(self._known)

    @classmethod
    def load(cls, document: Any) -> "Notifications":
        """What ``dump`` wrote; raises ValueError for what it cannot have written. ``follow`` has to come next."""
        if not isinstance(document, dict) or not all(
            isinstance(path, str) and isinstance(value, str) for path, value in document.items()
        ):
            raise ValueError("the values last seen are no mapping of texts")
        notifications = cls()
        notifications._known = dict(document)
        return notifications


def throttled_until(last_success: float | None, throttle: int) -> float:
    """From when on a session for active notification alone may start; all other sessions start when they must.

    ``last_success`` is when the last session ended well, in monotonic seconds, ``None`` before the first since the
    reboot; ``throttle`` is DefaultActiveNotificationThrottle in seconds.
    """
    return 0.0 if last_success is None else last_success + throttle


def _digested(values: Mapping[str, str]) -> dict[str, str]:
    return {
        path: text if len(text) <= _LONGEST_KEPT else f"sha256:{sha256(text.encode()).hexdigest()}"
        for path, text in values.items()
    }
