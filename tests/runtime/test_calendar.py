"""The calendar queues what time makes due: periodic Informs, scheduled ones and the heartbeat."""

from agent.cwmp.event_queue import EventQueue
from agent.cwmp.heartbeat import Heartbeat
from agent.cwmp.schedule import Recurrence, Recurring, ScheduledInforms
from agent.runtime.calendar import Calendar
from agent.runtime.events import Moment

OFF = Recurrence(False, 60)


def calendar(periodic: Recurrence = OFF, heartbeat: Recurrence = OFF) -> Calendar:
    return Calendar(lambda: periodic, lambda: heartbeat, ScheduledInforms("boot"), Recurring(0.5), Heartbeat(0.25))


def codes(events: EventQueue) -> list[str]:
    return [event.code for event in events.pending]


def test_with_everything_off_nothing_is_due() -> None:
    events = EventQueue()
    one = calendar()

    assert one.next_due(Moment(10.0, None)) is None
    assert not one.come_due(events, Moment(1e9, None))
    assert codes(events) == []


def test_whatever_comes_first_is_next() -> None:
    one = calendar(Recurrence(True, 600), Recurrence(True, 100))
    assert one.next_due(Moment(0.0, None)) == 25.0
    one.scheduled.add(5, "soon", 0.0, None)
    assert one.next_due(Moment(0.0, None)) == 5.0


def test_what_comes_due_together_is_queued_together_and_once() -> None:
    events = EventQueue()
    one = calendar(Recurrence(True, 100), Recurrence(True, 100))
    one.scheduled.add(40, "key", 0.0, None)
    one.next_due(Moment(0.0, None))

    assert one.come_due(events, Moment(60.0, None))
    assert codes(events) == ["2 PERIODIC", "3 SCHEDULED", "14 HEARTBEAT", "M ScheduleInform"]
    assert not one.come_due(events, Moment(60.0, None))
    assert one.next_due(Moment(60.0, None)) == 125.0


def test_before_its_time_nothing_is_queued() -> None:
    events = EventQueue()
    one = calendar(Recurrence(True, 100))
    one.next_due(Moment(0.0, None))

    assert not one.come_due(events, Moment(49.9, None))
    assert one.come_due(events, Moment(50.0, None))
