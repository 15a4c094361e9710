"""Who tries most waits longest, and everybody waits for a bounded time."""

import random
from collections.abc import Callable
from math import inf

import pytest

from agent.web.access import Tries
from agent.web.waiting_room import AT_ONCE, MOST_WAITING, PACE, WaitingRoom


def test_a_few_go_at_once_after_a_quiet_time_and_then_one_a_second() -> None:
    room: WaitingRoom[int] = WaitingRoom()
    assert room.at() == inf
    assert room.next(0.0) is None
    for number in range(AT_ONCE + 2):
        assert room.enter(number, (1, 0)) is None
    given = [room.next(100.0) for _ in range(AT_ONCE + 1)]
    assert given.pop() is None
    assert room.at() == 100.0 + PACE
    assert room.next(100.5) is None
    given.append(room.next(101.0))
    assert room.next(101.5) is None
    given.append(room.next(1000.0))
    assert {*given} == {*range(AT_ONCE + 2)}
    assert room.at() == inf


def test_no_more_than_the_pace_are_looked_at_however_many_come() -> None:
    room: WaitingRoom[int] = WaitingRoom()
    looked_at = 0
    for tenth in range(3000):
        room.enter(tenth, (1, 0))
        looked_at += sum(room.next(tenth / 10) is not None for _ in range(3))
    assert 299 <= looked_at <= 300 + AT_ONCE


def test_who_has_tried_least_goes_first_and_who_has_tried_most_makes_room() -> None:
    room: WaitingRoom[str] = WaitingRoom(lambda equals: equals[-1])
    for number in range(MOST_WAITING):
        assert room.enter(f"guest {number}", (1 + number // 4, 0)) is None
    assert room.enter("owner", (1, 0)) == f"guest {MOST_WAITING - 1}"
    assert room.enter("guest again", (5, 0)) == "guest again"
    assert room.enter("impatient", (4, 1)) == "impatient"
    assert [room.next(1e6) for _ in range(AT_ONCE)] == ["owner", "guest 3", "guest 2", "guest 1", "guest 0"]


def test_among_equals_who_comes_last_is_not_always_the_one_to_go() -> None:
    stayed = 0
    for _ in range(200):
        room: WaitingRoom[int] = WaitingRoom()
        for number in range(MOST_WAITING):
            room.enter(number, (1, 0))
        stayed += room.enter(99, (1, 0)) != 99
    assert stayed > 100


def seconds_of_owner(seed: int, crowd_of: Callable[[str], str]) -> float:
    """How long an owner who comes again when he is told to waits while 248 addresses ask 200 times a second."""
    chance = random.Random(seed)
    tries, room = Tries(crowd_of), WaitingRoom[str](chance.choice)
    begins = again = chance.uniform(2.0, 120.0)
    looked_at = 0
    for step in range(200 * 600):
        now = step / 200
        who = f"192.0.2.{step % 248}"
        if now >= again:
            who, again = "192.0.2.250", now + MOST_WAITING * PACE + 1
        if not tries.wait(who, now):
            goes = room.enter(who, (tries.tried(who, now), tries.sent_away(who, now)))
            if goes is not None:
                tries.send_away(goes, now)
        while (one := room.next(now)) is not None:
            looked_at += 1
            assert looked_at <= now / PACE + AT_ONCE + 1
            if one == "192.0.2.250":
                return now - begins
    return inf


@pytest.mark.slow
@pytest.mark.parametrize("has_one_mac", [True, False])
def test_one_who_asks_from_248_addresses_keeps_no_owner_out_for_long(has_one_mac: bool) -> None:
    def crowd_of(source: str) -> str:
        return "02:00:00:00:00:01" if has_one_mac and source != "192.0.2.250" else source

    waited = [seconds_of_owner(seed, crowd_of) for seed in range(8)]
    assert sum(waited) / len(waited) < 20.0, waited
    assert max(waited) < 60.0, waited


def test_who_has_left_takes_nobodys_turn() -> None:
    room: WaitingRoom[str] = WaitingRoom()
    room.enter("gone", (1, 0))
    room.enter("here", (1, 0))
    room.leave("gone")
    room.leave("never there")
    assert room.next(0.0) == "here"
    assert room.at() == inf
