"""Intervals end when they should, whatever the clock does; what is collected is bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from backends.desired_state import Record, Refused, Wanted
from backends.periodic_statistics import (
    LONGEST_REPORT,
    MOST_PARAMETERS,
    MOST_SETS,
    SHORTEST_INTERVAL,
    TOPICS,
    Run,
    Sampled,
    Sampler,
    SampleSet,
    way_of,
)
from backends.statistic import Way

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SET = SampleSet(enable=True, sample_interval=60, report_samples=3)
MEMBER = Sampled(parent="s", enable=True, reference="Device.X.Y")


class Bench:
    """A clock that is moved by hand, and parameters that show what they are told to."""

    def __init__(self, *, has_time: bool = True, offset: float = 0) -> None:
        self.now, self.has_time, self.offset = 1000.0, has_time, offset
        self.values: dict[str, str] = {"Device.X.Y": "1"}
        self.reads: list[list[str]] = []
        self.sampler = Sampler(self.peek, self.wall)

    def wall(self) -> datetime | None:
        return NOON + timedelta(seconds=self.now - 1000 + self.offset) if self.has_time else None

    def peek(self, paths: Sequence[str]) -> Mapping[str, str]:
        self.reads.append(list(paths))
        return {path: self.values[path] for path in paths if path in self.values}

    def want(self, *members: Sampled, about: SampleSet = SET) -> None:
        wanted = Wanted().with_record("s", about)
        for number, member in enumerate(members or (MEMBER,)):
            wanted = wanted.with_record(f"m{number}", member)
        self.sampler.check(wanted)
        self.sampler.apply(wanted)
        self.work()

    def work(self) -> frozenset[str]:
        told = frozenset[str]()
        while (due := self.sampler.due(self.now)) is not None and due <= self.now:
            told |= self.sampler.act(self.now)
        return told

    def pass_time(self, seconds: float) -> frozenset[str]:
        until, told = self.now + seconds, self.work()
        while (due := self.sampler.due(self.now)) is not None and due <= until:
            self.now = max(due, self.now)
            told |= self.sampler.act(self.now)
        self.now = until
        return told

    @property
    def run(self) -> Run:
        run = self.sampler.run("s")
        assert run is not None
        return run

    def texts(self, key: str = "m0") -> list[str]:
        return [one.text for one in self.run.samples(key)]


def test_a_value_is_taken_at_the_end_of_each_interval_and_the_newest_are_kept() -> None:
    bench = Bench()
    bench.want()
    for value in "23456":
        bench.values["Device.X.Y"] = value
        assert bench.pass_time(60) == TOPICS
    assert bench.texts() == ["4", "5", "6"]
    assert [span.seconds for span in bench.run.all_spans()] == [60, 60, 60]
    assert bench.run.all_spans()[0].began == NOON + timedelta(minutes=2)
    assert bench.run.all_spans()[-1].ended == NOON + timedelta(minutes=5)


def test_a_reading_is_made_only_where_something_is_to_be_sampled() -> None:
    bench = Bench()
    bench.want()
    assert len(bench.reads) == 1
    assert bench.pass_time(59) == frozenset()
    assert len(bench.reads) == 1
    bench.want(replace(MEMBER, calculation_mode="Average"))
    before = len(bench.reads)
    bench.pass_time(60)
    assert 18 <= len(bench.reads) - before <= 22


def test_parameters_of_all_sets_are_read_at_once() -> None:
    bench = Bench()
    bench.want(MEMBER, replace(MEMBER, reference="Device.X.Z"), replace(MEMBER, sample_mode="Change"))
    assert bench.reads == [["Device.X.Y", "Device.X.Z"]]


def test_intervals_end_in_step_with_the_time_reference() -> None:
    bench = Bench(offset=17)
    bench.want(about=replace(SET, time_reference="2001-01-01T00:00:00+00:00"))
    bench.pass_time(42.9)
    assert bench.texts() == []
    bench.pass_time(0.2)
    assert [span.seconds for span in bench.run.all_spans()] == [43]
    bench.pass_time(60)
    assert [span.seconds for span in bench.run.all_spans()] == [43, 60]


def test_without_absolute_time_the_reference_is_none() -> None:
    bench = Bench(has_time=False, offset=17)
    bench.want(about=replace(SET, time_reference="2001-01-01T00:00:00+00:00"))
    bench.pass_time(60)
    [span] = bench.run.all_spans()
    assert (span.seconds, span.began, span.ended) == (60, None, None)


@pytest.mark.parametrize(("fetch", "triggers"), [(0, []), (2, [2, 4, 6]), (4, [])])
def test_samples_are_to_be_fetched_after_so_many_intervals(fetch: int, triggers: list[int]) -> None:
    bench = Bench()
    bench.want(about=replace(SET, fetch_samples=fetch))
    seen = []
    for number in range(1, 7):
        bench.now += 60
        bench.sampler.act(bench.now)
        if bench.run.is_triggering:
            seen.append(number)
            assert bench.sampler.due(bench.now) is not None
            assert bench.work() == TOPICS
            assert not bench.run.is_triggering
    assert seen == triggers


def test_the_interval_under_way_can_be_seen_and_is_completed_later() -> None:
    bench = Bench()
    bench.want()
    bench.pass_time(70)
    bench.values["Device.X.Y"] = "7"
    bench.sampler.show("s")
    assert bench.work() == TOPICS
    assert (bench.texts(), [span.seconds for span in bench.run.all_spans()]) == (["1", "7"], [60, 10])
    bench.values["Device.X.Y"] = "8"
    bench.pass_time(50)
    assert (bench.texts(), [span.seconds for span in bench.run.all_spans()]) == (["1", "8"], [60, 60])


@pytest.mark.parametrize(
    ("change", "texts"),
    [({"sample_interval": 30}, []), ({"time_reference": "2001-01-01T00:00:00+00:00"}, []),
     ({"report_samples": 1}, ["1"]), ({"fetch_samples": 1}, ["1", "1"]), ({"name": "x"}, ["1", "1"])],
)  # fmt: skip
def test_what_is_stored_is_discarded_where_the_intervals_change(change: dict[str, Any], texts: list[str]) -> None:
    bench = Bench()
    bench.want()
    bench.pass_time(121)
    bench.want(about=replace(SET, **change))
    assert bench.texts() == texts


def test_what_was_stored_stays_readable_until_the_set_is_enabled_again() -> None:
    bench = Bench()
    bench.want()
    bench.pass_time(61)
    bench.want(about=replace(SET, enable=False))
    assert bench.pass_time(300) == frozenset()
    assert bench.texts() == ["1"]
    bench.want()
    assert bench.texts() == []


def test_a_change_that_is_undone_at_once_costs_no_samples() -> None:
    bench = Bench()
    bench.want()
    bench.pass_time(61)
    wanted = Wanted().with_record("s", SET).with_record("m0", MEMBER)
    bench.sampler.apply(Wanted())
    bench.sampler.apply(wanted)
    bench.work()
    assert bench.texts() == ["1"]
    bench.sampler.apply(Wanted())
    bench.work()
    assert bench.sampler.run("s") is None


def test_a_parameter_that_is_enabled_again_begins_anew_and_others_go_on() -> None:
    bench = Bench()
    bench.want(MEMBER, replace(MEMBER, reference="Device.X.Z"))
    bench.pass_time(61)
    bench.want(replace(MEMBER, enable=False), replace(MEMBER, reference="Device.X.Z"))
    assert (bench.texts("m0"), bench.texts("m1")) == (["1"], [""])
    bench.want(MEMBER, replace(MEMBER, reference="Device.X.Z"))
    assert (bench.texts("m0"), bench.texts("m1")) == ([], [""])
    bench.pass_time(60)
    assert bench.run.samples("m0")[0].seconds == 59


def test_a_long_sleep_is_one_interval() -> None:
    bench = Bench()
    bench.want()
    bench.now += 1000
    bench.work()
    assert [span.seconds for span in bench.run.all_spans()] == [1000]
    assert bench.sampler.due(bench.now) == bench.now + 60


NO_PARAMETERS = ("Device.", "Device.X.*.Y", "Device.[a].Y", "Device", "Device.X.1", "a b.c", "Device.X.Y\n", "é.X")
REFUSED: list[tuple[str, str, dict[str, Record]]] = [
    ("s", "sample_interval", {"s": replace(SET, sample_interval=SHORTEST_INTERVAL - 1)}),
    ("s", "report_samples", {"s": replace(SET, report_samples=LONGEST_REPORT + 1)}),
    ("t", "name", {"s": replace(SET, name="x"), "t": replace(SET, name="x")}),
    ("m", "histogram_bin_boundaries", {"m": replace(MEMBER, histogram_bin_boundaries=("2", "1"))}),
    *[("m", "reference", {"m": cast(Record, replace(MEMBER, reference=text))}) for text in NO_PARAMETERS],
]


@pytest.mark.parametrize(("key", "field", "records"), REFUSED)
def test_what_cannot_be_sampled_is_refused(key: str, field: str, records: dict[str, Record]) -> None:
    wanted = Wanted()
    for name, record in records.items():
        wanted = wanted.with_record(name, record)
    with pytest.raises(Refused) as refused:
        Bench().sampler.check(wanted)
    assert (refused.value.key, refused.value.fields) == (key, frozenset({field}))


@pytest.mark.parametrize(("record", "most"), [(SampleSet(), MOST_SETS), (Sampled(), MOST_PARAMETERS)])
def test_there_is_an_end_to_what_is_sampled(record: Record, most: int) -> None:
    wanted = Wanted()
    for number in range(most):
        wanted = wanted.with_record(str(number), record)
    sampler = Bench().sampler
    sampler.check(wanted)
    assert not sampler.cuts(wanted)
    with pytest.raises(Refused):
        sampler.check(wanted.with_record("more", record))


def test_boundaries_matter_to_a_histogram_only() -> None:
    member = replace(MEMBER, histogram_bin_boundaries=("0", ""))
    assert way_of(member) == Way()
    assert len(way_of(replace(member, calculation_mode="Histogram")).boundaries) == 2
