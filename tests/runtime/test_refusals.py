"""Refused connection requests in the history: at once, by their reason, and few."""

from math import inf

from agent.runtime.refusals import LOOK_EVERY, MOST_REASONS, OTHERS, RefusedLogins

REFUSED = "connection request refused: "


class Bench:
    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []
        self.woken = 0
        self.chore = RefusedLogins(self.note, "fault", self.wake)

    def note(self, source: str, text: str) -> bool:
        self.noted.append((source, text.removeprefix(REFUSED)))
        return True

    def wake(self) -> None:
        self.woken += 1

    def refuse(self, *reasons: str) -> None:
        for reason in reasons:
            self.chore.refused("192.0.2.9", reason)


def test_nothing_refused_is_nothing_to_tell() -> None:
    bench = Bench()
    assert bench.chore.due(100.0) is None
    assert bench.chore.act(100.0) == frozenset()
    assert bench.noted == []


def test_the_first_for_each_reason_is_noted_at_once_and_what_follows_is_counted_by_its_reason() -> None:
    bench = Bench()
    bench.refuse("wrong password")
    due = bench.chore.due(100.0)
    assert due is not None
    assert due <= 100.0
    assert bench.chore.act(100.0) == {"fault"}
    bench.refuse("wrong password", "wrong password", "wrong path")
    assert bench.chore.act(101.0) == {"fault"}
    assert bench.noted == [("192.0.2.9", "wrong password"), ("192.0.2.9", "wrong path")]
    assert bench.chore.due(101.0) == 100.0 + LOOK_EVERY
    assert bench.chore.act(100.0 + LOOK_EVERY) == {"fault"}
    assert bench.noted[2:] == [("192.0.2.9", "wrong password (2 times)")]
    assert bench.chore.due(200.0) is None


def test_what_waits_when_the_agent_stops_is_noted_before() -> None:
    bench = Bench()
    bench.refuse("wrong path")
    bench.chore.act(100.0)
    bench.refuse("wrong path")
    bench.chore.act(inf)
    assert bench.noted == [("192.0.2.9", "wrong path")] * 2


def test_a_flood_is_a_few_entries_a_minute_and_wakes_nobody_often() -> None:
    bench = Bench()
    for number in range(1000):
        bench.refuse(f"method {number}")
        bench.chore.act(100.0 + number / 100)
    bench.chore.act(101.0 + LOOK_EVERY)
    assert len(bench.noted) == MOST_REASONS + 2
    assert bench.noted[-1][1].startswith(OTHERS)
    assert bench.woken <= MOST_REASONS + 2


def test_after_a_quiet_minute_every_reason_is_new() -> None:
    bench = Bench()
    for number in range(MOST_REASONS):
        bench.refuse(f"method {number}")
    bench.chore.act(100.0)
    bench.chore.due(101.0 + LOOK_EVERY)
    bench.refuse("wrong path")
    bench.chore.act(101.0 + LOOK_EVERY)
    assert bench.noted[-1] == ("192.0.2.9", "wrong path")
