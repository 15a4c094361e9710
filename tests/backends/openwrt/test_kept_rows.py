"""An item of a list has no name: ours are known again by what is kept beside it, a person's by what they say."""

from backends.openwrt.kept_rows import KeptRows

Row = tuple[bool, str]


def say(row: Row) -> str:
    return f"{1 if row[0] else 0} {row[1]}"


def read(text: str) -> Row | None:
    state, _, said = text.partition(" ")
    return (state == "1", said) if state in ("0", "1") else None


def read_item(item: str) -> Row | None:
    return None if item.startswith("/") else (True, item)


ROWS = KeptRows[Row](say, read, read_item, "+")


def test_a_person_s_items_have_keys_of_their_own() -> None:
    found = ROWS.rows("p", ["a", "/x", "b", "a"], [])
    assert [row for (row, _) in found.values()] == [(True, "a"), (True, "b"), (True, "a")]
    assert len(found) == 3
    assert found.keys() == ROWS.rows("p", ["a", "b", "/y", "a"], []).keys(), "others do not matter"
    assert all(key.startswith("+") for key in found)
    assert ROWS.entries(found, "p", ["a", "b", "a"]) == ()


def test_rows_of_ours_come_back_with_their_keys() -> None:
    rows: dict[str, tuple[Row, bool]] = {"k1": ((True, "a"), True), "k2": ((False, "b"), False)}
    entries = ROWS.entries(rows, "p", ["a"])
    assert entries == ("k1 1 1 a", "k2 0 0 b")
    assert ROWS.rows("p", ["a"], entries) == rows


def test_what_a_person_has_taken_out_of_the_list_is_gone() -> None:
    assert ROWS.rows("p", ["c"], ["k1 1 1 a", "k2 0 1 b", "nonsense", "k3 7 1 a", "k4 1 x"]).keys() == {
        "k2", *ROWS.rows("p", ["c"], []),
    }  # fmt: skip
