"""Counters of an ONT that begin anew each quarter of an hour, added up over their intervals and over restarts. Pure.

Of each interval an ONU tells the count while it runs, and for a quarter of an hour after it has ended. Which interval
ended last is a number of one octet that goes round.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backends.omci.picture import Key

MOST: Final = 256
"""Entities that are added up."""
_VERSION: Final = 1

Counts = Mapping[int, int]
"""By an attribute's index."""


@dataclass(slots=True)
class _Held:
    """``end``: the interval that ended last; ``base``: all before the one that runs; ``running``: that one's."""

    end: int
    base: dict[int, int] = field(default_factory=dict)
    running: dict[int, int] = field(default_factory=dict)


class Totals:
    """What was counted since each counter was seen first. A total never falls."""

    def __init__(self, document: Any = None) -> None:
        """``document``: what ``document()`` gave; one that cannot be read counts as none."""
        self._held: dict[Key, _Held] = {}
        try:
            for name, one in document["totals"].items() if document and document["version"] == _VERSION else ():
                class_id, instance = map(int, name.split(" "))
                self._held[class_id, instance] = _Held(int(one["end"]), _counts(one["base"]), _counts(one["running"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            self._held = {}

    def take(self, key: Key, end: int, ended: Counts, running: Counts) -> bool:
        """What an ONU says of one entity now; whether an interval has ended since the last time.

        ``running`` is empty where only intervals that ended are told, or the one that runs was not told this time: what
        was known of it stays until it is told again, or has ended.
        """
        held = self._held.get(key)
        if held is None:
            if len(self._held) >= MOST:
                return False
            held = self._held[key] = _Held(end)
            held.running = dict(running)
            return True
        gone = (end - held.end) % 256
        if gone == 0:
            running = {**held.running, **running}
        for index in {*ended, *running, *held.running}:
            before, now, whole = held.running.get(index, 0), running.get(index, 0), ended.get(index, 0)
            more = 0
            if gone == 0:
                more = before if now < before else 0  # it was begun anew: the ONU has restarted
            elif gone == 1:
                more = whole if whole >= before else before + whole
            else:  # of those between nobody knows
                more = before + whole
            held.base[index] = held.base.get(index, 0) + more
        held.end, held.running = end, dict(running)
        return gone != 0

    def of(self, key: Key) -> dict[int, int]:
        """The totals of an entity."""
        held = self._held.get(key)
        if held is None:
            return {}
        return {index: held.base.get(index, 0) + held.running.get(index, 0) for index in held.base | held.running}

    def known(self) -> list[Key]:
        """The entities that are added up."""
        return list(self._held)

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        totals = {
            f"{class_id} {instance}": {"end": one.end, "base": _named(one.base), "running": _named(one.running)}
            for (class_id, instance), one in self._held.items()
        }
        return {"version": _VERSION, "totals": totals}


def _counts(kept: Mapping[str, Any]) -> dict[int, int]:
    return {int(index): int(count) for index, count in kept.items()}


def _named(counts: Counts) -> dict[str, int]:
    return {str(index): count for index, count in counts.items() if count}
