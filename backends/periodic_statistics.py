"""Samples parameters of the data model at regular times, as TR-181's PeriodicStatistics says. In memory only."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from backends.desired_state import Record, Refused, Wanted

if TYPE_CHECKING:
    from decimal import Decimal

    from backends.statistic import Sample, Statistic, Way

SHORTEST_INTERVAL: Final = 5
"""Seconds: to sample is to read the system."""
LONGEST_REPORT: Final = 288
MOST_SETS, MOST_PARAMETERS = 32, 128
LOOKS: Final = 20
"""How often within an interval a parameter is looked at whose extremes or mean are asked for …"""
OFTEN, SELDOM = 1.0, 60.0
"""… and the seconds between two such looks, at least and at most."""
ONE_PARAMETER: Final = re.compile(r"[A-Za-z_][\w-]*(\.([A-Za-z_][\w-]*|[1-9][0-9]*))*\.[A-Za-z_][\w-]*", re.ASCII)
TOPICS: Final = frozenset({"samples"})

Peek = Callable[[Sequence[str]], Mapping[str, str]]
"""Reads parameters as text by path; those that do not exist are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSet(Record):
    """Parameters sampled together. ``sample_interval`` in seconds; ``time_reference`` in ISO 8601, "" for none."""

    enable: bool = False
    name: str = ""
    sample_interval: int = 3600
    report_samples: int = 24
    time_reference: str = ""
    fetch_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled(Record):
    """A parameter of a set; see TR-181, SampleSet.{i}.Parameter.{i}."""

    owner = SampleSet
    enable: bool = False
    reference: str = ""
    sample_mode: str = "Current"
    calculation_mode: str = "Latest"
    low_threshold: int = 0
    high_threshold: int = 0
    histogram_bin_boundaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """One interval: its length in seconds, and its ends by the wall clock, None while that is not set."""

    seconds: int
    began: datetime | None
    ended: datetime | None


class Run:
    """The collection of one set since it was enabled."""

    def __init__(self, about: SampleSet, now: float, wall: datetime | None) -> None:
        self.about = about
        self.spans: deque[Span] = deque(maxlen=about.report_samples)
        self.statistics: dict[str, tuple[Sampled, Statistic]] = {}
        self.previews: dict[str, Sample] = {}
        self.preview: Span | None = None
        self.is_new = True
        self.is_triggering = False
        self.began, self._began_wall = now, wall
        self.ends = now + self._until_end(wall)
        self.looked = now
        self._ended = 0

    def due(self) -> float:
        """When it is to be looked at next."""
        if self.is_new or self.is_triggering:
            return self.began
        steps = any(one.way.is_looked_at_between for _, one in self.statistics.values())
        pause = min(max(self.about.sample_interval / LOOKS, OFTEN), SELDOM)
        return min(self.ends, self.looked + pause) if steps else self.ends

    def take(self, about: SampleSet, members: Mapping[str, Sampled]) -> None:
        """The set as it is wanted now, when that is no reason to begin anew."""
        from backends.statistic import Statistic

        self.about = about
        if about.report_samples != self.spans.maxlen:
            self.spans = deque(self.spans, maxlen=about.report_samples)
        kept = {}
        for key, member in members.items():
            known = self.statistics.get(key)
            if known is not None and (not member.enable or _same(known[0], member)):
                known[1].keep(about.report_samples)
                known[1].way = way_of(member)
                kept[key] = (member, known[1])
            elif member.enable and member.reference:
                kept[key] = (member, Statistic(way_of(member), about.report_samples))
                self.is_new = True
        self.statistics = kept

    def references(self) -> list[str]:
        """What is to be read for it."""
        return [member.reference for member, _ in self.statistics.values() if member.enable]

    def work(self, now: float, wall: datetime | None, values: Mapping[str, str]) -> bool:
        """Do what is due; whether anything that is told differs."""
        members = [(member, one) for member, one in self.statistics.values() if member.enable]
        was_triggering, self.is_triggering = self.is_triggering, False
        for member, one in members:
            text = values.get(member.reference)
            if now >= self.ends:
                one.end(now, text)
            elif self.is_new and not one.has_begun:
                one.begin(now, text)
            elif one.way.is_looked_at_between:
                one.look(now, text)
        self.is_new, self.looked = False, now
        if now < self.ends:
            return was_triggering
        self._end(now, wall)
        return True

    def show(self, now: float, wall: datetime | None, values: Mapping[str, str]) -> None:
        """Let the interval that is under way be seen (TR-181, ForceSample)."""
        self.preview = Span(round(now - self.began), self._began_wall, wall)
        self.previews = {
            key: one.preview(now, values.get(member.reference))
            for key, (member, one) in self.statistics.items()
            if member.enable
        }

    def samples(self, key: str) -> "list[Sample]":
        """The samples of a member, oldest first."""
        known = self.statistics.get(key)
        shown = [*(known[1].samples if known else ()), *([self.previews[key]] if key in self.previews else ())]
        return shown[-self.about.report_samples :]

    def all_spans(self) -> list[Span]:
        """The intervals of which there are samples, oldest first."""
        return [*self.spans, *([self.preview] if self.preview else ())][-self.about.report_samples :]

    def failures(self, key: str) -> int:
        """How often a member left its range."""
        return self.statistics[key][1].failures if key in self.statistics else 0

    def _end(self, now: float, wall: datetime | None) -> None:
        self.spans.append(Span(round(now - self.began), self._began_wall, wall))
        self.preview, self.previews = None, {}
        self._ended += 1
        fetch = self.about.fetch_samples
        self.is_triggering = 1 <= fetch <= self.about.report_samples and self._place(wall) % fetch == 0
        is_late = now - self.ends >= self.about.sample_interval
        self.began, self._began_wall = (now if is_late else self.ends), wall
        self.ends = self.began + self._until_end(wall)

    def _reference(self, wall: datetime | None) -> datetime | None:
        return datetime.fromisoformat(self.about.time_reference) if wall and self.about.time_reference else None

    def _until_end(self, wall: datetime | None) -> float:
        """Seconds to the next end of an interval, by the time reference where there is one."""
        interval = float(self.about.sample_interval)
        reference = self._reference(wall)
        if reference is None or wall is None:
            return interval
        rest = interval - (wall - reference) % timedelta(seconds=interval) / timedelta(seconds=1)
        return rest if rest > min(1.0, interval / 2) else rest + interval  # an end that came a moment early

    def _place(self, wall: datetime | None) -> int:
        """Which interval has ended, in the order in which fetches are counted."""
        reference = self._reference(wall)
        if reference is None or wall is None:
            return self._ended
        return round((wall - reference) / timedelta(seconds=self.about.sample_interval))


class Sampler:
    """A chore (see backends.tr181.parts), and the service behind the records; ``clock`` is None while it is not set.

    What is wanted is taken up when the chore acts: a change that is undone at once costs no samples.
    """

    def __init__(self, peek: Peek, clock: Callable[[], datetime | None]) -> None:
        self._peek = peek
        self._clock = clock
        self._wanted = self._taken = Wanted()
        self._runs: dict[str, Run] = {}
        self._to_show: set[str] = set()

    def check(self, wanted: Wanted) -> None:
        """See Service."""
        sets, members = wanted.of(SampleSet), wanted.of(Sampled)
        names: set[str] = set()
        if len(sets) > MOST_SETS:
            raise Refused(f"at most {MOST_SETS} sets", SampleSet, list(sets)[-1])
        if len(members) > MOST_PARAMETERS:
            raise Refused(f"at most {MOST_PARAMETERS} parameters in all", Sampled, list(members)[-1])
        for key, one in sets.items():
            if one.sample_interval < SHORTEST_INTERVAL:
                raise Refused(f"at least {SHORTEST_INTERVAL} s", SampleSet, key, ("sample_interval",))
            if not 1 <= one.report_samples <= LONGEST_REPORT:
                raise Refused(f"at most {LONGEST_REPORT} samples", SampleSet, key, ("report_samples",))
            if one.name and one.name in names:
                raise Refused("another set has this name", SampleSet, key, ("name",))
            names.add(one.name)
        for key, member in members.items():
            if member.reference and not ONE_PARAMETER.fullmatch(member.reference):
                raise Refused("one parameter's path, by numbers, is needed", Sampled, key, ("reference",))
            try:
                _boundaries(member)
            except ValueError as error:
                raise Refused(str(error), Sampled, key, ("histogram_bin_boundaries",)) from error

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - reading cuts nobody off
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See Service."""
        self._wanted = wanted
        return wanted is not self._taken

    def run(self, key: str) -> Run | None:
        """What a set has collected; None where it never was enabled."""
        return self._runs.get(key)

    def show(self, key: str) -> None:
        """Let the interval of a set that is under way be seen, at once."""
        self._to_show.add(key)

    def due(self, now: float) -> float | None:
        """When there is something to read next."""
        if self._wanted is not self._taken or self._to_show:
            return now
        return min((run.due() for _, run in self._enabled()), default=None)

    def act(self, now: float) -> frozenset[str]:
        """Take up what is wanted, and read what is due, all in one."""
        wall = self._clock()
        told = self._wanted is not self._taken or bool(self._to_show)
        self._take_up(now, wall)
        runs = [(key, run) for key, run in self._enabled() if run.due() <= now or key in self._to_show]
        paths = list(dict.fromkeys(path for _, run in runs for path in run.references()))
        values = self._peek(paths) if paths else {}
        for key, run in runs:
            if run.due() <= now:
                told |= run.work(now, wall, values)
            if key in self._to_show:
                run.show(now, wall, values)
        self._to_show.clear()
        return TOPICS if told else frozenset()

    def _enabled(self) -> Iterable[tuple[str, Run]]:
        return [(key, run) for key, run in self._runs.items() if run.about.enable]

    def _take_up(self, now: float, wall: datetime | None) -> None:
        if self._wanted is self._taken:
            return
        self._taken = wanted = self._wanted
        sets = wanted.of(SampleSet)
        self._runs = {key: run for key, run in self._runs.items() if key in sets}
        for key, about in sets.items():
            run = self._runs.get(key)
            if about.enable and (run is None or _begins_anew(run.about, about)):
                run = self._runs[key] = Run(about, now, wall)
            if run is not None:
                run.take(about, wanted.children(Sampled, key))


def way_of(member: Sampled) -> "Way":
    """How a member is sampled."""
    from backends.statistic import Way  # who samples nothing does not pay for exact reckoning

    return Way(
        member.sample_mode,
        member.calculation_mode,
        member.low_threshold,
        member.high_threshold,
        _boundaries(member) if member.calculation_mode == "Histogram" else (),
    )


def _boundaries(member: Sampled) -> "tuple[Decimal | None, ...]":
    from backends.statistic import boundaries

    return boundaries(member.histogram_bin_boundaries)


def _begins_anew(before: SampleSet, now: SampleSet) -> bool:
    """TR-181: Enable, SampleInterval and TimeReference discard what is stored."""
    return not before.enable or (before.sample_interval, before.time_reference) != (
        now.sample_interval,
        now.time_reference,
    )


def _same(before: Sampled, now: Sampled) -> bool:
    """Whether what was collected is still of the same kind."""
    kinds = [
        (one.enable, one.reference, one.sample_mode, one.calculation_mode, one.histogram_bin_boundaries)
        for one in (before, now)
    ]
    return kinds[0] == kinds[1]
