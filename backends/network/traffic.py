"""What a link has carried, since it was made or since somebody set the count to nothing."""

from dataclasses import dataclass, field, fields
from typing import Final, TypeVar

from backends.ethtool import MacCounters
from backends.netlink_types import Counters, Link

Counts = TypeVar("Counts", Counters, MacCounters)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The kernel's counters of a link, and its driver's of kinds of frames."""

    counters: Counters = field(default=Counters())
    frames: MacCounters = field(default=MacCounters())


NOTHING: Final = Traffic()


class Baselines:
    """What was counted when each count was last set to nothing. The kernel's own counters cannot be, so this is
    remembered, until this process ends or the link is made anew.
    """

    def __init__(self) -> None:
        self._at: dict[str, tuple[int, Traffic]] = {}

    def reset(self, link: Link, traffic: Traffic) -> None:
        """From now on this much is not counted."""
        self._at[link.name] = (link.index, traffic)

    def since(self, link: Link, traffic: Traffic) -> Traffic:
        """What has come since."""
        index, before = self._at.get(link.name, (link.index, NOTHING))
        if index != link.index or before is NOTHING:
            return traffic
        return Traffic(_less(traffic.counters, before.counters), _less(traffic.frames, before.frames))


def _less(now: Counts, before: Counts) -> Counts:
    """The difference of each count; a driver that began anew counts from nothing."""
    values = {one.name: (getattr(now, one.name), getattr(before, one.name)) for one in fields(now)}
    begun_anew = any(new < old for new, old in values.values() if new is not None and old is not None)
    less = {name: new if new is None or begun_anew else new - (old or 0) for name, (new, old) in values.items()}
    return type(now)(**less)
