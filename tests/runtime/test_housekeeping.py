"""Chores are done when they are due; one that fails leaves the others alone."""

import logging

import pytest

from agent.runtime.events import Moment
from agent.runtime.housekeeping import PAUSE, Housekeeping


class Every:
    """A chore that is due every so many seconds."""

    def __init__(self, seconds: float, *topics: str) -> None:
        self.seconds = seconds
        self.at = seconds
        self.times = 0
        self.topics = frozenset(topics)
        self.is_broken = False

    def due(self, now: float) -> float | None:
        return self.at

    def act(self, now: float) -> frozenset[str]:
        if self.is_broken:
            raise OSError("the sensor is gone")
        self.times += 1
        self.at = now + self.seconds
        return self.topics


class Never:
    def due(self, now: float) -> float | None:
        return None

    def act(self, now: float) -> frozenset[str]:
        raise AssertionError("it is never due")


def at(seconds: float) -> Moment:
    return Moment(seconds, None)


def test_nothing_to_do_is_never_due() -> None:
    assert Housekeeping().next_due(at(0)) is None
    assert Housekeeping([Never()]).next_due(at(0)) is None
    assert Housekeeping([Never()]).come_due(at(1e9)) == frozenset()


def test_what_is_due_is_done_and_says_what_may_differ() -> None:
    saved: list[bool] = []
    quick, slow = Every(10, "temperature"), Every(60)
    house = Housekeeping([quick, slow, Never()], lambda: saved.append(True))
    assert house.next_due(at(0)) == 10
    assert house.come_due(at(9.9)) == frozenset()
    assert house.come_due(at(10)) == {"temperature"}
    assert (quick.times, slow.times, len(saved)) == (1, 0, 1)
    assert house.next_due(at(10)) == 20
    quick.at = 1000
    assert house.come_due(at(60)) == frozenset()
    assert (slow.times, len(saved)) == (1, 1)


def test_the_system_is_read_anew_for_what_is_due_only() -> None:
    forgotten: list[bool] = []
    house = Housekeeping([Every(10)], forget=lambda: forgotten.append(True))
    house.come_due(at(9.9))
    assert forgotten == []
    house.come_due(at(10))
    assert forgotten == [True]


def test_a_chore_that_fails_waits_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = Every(10), Every(10, "lease")
    broken.is_broken = True
    house = Housekeeping([broken, whole])
    with caplog.at_level(logging.ERROR):
        assert house.come_due(at(10)) == {"lease"}
    assert "the sensor is gone" in caplog.text
    assert house.next_due(at(10)) == 20
    whole.at = 1000
    assert house.next_due(at(10)) == 10 + PAUSE
    broken.is_broken = False
    assert house.come_due(at(10 + PAUSE)) == frozenset()
    assert broken.times == 1
