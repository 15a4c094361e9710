"""What a sensor has shown since its last reset: extremes, and when an alarm value was first met."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backends.sysfs import Sensor
from backends.thermometer import ABSENT_INTERVAL, OWN_INTERVAL, TOPICS, Record, Thermometer, Watch

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Board:
    """Sensors that show what they are told to, and a clock."""

    def __init__(self) -> None:
        self.shows: dict[str, float | None] = {"cpu": 50.4}
        self.watches: dict[str, Watch] = {}
        self.now = 0.0
        self.readings = 0
        self.thermometer = Thermometer(
            self.sensors, lambda key: self.watches.get(key, Watch()), lambda: BEGUN + timedelta(seconds=self.now)
        )

    def sensors(self) -> list[Sensor]:
        self.readings += 1
        return [Sensor(key, key, degrees) for key, degrees in self.shows.items()]

    def pass_time(self, seconds: float) -> list[frozenset[str]]:
        """Do what is due, as the agent's owner would."""
        until, told = self.now + seconds, []
        while (due := self.thermometer.due(self.now)) is not None and due <= until:
            self.now = max(due, self.now)
            told.append(self.thermometer.act(self.now))
        self.now = until
        return told

    def record(self, key: str = "cpu") -> Record:
        return self.thermometer.note(Sensor(key, key, None))

    def watch(self, **values: Any) -> None:
        self.watches["cpu"] = Watch(**values)


@pytest.fixture
def board() -> Board:
    return Board()


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def test_extremes_are_kept_with_the_time_at_which_they_were_first_seen(board: Board) -> None:
    for degrees in (50.4, 61.6, 40.0, 61.6, 40.0):
        board.shows["cpu"] = degrees
        board.pass_time(OWN_INTERVAL)
    record = board.record()
    assert (record.value, record.updated) == (40, at(5 * OWN_INTERVAL))
    assert (record.lowest, record.lowest_at) == (40, at(3 * OWN_INTERVAL))
    assert (record.highest, record.highest_at) == (62, at(2 * OWN_INTERVAL))
    assert record.since == at(0)


def test_a_sensor_is_read_as_often_as_was_asked(board: Board) -> None:
    board.pass_time(1)
    board.readings = 0
    board.watch(interval=7)
    board.pass_time(70)
    assert board.readings == 10


def test_a_first_alarm_is_kept_until_its_value_changes(board: Board) -> None:
    board.watch(low_alarm=20, high_alarm=50)
    board.pass_time(3 * OWN_INTERVAL)
    first = board.record()
    assert (first.high_alarm_at, first.low_alarm_at) == (at(0), None)
    board.watch(low_alarm=20, high_alarm=51)
    assert board.record().high_alarm_at is None
    board.shows["cpu"] = 19
    board.pass_time(OWN_INTERVAL)
    assert board.record().low_alarm_at == at(4 * OWN_INTERVAL)


def test_a_reset_begins_anew_and_one_that_is_taken_back_was_none(board: Board) -> None:
    board.pass_time(100)
    before = board.record()
    board.watch(reset="now")
    assert board.record().highest is None
    assert board.record().since == at(100)
    board.watch()
    assert board.record() == before


def test_old_resets_are_forgotten(board: Board) -> None:
    for number in range(50):
        board.watch(reset=str(number))
        board.pass_time(OWN_INTERVAL)
    assert len(board.thermometer._records) <= 2


def test_a_sensor_that_is_switched_off_is_not_looked_at(board: Board) -> None:
    board.pass_time(OWN_INTERVAL)
    board.watch(enable=False)
    board.shows["cpu"] = 99
    board.pass_time(10 * OWN_INTERVAL)
    assert board.record().highest == 50
    assert board.thermometer.due(board.now) == board.thermometer._searched + ABSENT_INTERVAL  # type: ignore[operator]


def test_a_sensor_without_a_reading_keeps_its_last_good_one(board: Board) -> None:
    board.pass_time(1)
    board.shows["cpu"] = None
    board.pass_time(10 * OWN_INTERVAL)
    assert board.record().value == 50
    board.shows["dead"] = None
    board.pass_time(10 * OWN_INTERVAL)
    assert board.record("dead").value is None


def test_only_what_differs_is_told(board: Board) -> None:
    told = board.pass_time(3 * OWN_INTERVAL)
    assert told == [TOPICS, frozenset(), frozenset(), frozenset()]


def test_a_machine_without_sensors_is_looked_at_now_and_then(board: Board) -> None:
    board.shows.clear()
    board.pass_time(2 * ABSENT_INTERVAL + 1)
    assert board.readings == 3
    board.shows["plugged"] = 30
    board.pass_time(ABSENT_INTERVAL)
    assert board.record("plugged").value == 30
