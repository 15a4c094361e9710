"""A way ends one wait: that of a session which failed without it."""

from agent.runtime.new_ways import MOST, NewWays


def test_a_way_counts_once_until_a_session_succeeds() -> None:
    ways = NewWays()
    ways.begun(None)
    ways.failed(was_reached=False)
    assert not ways.has_come(None)
    assert [ways.has_come("a"), ways.has_come("a"), ways.has_come("b")] == [True, False, True]
    ways.succeeded()
    assert not ways.has_come("a"), "nothing failed"
    ways.failed(was_reached=False)
    assert ways.has_come("a")


def test_the_way_that_a_session_went_is_not_new() -> None:
    ways = NewWays()
    ways.begun("a")
    ways.failed(was_reached=False)
    assert not ways.has_come("a")


def test_where_the_host_answered_it_was_not_for_the_way() -> None:
    ways = NewWays()
    ways.failed(was_reached=True)
    assert not ways.has_come("a")


def test_there_is_an_end_to_new_ways() -> None:
    ways = NewWays()
    ways.failed(was_reached=False)
    assert [ways.has_come(number) for number in range(MOST + 3)] == [True] * MOST + [False] * 3
    ways.begun("one more")
    assert not ways.has_come("another")


def test_to_ask_whether_a_way_is_new_counts_nothing() -> None:
    ways = NewWays()
    ways.begun("a")
    assert [ways.is_new(way) for way in (None, "a", "b", "b")] == [False, False, True, True]
    ways.failed(was_reached=False)
    assert ways.has_come("b")
    assert not ways.is_new("b")
