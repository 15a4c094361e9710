"""The heartbeat has a timer of its own and goes alone."""

from agent.cwmp.event_queue import HEARTBEAT, PERIODIC, EventQueue
from agent.cwmp.heartbeat import Heartbeat
from agent.cwmp.schedule import Recurrence

MIDNIGHT = 1_700_006_400.0


def test_beats_fall_on_the_initiation_time_plus_whole_intervals() -> None:
    heart, events, policy = Heartbeat(chance=0.5), EventQueue(), Recurrence(True, 60, MIDNIGHT)
    assert heart.next_due(policy, now=0, wall=MIDNIGHT + 20) == 40
    heart.beat(events, now=40, wall=MIDNIGHT + 60)
    assert [event.code for event in events.for_inform()] == [HEARTBEAT]
    assert heart.next_due(policy, now=40, wall=MIDNIGHT + 60) == 100


def test_beats_missed_during_a_retry_are_one_beat_afterwards() -> None:
    heart, events, policy = Heartbeat(chance=0.5), EventQueue(), Recurrence(True, 60, MIDNIGHT)
    events.occurred(PERIODIC)
    for minute in range(1, 4):
        assert heart.next_due(policy, now=minute * 60, wall=MIDNIGHT + minute * 60) == minute * 60
        heart.beat(events, now=minute * 60, wall=MIDNIGHT + minute * 60)
        assert [event.code for event in events.for_inform(retrying=True)] == [PERIODIC]
    events.informed(events.for_inform(retrying=True))
    assert [event.code for event in events.for_inform()] == [HEARTBEAT]


def test_a_policy_that_is_off_has_no_beat() -> None:
    assert Heartbeat(chance=0.5).next_due(Recurrence(False, 60, MIDNIGHT), now=0, wall=MIDNIGHT) is None
