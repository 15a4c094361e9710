"""A reboot that was planned comes after the session, once, and not for a date that has passed."""

from datetime import UTC, datetime

from agent.cwmp.planned_reboot import NO_DELAY, PlannedReboot

WALL = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


class Plan:
    def __init__(self) -> None:
        self.delay = NO_DELAY
        self.schedule = ""
        self.planned = PlannedReboot(lambda: self.delay, lambda: self.schedule)

    def reboots(self, now: float, wall: float | None = None, in_session: bool = False) -> bool:
        """A turn of the core at ``now``."""
        self.planned.look(now, WALL + now if wall is None else wall, in_session)
        return not in_session and self.planned.come_due(now, WALL + now if wall is None else wall)

    def at(self, seconds: float) -> None:
        self.schedule = datetime.fromtimestamp(WALL + seconds, UTC).isoformat()


def test_nothing_is_planned_at_first() -> None:
    plan = Plan()
    assert not plan.reboots(0.0)
    assert plan.planned.next_due(0.0, WALL) is None


def test_a_delay_counts_from_the_end_of_the_session_and_comes_once() -> None:
    plan = Plan()
    plan.delay = 30
    assert not plan.reboots(100.0, in_session=True)
    assert plan.planned.next_due(100.0, WALL) is None
    assert not plan.reboots(200.0)
    assert plan.planned.next_due(200.0, WALL) == 230.0
    assert not plan.reboots(229.9)
    assert plan.reboots(230.0)
    assert not plan.reboots(300.0)


def test_a_delay_of_nothing_is_the_end_of_the_session() -> None:
    plan = Plan()
    plan.delay = 0
    assert not plan.reboots(1.0, in_session=True)
    assert plan.reboots(2.0)


def test_a_delay_that_is_taken_back_or_changed_counts_no_more() -> None:
    plan = Plan()
    plan.delay = 30
    plan.reboots(0.0)
    plan.delay = 60
    assert not plan.reboots(20.0)
    assert plan.planned.next_due(20.0, WALL) == 80.0
    plan.delay = NO_DELAY
    assert not plan.reboots(100.0)


def test_a_date_is_waited_for_and_a_session_with_it() -> None:
    plan = Plan()
    plan.at(50)
    assert not plan.reboots(0.0)
    assert plan.planned.next_due(10.0, WALL + 10) == 50.0
    assert not plan.reboots(60.0, in_session=True)
    assert plan.reboots(61.0)
    assert not plan.reboots(70.0)


def test_a_date_that_has_passed_asks_for_nothing() -> None:
    plan = Plan()
    plan.at(-1)
    assert not plan.reboots(0.0)
    plan.at(0.0)
    assert not plan.reboots(0.0)
    assert plan.planned.next_due(0.0, WALL) is None


def test_a_clock_that_is_not_set_knows_no_date() -> None:
    plan = Plan()
    plan.at(50)
    plan.planned.look(0.0, None, in_session=False)
    assert plan.planned.next_due(0.0, None) is None
    assert not plan.planned.come_due(0.0, None)
    assert not plan.reboots(10.0, WALL)
    assert plan.reboots(60.0, WALL + 50)


def test_a_clock_that_jumps_moves_the_moment() -> None:
    plan = Plan()
    plan.at(1000)
    assert not plan.reboots(0.0)
    assert plan.reboots(1.0, WALL + 2000)
