"""Link modes as bits, speeds and IANA's numbers."""

import pytest

from backends.link_modes import duplexes, mau_types, permitted, speeds

GIGABIT = (0, 1, 2, 3, 5, 6, 7, 9, 13)
"""What a common port of copper has: 10 and 100 in both duplexes, 1000 full; negotiation, connectors, pause."""


@pytest.mark.parametrize(
    ("most", "full", "left"),
    [(None, None, [10, 11, 15, 16, 30]), (100, None, [10, 11, 15, 16]), (100, True, [11, 16]), (None, False, [10, 15])],
)
def test_modes_are_left_by_speed_and_duplex(most: int | None, full: bool | None, left: list[int]) -> None:
    bits = permitted(GIGABIT, most, full)
    assert mau_types(bits) == left
    assert {6, 7, 9, 13} <= set(bits)


def test_bits_that_are_no_modes_say_nothing_of_speed() -> None:
    assert speeds((6, 7, 13)) == duplexes((6, 7, 13)) == set()
    assert (speeds(GIGABIT), duplexes(GIGABIT)) == ({10, 100, 1000}, {True, False})
    assert mau_types((47, 48, 12)) == [54, 103, 104]
