"""An Order is a place: others make room, and no gap stays."""

from backends.tr181.orders import closed, moved

ROWS = {"a": 1, "b": 2, "c": 3}


def test_a_row_takes_a_place_and_others_make_room() -> None:
    assert moved(ROWS, "c", 1) == {"c": 1, "a": 2, "b": 3}
    assert moved(ROWS, "a", 3) == {"b": 1, "a": 2, "c": 3}
    assert moved(ROWS, "a", 2) == ROWS, "the others made room before the gap closed, as TR-181 has it"
    assert moved(ROWS, "b", 99) == {"a": 1, "c": 2, "b": 3}
    assert moved(ROWS, "d", 1) == {"d": 1, "a": 2, "b": 3, "c": 4}


def test_gaps_close() -> None:
    assert closed({"a": 5, "b": 2}) == {"b": 1, "a": 2}
