"""Periodic Informs keep their phase whatever the clock does; scheduled ones come once, also after a reboot."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cwmp.schedule import MOST_SCHEDULED, Recurrence, Recurring, ScheduledInforms
from agent.model.errors import ResourcesExceeded

MIDNIGHT = 1_700_006_400.0  # 2023-11-15T00:00:00Z
DAY = 86400


def test_a_moment_falls_on_the_reference_plus_whole_intervals() -> None:
    timer = Recurring(chance=0.3)
    assert timer.next_due(Recurrence(True, DAY, MIDNIGHT), now=100, wall=MIDNIGHT + 3600) == 100 + DAY - 3600


def test_a_reference_in_the_future_counts_as_phase_only() -> None:
    timer = Recurring(chance=0.3)
    assert (
        timer.next_due(Recurrence(True, DAY, MIDNIGHT + 400 * DAY), now=100, wall=MIDNIGHT + 3600) == 100 + DAY - 3600
    )


def test_without_a_reference_or_without_a_clock_the_phase_is_random_and_the_interval_kept() -> None:
    for reference, wall in ((None, MIDNIGHT), (MIDNIGHT, None)):
        timer, plan = Recurring(chance=0.25), Recurrence(True, 1000, reference)
        assert timer.next_due(plan, now=5000, wall=wall) == 5250
        timer.fired(now=5250, wall=None if wall is None else wall + 250)
        assert timer.next_due(plan, now=5251, wall=None if wall is None else wall + 251) == 6250


def test_disabled_means_never() -> None:
    timer = Recurring(chance=0.5)
    assert timer.next_due(Recurrence(False, 60), now=0, wall=None) is None


def test_a_moment_that_has_come_stays_due_until_fired() -> None:
    timer, plan = Recurring(chance=0.0), Recurrence(True, 60, MIDNIGHT)
    due = timer.next_due(plan, now=0, wall=MIDNIGHT + 30)
    assert due == 30
    assert timer.next_due(plan, now=45, wall=MIDNIGHT + 75) == 30
    timer.fired(now=45, wall=MIDNIGHT + 75)
    assert timer.next_due(plan, now=45, wall=MIDNIGHT + 75) == 90


@pytest.mark.parametrize("jump", [-10 * 365 * DAY, 10 * 365 * DAY])
def test_a_moment_that_has_come_is_not_put_off_by_a_clock_that_was_set_meanwhile(jump: float) -> None:
    timer, plan = Recurring(chance=0.25), Recurrence(True, 1000)
    assert timer.next_due(plan, now=5000, wall=MIDNIGHT) == 5250

    assert timer.next_due(plan, now=5250.01, wall=MIDNIGHT + 250 + jump) == 5250

    timer.fired(now=5250.01, wall=MIDNIGHT + 250 + jump)
    assert timer.next_due(plan, now=5251, wall=MIDNIGHT + 251 + jump) == 6250


def test_a_timer_that_fires_a_little_early_does_not_fire_twice() -> None:
    timer, plan = Recurring(chance=0.0), Recurrence(True, 60, MIDNIGHT)
    timer.next_due(plan, now=0, wall=MIDNIGHT)
    timer.fired(now=59.9, wall=MIDNIGHT + 59.9)
    assert timer.next_due(plan, now=59.9, wall=MIDNIGHT + 59.9) == pytest.approx(120)


def test_a_new_plan_holds_at_once() -> None:
    timer = Recurring(chance=0.0)
    timer.next_due(Recurrence(True, DAY, MIDNIGHT), now=0, wall=MIDNIGHT + 10)
    timer.fired(now=0, wall=MIDNIGHT + 10)
    assert timer.next_due(Recurrence(True, 300, MIDNIGHT), now=0, wall=MIDNIGHT + 10) == 290


@pytest.mark.parametrize("jump", [10 * 365 * DAY, -10 * 365 * DAY, 3600, -3600])
def test_a_clock_that_is_set_moves_the_moment_to_the_right_phase_and_causes_no_storm(jump: float) -> None:
    timer, plan = Recurring(chance=0.0), Recurrence(True, 300, MIDNIGHT)
    fired, wall = [], MIDNIGHT + 7
    for now in range(3600):
        if now == 1000:
            wall += jump
        due = timer.next_due(plan, float(now), wall + now)
        assert due is not None
        if due <= now:
            fired.append(now)
            timer.fired(float(now), wall + now)
    assert len(fired) <= 13
    assert all((wall + moment - MIDNIGHT) % 300 < 1 for moment in fired if moment > 1000)


@given(st.lists(st.tuples(st.floats(0.1, 400), st.one_of(st.none(), st.floats(-1e9, 3e9))), max_size=60))
def test_no_clock_whatsoever_makes_two_moments_closer_than_a_tenth_of_the_interval(
    history: list[tuple[float, float | None]],
) -> None:
    timer, plan, now = Recurring(chance=0.7), Recurrence(True, 300, MIDNIGHT), 0.0
    last = None
    for step, wall in history:
        now += step
        due = timer.next_due(plan, now, wall)
        assert due is not None
        assert due <= now + 300 * 1.1
        if due <= now:
            assert last is None or now - last >= 30 - 1e-6
            timer.fired(now, wall)
            last = now


def reloaded(scheduled: ScheduledInforms, boot: str, now: float) -> ScheduledInforms:
    return ScheduledInforms.load(json.loads(json.dumps(scheduled.dump())), boot, now)


def test_scheduled_informs_come_in_time_each_with_its_key() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(60, "second", now=0, wall=MIDNIGHT)
    scheduled.add(10, "first", now=0, wall=MIDNIGHT)
    assert scheduled.waiting(now=4) == [("first", 6), ("second", 56)]
    assert (scheduled.next_due(0, MIDNIGHT), scheduled.pop_due(9.9, MIDNIGHT)) == (10, ())
    assert scheduled.pop_due(60, MIDNIGHT) == ("first", "second")
    assert (len(scheduled), scheduled.next_due(60, MIDNIGHT)) == (0, None)


def test_setting_the_clock_does_not_move_a_scheduled_inform() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(60, "key", now=0, wall=MIDNIGHT)
    assert scheduled.pop_due(30, MIDNIGHT + 10**8) == ()
    assert scheduled.pop_due(60, MIDNIGHT - 10**8) == ("key",)


def test_after_a_restart_the_monotonic_clock_goes_on() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(60, "key", now=1000, wall=None)
    assert reloaded(scheduled, "boot a", now=1030).next_due(1030, None) == 1060


def test_after_a_reboot_the_wall_clock_decides() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(600, "key", now=1000, wall=MIDNIGHT)
    assert reloaded(scheduled, "boot b", now=20).next_due(20, MIDNIGHT + 100) == 520
    assert reloaded(scheduled, "boot b", now=20).pop_due(20, MIDNIGHT + 601) == ("key",)


def test_after_a_reboot_without_a_clock_the_delay_begins_anew_until_the_clock_is_set() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(600, "key", now=1000, wall=MIDNIGHT)
    late = reloaded(scheduled, "boot b", now=20)
    assert late.next_due(20, None) == 620
    assert late.next_due(50, MIDNIGHT + 500) == 150
    assert late.next_due(60, MIDNIGHT + 10**9) == 150


def test_a_wall_clock_that_went_back_does_not_lengthen_the_delay() -> None:
    scheduled = ScheduledInforms("boot a")
    scheduled.add(600, "key", now=1000, wall=MIDNIGHT)
    assert reloaded(scheduled, "boot b", now=20).next_due(20, 0.0) == 620


def test_the_last_one_can_be_taken_back_and_their_number_is_bounded() -> None:
    scheduled = ScheduledInforms()
    for number in range(MOST_SCHEDULED):
        scheduled.add(10, str(number), now=0, wall=None)
    with pytest.raises(ResourcesExceeded):
        scheduled.add(10, "one too many", now=0, wall=None)
    scheduled.remove_last()
    assert len(scheduled) == MOST_SCHEDULED - 1
    scheduled.clear()
    assert scheduled.dump() == []


GOOD = {"command_key": "k", "delay": 10, "boot": "a", "due": 5.0, "due_wall": None}


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [1],
        [{}],
        [GOOD] * 65,
        [GOOD | {"delay": 0}],
        [GOOD | {"delay": "10"}],
        [GOOD | {"command_key": "k" * 33}],
        [GOOD | {"due": None}],
        [GOOD | {"due_wall": "x"}],
        [GOOD | {"more": 1}],
    ],
)
def test_a_document_that_was_not_dumped_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="scheduled inform"):
        ScheduledInforms.load(document, "a", 0)
