"""Device.PeriodicStatistics. over a data model that it samples itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.periodic_statistics import SampleSet
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.periodic_statistics import StatisticsTables, periodic_statistics, sampled_statistics
from tests.backends.small_device import SmallDevice

STATISTICS = "Device.PeriodicStatistics."
UPTIME = "Device.DeviceInfo.UpTime"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Statistics(SmallDevice):
    """A device that counts its own seconds, sampled by a clock that is moved by hand."""

    def __init__(self, store: Any = None) -> None:
        nothing: Any = None
        self.now, self.uptime = 100.0, 0
        tables = StatisticsTables(lambda paths: self.model.peek(paths), lambda: NOON)
        given = Mechanisms(
            nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing, statistics=tables
        )
        self.sampler = tables.sampler
        uptime: Object[Any] = Object(
            "Device.DeviceInfo.", lambda: [()], lambda row: row, [Parameter("UpTime", lambda _: self.uptime)]
        )
        super().__init__([uptime, *periodic_statistics(given)], backends=[tables], store=store)

    def pass_time(self, seconds: float, uptime: int) -> None:
        self.now, self.uptime = self.now + seconds, uptime
        while (due := self.sampler.due(self.now)) is not None and due <= self.now:
            self.sampler.act(self.now)

    def sampling(self, **member: str) -> tuple[str, str]:
        """An enabled set with a parameter of this kind."""
        made = self.add(f"{STATISTICS}SampleSet.", Name="a set", SampleInterval="60", ReportSamples="2", Enable="1")
        row = self.add(f"{made}Parameter.", Enable="1", Reference=UPTIME, **member)
        self.pass_time(0, 0)
        return made, row


def test_the_profiles_are_whole() -> None:
    names = ["PeriodicStatsBase:1", "PeriodicStatsAdv:1"]
    assert [one.missing for one in coverage(Statistics().model.tree, names, lambda _: "")] == [(), ()]


def test_a_set_tells_its_samples_and_what_an_acs_has_to_know_of_them() -> None:
    device = Statistics()
    made, row = device.sampling(SampleMode="Change", LowThreshold="0", HighThreshold="40")
    for uptime in (10, 30, 90, 91):
        device.pass_time(60, uptime)
    assert (device.get(f"{row}Values"), device.get(f"{row}SampleSeconds")) == ("60,1", "60,60")
    assert (device.get(f"{row}SuspectData"), device.get(f"{row}Failures")) == ("0,0", "1")
    assert (device.get(f"{made}SampleSeconds"), device.get(f"{made}Status")) == ("60,60", "Enabled")
    assert device.get(f"{made}ReportEndTime") == "2026-06-01T12:00:00Z"


def test_a_set_is_disabled_and_empty_to_begin_with() -> None:
    device = Statistics()
    made = device.add(f"{STATISTICS}SampleSet.")
    row = device.add(f"{made}Parameter.")
    read = [device.get(f"{made}{name}") for name in ("Status", "SampleInterval", "ReportSamples", "ReportStartTime")]
    assert read == ["Disabled", "3600", "24", "0001-01-01T00:00:00Z"]
    assert [device.get(f"{row}{name}") for name in ("Enable", "Values", "Failures")] == ["false", "", "0"]


def test_a_forced_sample_is_there_at_once() -> None:
    device = Statistics()
    made, row = device.sampling()
    device.pass_time(7, 7)
    device.set({f"{made}ForceSample": "1"})
    device.pass_time(0, 7)
    assert (device.get(f"{row}Values"), device.get(f"{made}SampleSeconds")) == ("7", "7")
    assert device.get(f"{made}ForceSample") == "false"


def test_histograms_stand_in_brackets() -> None:
    device = Statistics()
    _, row = device.sampling(CalculationMode="Histogram", HistogramBinBoundaries="0,10,")
    device.pass_time(3, 5)
    device.pass_time(57, 12)
    device.pass_time(60, 13)
    assert device.get(f"{row}ValuesIfHistogram") == "[1,1],[0,1]"
    assert device.get(f"{row}HistogramBinBoundaries") == "0,10,"


def test_a_parameter_that_is_hidden_or_gone_is_not_told() -> None:
    device = Statistics()
    made, _ = device.sampling()
    gone = device.add(f"{made}Parameter.", Enable="1", Reference="Device.WiFi.SSID.9.SSID")
    device.pass_time(60, 1)
    assert (device.get(f"{gone}Values"), device.get(f"{gone}SuspectData")) == ("", "1")


@pytest.mark.parametrize(
    ("name", "text"),
    [("SampleInterval", "4"), ("SampleInterval", "0"), ("ReportSamples", "289"),
     ("TimeReference", "0001-02-01T00:00:00"), ("Name", "a" * 129)],
)  # fmt: skip
def test_what_a_set_cannot_be_is_refused_with_its_name(name: str, text: str) -> None:
    device = Statistics()
    made, _ = device.sampling()
    assert device.refused({f"{made}{name}": text}) == {f"{made}{name}": "InvalidValue"}


def test_a_phase_is_kept_and_a_set_survives_a_restart() -> None:
    device = Statistics()
    made, row = device.sampling(CalculationMode="Average")
    device.set({f"{made}TimeReference": "2020-01-01T00:00:30Z"})
    again = Statistics(store=device.store)
    assert again.get(f"{made}TimeReference") == "2020-01-01T00:00:30Z"
    assert (again.get(f"{row}Reference"), again.get(f"{row}CalculationMode")) == (UPTIME, "Average")


@pytest.mark.parametrize("text", ['"', "a\nb", "$(reboot)", "日本", "x" * 128, "'; --"])
def test_a_name_comes_back_as_it_was_given(text: str) -> None:
    device = Statistics()
    made = device.add(f"{STATISTICS}SampleSet.", Name=text)
    assert device.get(f"{made}Name") == text


@pytest.mark.parametrize(("year", "is_known"), [(1970, False), (2026, True)])
def test_a_clock_that_was_never_set_tells_no_time(year: int, is_known: bool) -> None:
    class Clock:
        def clock(self) -> datetime:
            return datetime(year, 1, 1, tzinfo=UTC)

    nothing: Any = None
    system: Any = Clock()
    given = Mechanisms(nothing, nothing, nothing, nothing, system, nothing, OwnValues({}, {}), links=nothing)
    part = sampled_statistics(given)
    tables: StatisticsTables = part.provides["statistics"]
    key = tables.add(SampleSet(enable=True, sample_interval=10))
    tables.apply_at_start()
    for now in (0.0, 10.0):
        for chore in part.chores:
            chore.act(now)
    run = tables.sampler.run(key)
    assert run is not None
    assert [span.ended is not None for span in run.all_spans()] == [is_known]
