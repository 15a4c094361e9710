"""Device.PeriodicStatistics.: sets of parameters whose values are sampled at regular times."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter
from backends.periodic_statistics import (
    LONGEST_REPORT,
    SHORTEST_INTERVAL,
    TOPICS,
    Peek,
    Sampled,
    Sampler,
    SampleSet,
    Span,
)
from backends.tr181.acting_service import ActingService
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable

if TYPE_CHECKING:
    from backends.statistic import Sample

STATISTICS: Final = "Device.PeriodicStatistics."
SETS: Final = f"{STATISTICS}SampleSet.{{i}}."
MEMBERS: Final = f"{SETS}Parameter.{{i}}."
SOURCE: Final = "sampled by the agent"
FIRST_YEAR: Final = 2024
"""A clock that shows less has not been set."""


class StatisticsTables(ActingService):
    """The backend of both tables; ``sampler`` does the work."""

    def __init__(self, peek: Peek, clock: Callable[[], datetime | None]) -> None:
        self.sampler = Sampler(peek, clock)
        tables = {SampleSet: SETS, Sampled: MEMBERS}
        super().__init__("statistics", (SampleSet, Sampled), self.sampler, tables)


def sampled_statistics(given: Mechanisms) -> Part:
    """Samples what it is told to; every machine has a clock."""

    def clock() -> datetime | None:
        now = given.system.clock()
        return now if now.year >= FIRST_YEAR else None

    tables = StatisticsTables(given.peek, clock)
    return Part("statistics", {"statistics": tables}, tables, chores=[tables.sampler], follows=frozenset())


def periodic_statistics(mechanisms: Mechanisms) -> list[Object[Any]]:
    """SampleSet and what each samples."""
    tables = mechanisms.statistics
    if tables is None:
        return []
    whole: Object[Any] = Object(
        path=STATISTICS,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter("MinSampleInterval", lambda _: SHORTEST_INTERVAL),
            Parameter("MaxReportSamples", lambda _: LONGEST_REPORT),
        ],
    )
    return [whole, _sets(tables), _members(tables)]


def _sets(tables: StatisticsTables) -> Object[Keys]:
    table = RecordTable(tables, SampleSet, SETS)

    def spans(row: Keys) -> Sequence[Span]:
        run = tables.sampler.run(row[-1])
        return run.all_spans() if run else ()

    def status(row: Keys) -> str:
        """Trigger: for a moment, when samples are to be fetched."""
        run = tables.sampler.run(row[-1])
        if not table.record(row).enable:
            return "Disabled"
        return "Trigger" if run is not None and run.is_triggering else "Enabled"

    def force(row: Keys, value: bool) -> None:
        if value:
            tables.then(lambda: tables.sampler.show(row[-1]))

    parameters: list[Parameter[Keys, Any]] = [
        *table.plain("Enable", "Name", "SampleInterval", "ReportSamples", "FetchSamples"),
        table.field("TimeReference", read=_moment, write=_reference),
        Parameter("Status", status),
        Parameter("ForceSample", lambda _: False, force),
        Parameter("ReportStartTime", lambda row: spans(row)[0].began if spans(row) else None),
        Parameter("ReportEndTime", lambda row: spans(row)[-1].ended if spans(row) else None),
        Parameter("SampleSeconds", lambda row: [span.seconds for span in spans(row)]),
    ]
    return table.object(parameters, SOURCE, TOPICS)


def _members(tables: StatisticsTables) -> Object[Keys]:
    table = RecordTable(tables, Sampled, MEMBERS)

    def samples(row: Keys) -> "Sequence[Sample]":
        run = tables.sampler.run(row[0])
        return run.samples(row[-1]) if run else ()

    def failures(row: Keys) -> int:
        run = tables.sampler.run(row[0])
        return run.failures(row[-1]) if run else 0

    def histograms(row: Keys) -> list[str]:
        return [",".join(str(count) for count in one.bins) for one in samples(row) if one.bins]

    plain = ("Enable", "Reference", "SampleMode", "CalculationMode", "LowThreshold", "HighThreshold")
    parameters: list[Parameter[Keys, Any]] = [
        *table.plain(*plain, "HistogramBinBoundaries"),
        Parameter("SampleSeconds", lambda row: [one.seconds for one in samples(row)]),
        Parameter("SuspectData", lambda row: [int(one.is_suspect) for one in samples(row)]),
        Parameter("Values", lambda row: [one.text for one in samples(row)]),
        Parameter("ValuesIfHistogram", histograms),
        Parameter("Failures", failures),
    ]
    return table.object(parameters, SOURCE, TOPICS)


def _moment(kept: str) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _reference(value: Any) -> str:
    """A phase in absolute time; "" for none. A time since boot says nothing of when the next hour begins."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        raise InvalidValue("", "an absolute time is needed")
    return value.isoformat()
