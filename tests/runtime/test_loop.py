"""The loop hands events to the core in their order; changes of the system come as one."""

import threading

import pytest

from agent.runtime import loop
from agent.runtime.actions import Action, Listen
from agent.runtime.events import AcsReplied, Changed, ConnectionRequested, ControlAsked, Event, Moment, Stop
from agent.runtime.loop import Inbox
from tests.waiting import PATIENCE


class Recorder:
    """A core that wants the listener brought in line at each event, until it is stopped."""

    def __init__(self, due: float | None = None) -> None:
        self.stopped = False
        self.seen: list[Event | None] = []
        self.due = due

    def handle(self, event: Event | None, now: Moment) -> list[Action]:
        self.seen.append(event)
        self.stopped = isinstance(event, Stop) or event is None
        return [Listen()]

    def next_due(self, now: Moment) -> float | None:
        return self.due


def test_events_are_handled_in_turn_and_every_action_is_performed() -> None:
    core, inbox = Recorder(), Inbox()
    for event in (ConnectionRequested(), AcsReplied(1, None), Stop("SIGTERM")):
        inbox.put(event)
    performed: list[Action] = []
    turns: list[None] = []

    loop.run(core, inbox, performed.append, lambda: turns.append(None))

    assert core.seen == [ConnectionRequested(), AcsReplied(1, None), Stop("SIGTERM")]
    assert len(performed) == len(turns) == 3


def test_changes_that_follow_each_other_come_as_one_and_overtake_nothing() -> None:
    inbox = Inbox()
    for event in (
        Changed(frozenset({"link"})),
        Changed(frozenset({"route"})),
        Stop("SIGTERM"),
        Changed(frozenset({"link"})),
    ):
        inbox.put(event)

    assert inbox.wait(0) == Changed(frozenset({"link", "route"}))
    assert inbox.wait(0) == Stop("SIGTERM")
    assert inbox.wait(0) == Changed(frozenset({"link"}))
    assert inbox.wait(0) is None


def test_the_core_is_woken_when_time_alone_has_something_due() -> None:
    core = Recorder(due=loop.moment().monotonic)

    loop.run(core, Inbox(), lambda action: None, lambda: None)

    assert core.seen == [None]


def test_a_clock_that_was_never_set_is_no_wall_clock(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(loop.time, "time", lambda: 12.0)

    assert loop.moment().wall is None


def test_a_worker_has_something_done_in_the_owners_thread_and_gets_what_comes_of_it() -> None:
    core, inbox = Recorder(), Inbox()
    got: list[object] = []

    def worker() -> None:
        got.append(inbox.ask(lambda now: (threading.current_thread().name, now.monotonic > 0)))
        with pytest.raises(ZeroDivisionError):
            inbox.ask(lambda now: 1 / 0)
        inbox.put(Stop("done"))

    thread = threading.Thread(target=worker, name="worker")
    thread.start()
    while thread.is_alive():
        core.stopped = False
        loop.run(core, inbox, lambda action: None, lambda: None)
    thread.join()

    assert got == [(threading.current_thread().name, True)]


def test_a_worker_does_not_wait_for_ever_for_an_owner_that_is_busy() -> None:
    with pytest.raises(TimeoutError):
        Inbox().ask(lambda now: None, seconds=0.01)


def test_a_worker_may_ask_a_verb_as_people_do() -> None:
    inbox = Inbox()
    asker = threading.Thread(target=lambda: got.append(inbox.verb("status", {"x": 1})))
    got: list[object] = []
    asker.start()
    event = inbox.wait(PATIENCE)
    assert isinstance(event, ControlAsked)
    assert (event.verb, event.arguments) == ("status", {"x": 1})
    event.answer({"well": True})
    asker.join(PATIENCE)
    assert got == [{"well": True}]
    with pytest.raises(TimeoutError):
        Inbox().verb("status", {}, seconds=0.01)
