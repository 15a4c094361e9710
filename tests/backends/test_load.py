"""Moving averages of what processors do, thresholds that are crossed, and a day of history."""

from datetime import UTC, datetime, timedelta

import pytest

from backends.load import (
    HISTORY_INTERVAL,
    HISTORY_LENGTH,
    OWN_INTERVAL,
    TOPICS,
    Alarm,
    MemoryLoad,
    ProcessorLoad,
    Watch,
)
from backends.procfs import Procfs, Times

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Board:
    """A processor that is as busy as it is told to be, 100 ticks a second."""

    def __init__(self) -> None:
        self.ticks: dict[str, list[int]] = {"cpu": [0, 0, 0], "cpu0": [0, 0, 0]}
        self.busy = 0
        self.now = 0.0
        self.watch = Watch(samples=3)
        self.told: list[tuple[str, int, bool]] = []
        self.load = ProcessorLoad(self.times, lambda _: self.watch, self.clock, lambda *what: self.told.append(what))

    def times(self) -> dict[str, Times]:
        return {name: (user, system, idle) for name, (user, system, idle) in self.ticks.items()}

    def clock(self) -> datetime:
        return BEGUN + timedelta(seconds=self.now)

    def run(self, seconds: float, busy: int) -> list[frozenset[str]]:
        """Be busy (per cent, half of it in the kernel) for a while; what the chore told."""
        until = self.now + seconds
        told: list[frozenset[str]] = []
        while True:
            due = self.load.due(self.now)
            assert due is not None
            step = min(max(due, self.now), until)
            for parts in self.ticks.values():
                for place, share in enumerate((busy / 2, busy / 2, 100 - busy)):
                    parts[place] += round((step - self.now) * share)
            self.now = step
            if due > until:
                return told
            told.append(self.load.act(self.now))


@pytest.fixture
def board() -> Board:
    return Board()


def test_the_use_is_the_average_of_so_many_samples(board: Board) -> None:
    assert board.load.use("cpu0") is None
    assert board.load.usage() is None
    board.run(OWN_INTERVAL, 90)
    board.run(OWN_INTERVAL, 30)
    board.run(OWN_INTERVAL, 30)
    use = board.load.use("cpu0")
    assert use is not None
    assert (use.user, use.system, use.idle) == (25, 25, 50)
    assert board.load.usage() == 30, "of all processors together, the last sample"
    board.run(OWN_INTERVAL, 30)
    use = board.load.use("cpu0")
    assert use is not None
    assert use.idle == 70, "the oldest of three is forgotten"


def test_fewer_samples_forget_the_older_ones(board: Board) -> None:
    board.run(3 * OWN_INTERVAL, 90)
    board.watch = Watch(samples=1)
    board.run(OWN_INTERVAL, 10)
    use = board.load.use("cpu0")
    assert use is not None
    assert use.idle == 90


def test_a_processor_that_becomes_critical_says_so_once_and_when_it_no_longer_is(board: Board) -> None:
    board.watch = Watch(samples=1, rise=80, fall=60, log=True)
    told = board.run(4 * OWN_INTERVAL, 90)
    assert told.count(TOPICS) == 1
    alarm = board.load.alarm("cpu0")
    assert (alarm.rose, alarm.fell) == (BEGUN + timedelta(seconds=OWN_INTERVAL), None)
    board.run(OWN_INTERVAL, 70)
    assert board.load.alarm("cpu0") == alarm, "between the thresholds nothing changes"
    board.run(OWN_INTERVAL, 10)
    assert board.load.alarm("cpu0").fell == BEGUN + timedelta(seconds=6 * OWN_INTERVAL)
    assert board.told == [("cpu0", 90, True), ("cpu0", 10, False)]


def test_nobody_is_told_in_the_log_unless_that_is_wanted(board: Board) -> None:
    board.watch = Watch(samples=1)
    board.run(4 * OWN_INTERVAL, 99)
    assert board.load.alarm("cpu0").rose
    assert board.told == []


def test_a_processor_that_is_not_watched_is_not_sampled(board: Board) -> None:
    board.run(OWN_INTERVAL, 50)
    board.watch = Watch(enable=False)
    board.run(4 * OWN_INTERVAL, 99)
    use = board.load.use("cpu0")
    assert use is not None
    assert use.idle == 50


def test_a_processor_that_is_taken_out_and_put_in_again_is_no_accident(board: Board) -> None:
    board.run(2 * OWN_INTERVAL, 50)
    taken = board.ticks.pop("cpu0")
    board.run(2 * OWN_INTERVAL, 50)
    board.ticks["cpu0"] = taken
    board.run(3 * OWN_INTERVAL, 50)
    use = board.load.use("cpu0")
    assert use is not None
    assert use.idle == 50


def test_a_day_of_history_is_kept_and_no_more(board: Board) -> None:
    board.watch = Watch(enable=False)
    board.run(HISTORY_INTERVAL, 20)
    board.run(HISTORY_INTERVAL, 40)
    assert list(board.load.history) == [20, 40]
    assert board.load.history_ended == BEGUN + timedelta(seconds=2 * HISTORY_INTERVAL)
    board.run(HISTORY_LENGTH * HISTORY_INTERVAL, 60)
    assert list(board.load.history) == [60] * HISTORY_LENGTH


def test_this_machine_s_processors_can_be_sampled() -> None:
    load = ProcessorLoad(Procfs().processor_times, lambda _: Watch(), lambda: BEGUN, lambda *_: None)
    assert load.due(5.0) == 5.0
    load.act(5.0)
    assert load.due(5.0) == 5.0 + OWN_INTERVAL


def test_memory_is_looked_at_only_where_that_is_wanted() -> None:
    watch, used = Watch(enable=False, log=True), 90
    told: list[tuple[int, bool]] = []
    memory = MemoryLoad(lambda: used, lambda: watch, lambda: BEGUN, lambda *what: told.append(what))
    assert memory.due(0.0) is None
    watch = Watch(interval=7, log=True)
    assert memory.due(1.0) == 1.0
    assert memory.act(1.0) == TOPICS
    assert memory.due(2.0) == 8.0
    assert memory.act(8.0) == frozenset()
    used = 10
    assert memory.act(15.0) == TOPICS
    assert memory.alarm == Alarm(BEGUN, BEGUN, False)
    assert told == [(90, True), (10, False)]
