"""Looks at the temperature sensors from time to time, and remembers the extremes and the first alarms of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backends.sysfs import Sensor

OWN_INTERVAL: Final = 30.0
"""Seconds between two looks at a sensor that nobody set an interval for."""
ABSENT_INTERVAL: Final = 300.0
"""Seconds between two looks for sensors where there are none."""
TOPICS: Final = frozenset({"temperature"})


@dataclass(frozen=True, slots=True)
class Watch:
    """How a sensor is to be watched. Alarm values are °C, None for none; ``reset`` names the last reset that was asked
    for: another name is another reset.
    """

    enable: bool = True
    interval: int = 0  # seconds; 0: OWN_INTERVAL
    low_alarm: int | None = None
    high_alarm: int | None = None
    reset: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What has been seen of a sensor since ``since``, in whole °C; None as long as there is nothing."""

    since: datetime | None = None
    value: int | None = None
    updated: datetime | None = None
    lowest: int | None = None
    lowest_at: datetime | None = None
    highest: int | None = None
    highest_at: datetime | None = None
    low_alarm: int | None = None
    low_alarm_at: datetime | None = None
    high_alarm: int | None = None
    high_alarm_at: datetime | None = None

    def seen(self, value: int, at: datetime, watch: Watch) -> "Record":
        """With one more good reading."""
        record = replace(self, value=value, updated=at)
        if self.lowest is None or value < self.lowest:
            record = replace(record, lowest=value, lowest_at=at)
        if self.highest is None or value > self.highest:
            record = replace(record, highest=value, highest_at=at)
        record = record.with_alarms_of(watch)
        if watch.low_alarm is not None and value <= watch.low_alarm and record.low_alarm_at is None:
            record = replace(record, low_alarm_at=at)
        if watch.high_alarm is not None and value >= watch.high_alarm and record.high_alarm_at is None:
            record = replace(record, high_alarm_at=at)
        return record

    def with_alarms_of(self, watch: Watch) -> "Record":
        """TR-181, LowAlarmValue: a change of it resets LowAlarmTime; so does HighAlarmValue."""
        record = self
        if record.low_alarm != watch.low_alarm:
            record = replace(record, low_alarm=watch.low_alarm, low_alarm_at=None)
        if record.high_alarm != watch.high_alarm:
            record = replace(record, high_alarm=watch.high_alarm, high_alarm_at=None)
        return record


class Thermometer:
    """A chore (agent.runtime.housekeeping). ``watch`` tells how the sensor with a key is to be watched.

    Records are kept by sensor and reset: a reset that is taken back brings the record of before back with it.
    """

    def __init__(
        self, sensors: Callable[[], Sequence[Sensor]], watch: Callable[[str], Watch], clock: Callable[[], datetime]
    ) -> None:
        self._sensors = sensors
        self._watch = watch
        self._clock = clock
        self._records: dict[tuple[str, str], Record] = {}
        self._looked: dict[str, float] = {}
        self._searched: float | None = None

    def due(self, now: float) -> float | None:
        """When a sensor is to be looked at next, in monotonic seconds."""
        if self._searched is None:
            return now
        enabled = [(key, watch) for key in self._looked if (watch := self._watch(key)).enable]
        return min(
            (self._looked[key] + (watch.interval or OWN_INTERVAL) for key, watch in enabled),
            default=self._searched + ABSENT_INTERVAL,
        )

    def act(self, now: float) -> frozenset[str]:
        """Look at those whose time has come; the topic of values that differ, if any does."""
        self._searched = now
        sensors = self._sensors()
        self._looked = {one.key: self._looked.get(one.key, float("-inf")) for one in sensors}
        before = dict(self._records)
        for one in sensors:
            interval = self._watch(one.key).interval or OWN_INTERVAL
            if self._looked[one.key] + interval <= now:
                self._looked[one.key] = now
                self.note(one)
        self._forget_the_old()
        return TOPICS if _shown(before) != _shown(self._records) else frozenset()

    def note(self, sensor: Sensor) -> Record:
        """Take a reading in that was made anyway; what is known of the sensor."""
        watch = self._watch(sensor.key)
        at = self._clock()
        place = (sensor.key, watch.reset)
        record = self._records.pop(place, Record()).with_alarms_of(watch)
        if watch.enable:
            record = record if record.since else replace(record, since=at)
            if sensor.temperature is not None:
                record = record.seen(round(sensor.temperature), at, watch)
        self._records[place] = record  # the last one noted is the last in order
        return record

    def _forget_the_old(self) -> None:
        """Of each sensor that is there, the last two resets: one may be taken back yet."""
        kept: dict[str, list[str]] = {}
        for key, reset in reversed(self._records):
            kept.setdefault(key, []).append(reset)
        self._records = {
            (key, reset): record
            for (key, reset), record in self._records.items()
            if key in self._looked and reset in kept[key][:2]
        }


def _shown(records: dict[tuple[str, str], Record]) -> dict[tuple[str, str], Record]:
    return {key: replace(record, updated=None) for key, record in records.items()}
