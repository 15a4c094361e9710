"""Who tries most waits longest, and everybody waits for a bounded time."""

from math import inf

from agent.web.waiting_room import AT_ONCE, MOST_WAITING, PACE, WaitingRoom


def test_a_few_go_at_once_after_a_quiet_time_and_then_one_a_second() -> None:
    room: WaitingRoom[int] = WaitingRoom()
    assert room.at() == inf
    assert room.next(0.0) is None
    for number in range(AT_ONCE + 2):
        assert room.enter(number, 1) is None
    assert [room.next(100.0) for _ in range(AT_ONCE + 1)] == [*range(AT_ONCE), None]
    assert room.at() == 100.0 + PACE
    assert room.next(100.5) is None
    assert room.next(101.0) == AT_ONCE
    assert room.next(101.5) is None
    assert room.next(1000.0) == AT_ONCE + 1
    assert room.at() == inf


def test_no_more_than_the_pace_are_looked_at_however_many_come() -> None:
    room: WaitingRoom[int] = WaitingRoom()
    looked_at = 0
    for tenth in range(3000):
        room.enter(tenth, 1)
        looked_at += sum(room.next(tenth / 10) is not None for _ in range(3))
    assert 299 <= looked_at <= 300 + AT_ONCE


def test_who_has_tried_least_goes_first_and_who_has_tried_most_makes_room() -> None:
    room: WaitingRoom[str] = WaitingRoom()
    for number in range(MOST_WAITING):
        assert room.enter(f"guest {number}", 1 + number // 4) is None
    assert room.enter("owner", 1) == f"guest {MOST_WAITING - 1}"
    assert room.enter("guest again", 5) == "guest again"
    assert [room.next(1e6) for _ in range(AT_ONCE)] == ["guest 0", "guest 1", "guest 2", "guest 3", "owner"]


def test_who_has_left_takes_nobodys_turn() -> None:
    room: WaitingRoom[str] = WaitingRoom()
    room.enter("gone", 1)
    room.enter("here", 1)
    room.leave("gone")
    room.leave("never there")
    assert room.next(0.0) == "here"
    assert room.at() == inf
