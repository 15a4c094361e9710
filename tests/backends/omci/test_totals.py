"""Counters of intervals as totals: over the ends of intervals, restarts of either side, and what cannot be read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.omci.totals import MOST, Totals

KEY = (312, 32769)


def taking(totals: Totals, *told: tuple[int, int, int]) -> list[int]:
    """The totals after each (interval that ended, its count, the count of the one that runs)."""
    found = []
    for end, ended, running in told:
        totals.take(KEY, end, {3: ended}, {3: running})
        found.append(totals.of(KEY)[3])
    return found


def again(totals: Totals) -> Totals:
    """After a restart of the agent."""
    return Totals(json.loads(json.dumps(totals.document())))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(5, 100, 7), (5, 100, 9)], [7, 9]),
        ([(5, 100, 7), (6, 12, 3)], [7, 15]),
        ([(255, 100, 7), (0, 12, 3)], [7, 15]),
        ([(5, 100, 7), (6, 12, 3), (7, 4, 0)], [7, 15, 16]),
        ([(5, 100, 7), (8, 20, 1)], [7, 28]),  # of the two between nobody knows
        ([(5, 100, 7), (5, 100, 2)], [7, 9]),  # the ONU has restarted within the interval
        ([(5, 100, 7), (6, 3, 1)], [7, 11]),  # and here too: less ended than ran
        ([(5, 100, 7), (0, 0, 0)], [7, 7]),
    ],
)
def test_what_ended_is_added_once(told: list[tuple[int, int, int]], expected: list[int]) -> None:
    assert taking(Totals(), *told) == expected


def test_what_runs_and_was_not_told_once_is_not_counted_twice() -> None:
    totals = Totals()
    told: list[tuple[int, int, dict[int, int], int]] = [
        (0, 0, {3: 100}, 100),
        (0, 0, {}, 100),  # the ONU was busy
        (0, 0, {3: 120}, 120),
        (0, 0, {}, 120),
        (1, 150, {3: 5}, 155),
        (2, 30, {}, 180),
        (2, 30, {3: 4}, 184),
    ]
    for end, ended, running, expected in told:
        totals.take(KEY, end, {3: ended}, running)
        assert totals.of(KEY)[3] == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans(), st.booleans()), max_size=60))
def test_a_total_is_all_that_was_counted_however_often_it_is_looked_at(steps: list[tuple[int, bool, bool]]) -> None:
    """Each step counts some more; then an interval may end, and the agent may start anew."""
    totals, end, ended, running, counted = Totals(), 0, 0, 0, 0
    totals.take(KEY, end, {3: ended}, {3: running})
    for more, ends, restarts in steps:
        running, counted = running + more, counted + more
        if ends:
            end, ended, running = (end + 1) % 256, running, 0
        totals.take(KEY, end, {3: ended}, {3: running})
        assert totals.of(KEY).get(3, 0) == counted
        totals = again(totals) if restarts else totals


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32), st.integers(0, 2**32)), max_size=40))
def test_a_total_never_falls(told: list[tuple[int, int, int]]) -> None:
    found = taking(Totals(), *told)
    assert found == sorted(found)


def test_without_running_counts_the_intervals_that_ended_are_added_up() -> None:
    totals = Totals()
    for end, count in ((1, 5), (1, 5), (2, 7), (3, 1)):
        totals.take(KEY, end, {3: count}, {})
    assert totals.of(KEY) == {3: 8}


def test_it_is_told_when_an_interval_has_ended() -> None:
    totals = Totals()
    assert [totals.take(KEY, end, {3: 1}, {3: 1}) for end in (1, 1, 2)] == [True, False, True]


@pytest.mark.parametrize(
    "document", [None, {}, [], 7, {"version": 2, "totals": {}}, {"version": 1, "totals": {"x": {}}}, {"version": 1}]
)
def test_a_document_that_cannot_be_read_counts_as_none(document: Any) -> None:
    assert Totals(document).known() == []


def test_there_is_an_end_to_what_is_kept() -> None:
    totals = Totals()
    for instance in range(MOST + 5):
        totals.take((341, instance), 1, {3: 1}, {3: 1})
    assert len(totals.known()) == MOST
    assert totals.of((341, MOST + 1)) == {}
