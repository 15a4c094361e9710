"""The queue of transfers: what begins when, what is tried again, what is told, and what a crash leaves."""

import json
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import pytest

from agent.model.errors import InvalidArguments, ModelError, NotCancellable, ResourcesExceeded
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.orders import FileOrder
from agent.transfers.queue import FIRST_PAUSE, MOST, MOST_RESUMED, MOST_TAKEN, State, Transfer, TransferQueue
from agent.transfers.windows import OUR_CHOICE, Window
from tests.fakes.transfers import FIRMWARE, Depot

NOON = 1_772_362_800.0


def order(key: str = "key", url: str = "http://files.example/image", **more: Any) -> FileOrder:
    return replace(FileOrder(url, "user", "secret", FIRMWARE, 12, "", False, key), **more)


@dataclass
class Bench:
    """A queue with its clocks, and the events that it has raised."""

    boot: str = "boot 1"
    now: float = 1000.0
    wall: float | None = NOON
    events: list[tuple[str, str]] = field(default_factory=list)
    ended: list[Transfer] = field(default_factory=list)
    depot: Depot = field(default_factory=Depot)

    def __post_init__(self) -> None:
        self.queue = TransferQueue(self.boot)
        self._connect()

    def _connect(self) -> None:
        self.queue.occurred = lambda code, key: self.events.append((code, key))
        self.queue.withdraw = self.events.clear
        self.queue.ended = self.ended.append
        self.depot.register(self.queue.types)

    def add(self, key: str = "key", **more: Any) -> Transfer:
        return self.queue.add(order(key), more.pop("method", "Download"), self.now, self.wall, **more)

    def look(self) -> str:
        """The key of what is to begin; it is begun."""
        one = self.queue.look(self.now, self.wall)
        if one is None:
            return ""
        self.queue.begins(one, self.wall)
        return one.order.command_key

    def fails(self, one: Transfer, code: int = 9015, *, may_resume: bool = True) -> None:
        self.queue.has_failed(one.id, Outcome(code, "why"), self.now, self.wall, may_resume=may_resume)

    def state(self, one: Transfer) -> State:
        found = self.queue.get(one.id)
        assert found is not None
        return found.state

    def outcome(self, one: Transfer) -> int:
        found = self.queue.get(one.id)
        assert found is not None
        assert found.state is State.ENDED
        return found.outcome.code

    def restarts(self, *, boots: bool = False, now: float | None = None) -> None:
        """The agent's process ends, and starts anew from the document."""
        document = json.loads(json.dumps(self.queue.dump()))
        if boots:
            self.boot, self.now = self.boot + "+", 5.0 if now is None else now
        self.queue = TransferQueue.load(document, self.boot)
        self._connect()
        self.queue.restarted(boots, self.wall)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.wall = None if self.wall is None else self.wall + seconds


@pytest.fixture
def bench() -> Bench:
    return Bench()


# -- when --------------------------------------------------------------------------------------------------------------


def test_what_waits_longest_is_first(bench: Bench) -> None:
    bench.add("late", delay=60)
    bench.add("one")
    bench.passes(1)
    bench.add("two")
    assert [bench.look(), bench.look(), bench.look()] == ["one", "two", ""]
    assert bench.queue.next_due(bench.now, bench.wall) == bench.now + 59
    bench.passes(59)
    assert bench.look() == "late"


def test_a_delay_outlives_a_reboot_by_the_wall_clock(bench: Bench) -> None:
    bench.add("key", delay=3600)
    bench.passes(1800)
    bench.restarts(boots=True)
    bench.passes(1799)
    assert bench.look() == ""
    bench.passes(1)
    assert bench.look() == "key"


def test_without_a_clock_a_delay_begins_anew_at_the_boot_until_it_is_set(bench: Bench) -> None:
    bench.add("one", delay=3600)
    bench.passes(3000)
    then = bench.wall
    bench.wall = None
    bench.restarts(boots=True)
    bench.passes(600)
    assert bench.look() == ""
    assert then is not None
    bench.wall = then + 600
    assert bench.look() == "one"


def test_a_clock_that_is_set_while_a_window_is_awaited_moves_nothing(bench: Bench) -> None:
    bench.wall = None
    bench.add("key", windows=(Window(100, 200, "2 Immediately"),))
    bench.passes(50)
    bench.wall = NOON
    assert bench.queue.next_due(bench.now, bench.wall) == bench.now + 50
    bench.wall += 10 * 365 * 86400.0
    bench.passes(50)
    assert bench.look() == "key"


def test_after_a_reboot_a_clock_that_is_set_twice_counts_once(bench: Bench) -> None:
    bench.add("key", windows=(Window(100, 200, "2 Immediately"),))
    bench.passes(20)
    bench.restarts(boots=True)
    assert bench.look() == ""
    assert bench.wall is not None
    bench.wall += 86400.0
    assert bench.queue.next_due(bench.now, bench.wall) == bench.now + 80


# -- what becomes of it ------------------------------------------------------------------------------------------------


def test_a_file_that_is_taken_is_told_with_its_times(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.passes(7)
    bench.queue.has_arrived(one.id, "/x", 12, "ab")
    assert bench.queue.is_taken(one.id, bench.wall)
    assert bench.state(one) is State.TAKING
    bench.queue.was_taken(one.id, Taken(), bench.wall)

    assert bench.events == [("M Download", "key")]
    [done] = bench.ended
    assert (done.start, done.complete, done.outcome) == (NOON, NOON + 7, Outcome())
    assert done.order.password == "", "what is over needs no password"
    bench.queue.is_told(one.id)
    assert len(bench.queue) == 0


def test_what_may_be_gone_on_with_is_after_ever_longer_pauses_and_then_told(bench: Bench) -> None:
    one = bench.add()
    for number in range(MOST_RESUMED):
        assert bench.look() == "key"
        bench.fails(one)
        assert bench.look() == ""
        bench.passes(FIRST_PAUSE * 2**number)
    assert bench.look() == "key"
    bench.fails(one, 9017)
    assert bench.outcome(one) == 9017
    assert bench.events == [("M Download", "key")]


def test_what_no_further_try_can_help_is_told_at_once(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.fails(one, 9016, may_resume=False)
    assert bench.outcome(one) == 9016


def test_in_windows_everything_is_tried_again_and_what_uses_its_retries_up_is_told_as_such(bench: Bench) -> None:
    one = bench.add(windows=(Window(0, 100, "1 At Any Time", max_retries=1), Window(200, 300, "2 Immediately")))
    bench.look()
    bench.fails(one, 9016, may_resume=False)
    bench.passes(FIRST_PAUSE)
    assert bench.look() == "key"
    bench.fails(one, 9016, may_resume=False)
    assert bench.look() == ""
    bench.passes(200 - FIRST_PAUSE)
    assert bench.look() == "key"
    for number in range(OUR_CHOICE):
        bench.fails(one, 9016, may_resume=False)
        bench.passes(FIRST_PAUSE * 2**number)
        bench.look()
    assert bench.ended == [], "one more try is left"
    bench.fails(one, 9016, may_resume=False)
    windows = "0 to 100 s, 200 to 300 s after it was asked for"
    told = f"not done within its windows ({windows}): no retry is left: 9016 why"
    assert bench.ended[-1].outcome == Outcome(9020, told)


@pytest.mark.parametrize(("begins", "fails"), [(0, 100), (99, 99)], ids=["its last try", "the pause before another"])
def test_what_the_end_of_the_windows_cuts_off_is_told_with_both(bench: Bench, begins: int, fails: int) -> None:
    one = bench.add(windows=(Window(0, 100, "1 At Any Time", max_retries=begins // 99),))
    bench.passes(begins)
    assert bench.look() == "key"
    bench.passes(fails - begins)
    bench.fails(one)
    bench.look()
    told = bench.ended[-1].outcome
    assert told == Outcome(9020, "not done within its windows (0 to 100 s after it was asked for): why")


@pytest.mark.parametrize(
    ("mode", "why"), [("4 Confirmation Needed", "nobody agreed to it"), ("3 When Idle", "none was one to begin in")]
)
def test_windows_in_which_it_could_not_begin_say_why(bench: Bench, mode: str, why: str) -> None:
    bench.add(windows=(Window(0, 8, mode),))
    bench.queue.is_idle = lambda: False
    assert bench.look() == ""
    bench.passes(8)
    assert bench.look() == ""
    told = bench.ended[-1].outcome
    assert told == Outcome(9020, f"not done within its windows (0 to 8 s after it was asked for): {why}")


def test_a_window_that_is_over_stops_it_for_the_next_one(bench: Bench) -> None:
    one = bench.add(windows=(Window(0, 10, "1 At Any Time"), Window(50, 60, "1 At Any Time")))
    bench.look()
    begun = bench.queue.get(one.id)
    assert begun is not None
    assert bench.queue.ends_at(begun, bench.now, bench.wall) == bench.now + 10
    bench.passes(10)
    bench.queue.was_stopped(one.id, bench.now, bench.wall)
    assert bench.look() == ""
    bench.passes(40)
    assert bench.look() == "key"
    bench.passes(10)
    bench.queue.was_stopped(one.id, bench.now, bench.wall)
    bench.look()
    assert bench.outcome(one) == 9020


def test_one_whose_window_ends_sooner_goes_first_and_has_what_is_moved_give_way(bench: Bench) -> None:
    patient = bench.add("patient")
    assert bench.look() == "patient"
    bench.add("late", windows=(Window(20, 500, "1 At Any Time"),))
    bench.add("urgent", windows=(Window(30, 42, "1 At Any Time"),))
    moving = bench.queue.get(patient.id)
    assert moving is not None
    assert bench.queue.gives_way_at(moving, bench.now, bench.wall) == bench.now + 20
    bench.passes(30)
    assert bench.queue.gives_way_at(moving, bench.now, bench.wall) == bench.now
    bench.queue.was_stopped(patient.id, bench.now, bench.wall)
    assert bench.look() == "urgent"
    urgent = next(one for one in bench.queue.all if one.state is State.MOVING)
    assert bench.queue.gives_way_at(urgent, bench.now, bench.wall) == inf
    bench.queue.was_sent(urgent.id, bench.wall)
    assert [bench.look(), bench.look()] == ["late", "patient"]


def test_a_file_that_needs_a_reboot_is_told_after_it(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.queue.was_taken(one.id, Taken(needs_reboot=True), bench.wall)
    assert bench.queue.needs_reboot
    bench.restarts()
    assert bench.queue.needs_reboot, "a restart of the agent is none"
    assert bench.events == []
    bench.restarts(boots=True)
    assert not bench.queue.needs_reboot
    assert bench.outcome(one) == 0
    assert bench.events == [("M Download", "key")]


def test_an_image_proves_itself_after_the_reboot(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.queue.was_taken(one.id, Taken(needs_reboot=True, awaits="firmware"), bench.wall)
    bench.restarts(boots=True)
    bench.queue.look_at_awaited(bench.wall)
    assert bench.state(one) is State.AWAITING
    bench.depot.verdict = Outcome(9018, "the new image did not come up")
    bench.queue.look_at_awaited(bench.wall)
    assert bench.outcome(one) == 9018


def test_a_system_that_does_not_restart_is_told(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.queue.was_taken(one.id, Taken(needs_reboot=True), bench.wall)
    bench.queue.reboot_failed(bench.wall)
    assert bench.outcome(one) == 9002


# -- crashes -----------------------------------------------------------------------------------------------------------


def test_a_crash_while_it_is_moved_goes_on_with_it(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.restarts()
    assert bench.state(one) is State.WAITING
    assert bench.look() == "key"
    again = bench.queue.get(one.id)
    assert again is not None
    assert again.start == NOON


def test_a_crash_while_it_is_put_in_force_does_that_again_but_not_for_ever(bench: Bench) -> None:
    one = bench.add()
    bench.look()
    bench.queue.has_arrived(one.id, "/x", 12, "ab")
    for _ in range(MOST_TAKEN):
        assert bench.queue.is_taken(one.id, bench.wall)
        bench.restarts()
        assert bench.state(one) is State.ARRIVED
    assert not bench.queue.is_taken(one.id, bench.wall)
    assert bench.outcome(one) == 9002


def test_a_crash_tells_what_has_ended_once_however_the_events_are(bench: Bench) -> None:
    one, two = bench.add("one"), bench.add("two")
    bench.look()
    bench.look()
    bench.queue.was_sent(one.id, bench.wall)
    bench.queue.was_sent(two.id, bench.wall)
    for _ in range(3):
        bench.restarts()
        assert bench.events == [("M Download", "one"), ("M Download", "two")]


def test_everything_outlives_the_document(bench: Bench) -> None:
    windows = (Window(1, 2, "4 Confirmation Needed", "Now?", 3),)
    for method, more in (("Download", {"delay": 3}), ("ScheduleDownload", {"windows": windows}), ("", {})):
        bench.add(method=method, **more)
    bench.queue.ask_for(FIRMWARE)
    before = bench.queue.dump()
    bench.restarts()
    assert bench.queue.dump() == json.loads(json.dumps(before))
    assert bench.queue.secrets == ("secret",) * 3
    bench.restarts(boots=True)
    assert bench.queue.requests == (), "their event does not outlive a reboot"


# -- asking ------------------------------------------------------------------------------------------------------------


def test_there_is_room_for_so_many(bench: Bench) -> None:
    for _ in range(MOST):
        bench.add()
    with pytest.raises(ResourcesExceeded):
        bench.add()


def test_a_type_that_is_not_moved_is_refused(bench: Bench) -> None:
    with pytest.raises(ModelError):
        bench.queue.add(order(file_type="2 Web Content"), "Download", bench.now, bench.wall)
    assert bench.queue.is_new


def test_cancel_takes_all_of_a_key_or_none(bench: Bench) -> None:
    one, _, other = bench.add("one"), bench.add("one"), bench.add("other")
    assert bench.queue.cancel("nothing") == ()
    bench.look()
    bench.queue.has_arrived(one.id, "/x", 12, "ab")
    with pytest.raises(NotCancellable):
        bench.queue.cancel("one")
    assert len(bench.queue) == 3
    assert bench.queue.cancel("other") == (other.id,)
    assert bench.events == []
    bench.queue.was_sent(other.id, bench.wall)
    assert bench.events == [], "whatever its job has to say afterwards"


def test_consent_is_given_where_it_is_asked_for(bench: Bench) -> None:
    asked = bench.add(windows=(Window(0, 100, "4 Confirmation Needed"),))
    plain = bench.add()
    bench.look()
    with pytest.raises(InvalidArguments):
        bench.queue.confirm(plain.id)
    with pytest.raises(KeyError):
        bench.queue.confirm("99")
    assert bench.look() == ""
    bench.queue.confirm(asked.id)
    assert bench.look() == "key"


def test_another_acs_hears_nothing_of_what_the_one_before_asked_for(bench: Bench) -> None:
    bench.queue.acs_is("http://one.example/")
    one = bench.add()
    bench.look()
    bench.queue.was_sent(one.id, bench.wall)
    bench.queue.acs_is("http://one.example/")
    bench.queue.acs_is("")
    assert len(bench.queue) == 1
    bench.queue.acs_is("http://two.example/")
    assert len(bench.queue) == 0
    assert bench.events == []


def test_a_wish_for_a_download_is_told_once(bench: Bench) -> None:
    bench.queue.ask_for(FIRMWARE)
    bench.queue.ask_for(FIRMWARE)
    assert bench.events == [("9 REQUEST DOWNLOAD", "")]
    with pytest.raises(ModelError):
        bench.queue.ask_for("5 Ringer File")


def test_what_a_person_moves_is_told_where_it_is_wanted(bench: Bench) -> None:
    bench.queue.happened(order(), Outcome(), NOON, NOON)
    assert bench.events == []
    bench.queue.wants = lambda one: not one.outcome.code
    bench.queue.happened(order(), Outcome(9018), NOON, None)
    bench.queue.happened(order(), Outcome(), NOON, NOON)
    assert bench.events == [("10 AUTONOMOUS TRANSFER COMPLETE", "")]
    assert [one.outcome.code for one in bench.ended] == [0, 9018, 0]
    mine = bench.add(method="")
    bench.look()
    bench.fails(mine, may_resume=False)
    assert bench.queue.get(mine.id) is None


def test_what_the_acs_wants_to_hear_of_a_transfer_is_as_it_was_when_that_began(bench: Bench) -> None:
    bench.queue.wants = lambda one: not one.outcome.code
    mine = bench.add(method="")
    bench.look()
    bench.restarts()
    bench.queue.wants = lambda _one: False  # the file that is put in force has said so
    bench.look()
    bench.queue.was_taken(mine.id, Taken(), bench.wall)
    assert bench.events == [("10 AUTONOMOUS TRANSFER COMPLETE", "")]
    document = bench.queue.dump()
    document["transfers"][0]["wanted"] = [1]
    with pytest.raises(ValueError, match="no transfer"):
        TransferQueue.load(document, bench.boot)
    del document["transfers"][0]["wanted"]  # an older version's
    assert len(TransferQueue.load(document, bench.boot)) == 1


def test_a_factory_reset_forgets_everything(bench: Bench) -> None:
    bench.add()
    bench.queue.ask_for(FIRMWARE)
    bench.queue.forget_all()
    assert (len(bench.queue), bench.queue.requests, bench.events) == (0, (), [])


def test_a_late_word_of_a_job_changes_nothing(bench: Bench) -> None:
    queue, now, wall = bench.queue, bench.now, bench.wall
    queue.has_arrived("7", "/x", 1, "")
    queue.was_taken("7", Taken(), wall)
    queue.was_stopped("7", now, wall)
    queue.has_failed("7", Outcome(9010), now, wall)
    assert queue.all == ()
