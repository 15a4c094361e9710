"""Which alarms of an ONT are active, and when all of them are asked for again."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from backends.omci.alarms import MOST_ALARMED, PAUSE, Alarms, shown
from backends.omci.picture import Key

ANI, UNI = (263, 0x8001), (11, 257)
ON = b"\x20" + bytes(27)
OFF = bytes(28)


class Told:
    """An ONT that tells alarms, and what comes between."""

    def __init__(self, told: Mapping[Key, bytes] | None) -> None:
        self.told = told
        self.asked = 0

    def alarms(self, between: Callable[[], None]) -> Mapping[Key, bytes] | None:
        self.asked += 1
        between()
        return self.told


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def alarms(now: list[float]) -> Alarms:
    return Alarms(lambda: now[0])


def asked(alarms: Alarms, ont: Any) -> dict[Key, bytes] | None:
    return alarms.all_if_doubted(ont, lambda: None)


def test_what_comes_while_all_are_asked_for_is_newer(alarms: Alarms) -> None:
    ont: Any = Told({ANI: ON, UNI: ON})
    assert alarms.all(ont, lambda: alarms.take(ANI, OFF, 9)) == {ANI: OFF, UNI: ON}
    alarms.take(ANI, ON, 10)
    assert not alarms.is_doubted


@pytest.mark.parametrize(
    ("sequences", "is_doubted"),
    [([1, 2, 3], False), ([2], True), ([1, 2, 1], True), ([1, 2, 2], True), ([1, *range(2, 256), 1], False)],
)
def test_a_message_that_does_not_follow_the_last_is_a_doubt(
    alarms: Alarms, sequences: list[int], is_doubted: bool
) -> None:
    ont: Any = Told({})
    alarms.all(ont, lambda: None)
    for sequence in sequences:
        alarms.take(ANI, ON, sequence)
    assert alarms.is_doubted is is_doubted


def test_a_count_that_begins_anew_is_a_doubt_also_when_it_was_not_told_in_between(alarms: Alarms) -> None:
    for count in (5, 9, 9, None):
        alarms.note_count("changes", count)
        alarms.note_count("uptime", 1)
        assert not alarms.is_doubted
    alarms.note_count("changes", 0)
    assert alarms.is_doubted


def test_in_doubt_all_are_asked_for_once_and_ever_more_rarely(alarms: Alarms, now: list[float]) -> None:
    ont: Any = Told({ANI: ON})
    assert asked(alarms, ont) is None
    alarms.is_doubted = True
    assert asked(alarms, ont) == {ANI: ON}
    assert asked(alarms, ont) is None
    times = []
    for _ in range(int(7 * PAUSE)):
        now[0] += 1
        alarms.is_doubted = True
        if asked(alarms, ont):
            times.append(now[0] - 1000)
    assert times == [PAUSE, 3 * PAUSE, 7 * PAUSE]


def test_who_does_not_tell_alarms_is_asked_no_more_often(alarms: Alarms) -> None:
    ont: Any = Told(None)
    alarms.is_doubted = True
    assert asked(alarms, ont) is None
    assert (ont.asked, alarms.is_doubted) == (1, False)


def test_active_ones_of_classes_that_are_known_are_shown_and_not_without_end() -> None:
    assert shown({ANI: ON, UNI: OFF, (60000, 1): ON}, ()) == {ANI: ON}
    many = {(11, number): ON for number in range(2 * MOST_ALARMED)}
    last = (11, 2 * MOST_ALARMED - 1)
    some = shown(many, {last})
    assert (len(some), next(iter(some))) == (MOST_ALARMED, last)
