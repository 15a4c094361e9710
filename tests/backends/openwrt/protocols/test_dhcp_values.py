"""DHCP options as UCI has them, in every spelling that udhcpc takes."""

import pytest

from backends.openwrt.protocols.dhcp_values import (
    ASKED,
    NAMES,
    OptionRow,
    class_text,
    classes_of,
    entries_of,
    item_of,
    listed,
    number_of,
    read_rows,
    sent_of,
)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("hostname:box", (12, "626f78")), ("0x3d:0100BEEF", (61, "0100beef")), ("61:01:00:be:ef", (61, "0100beef")),
        ('14:"dump"', (14, "64756d70")), ("14:dump", None), ("lease:3600", None), ("300:00", None), ("0:00", None),
        ("12", None), ("", None), ("-1:00", None), ("0xzz:00", None), ("1_2:00", None), ("77:0", None),
    ],
)  # fmt: skip
def test_an_item_says_a_tag_and_octets(item: str, said: tuple[int, str] | None) -> None:
    assert sent_of(item) == said


def test_an_item_is_written_as_it_was() -> None:
    assert item_of(12, "626f78", ("x", "hostname:box")) == "hostname:box"
    assert item_of(12, "626f79", ("x", "hostname:box")) == "12:626f79"


def test_options_are_asked_for_by_number_or_name() -> None:
    assert [number_of(word, ASKED, 254) for word in ("43", "0x7d", "ntpsrv", "nonsense", "255", "²")] == [
        43, 125, 42, None, None, None,
    ]  # fmt: skip
    assert number_of("17", {}, 65_535) == 17
    assert set(NAMES.values()) <= set(range(1, 255))


def test_rows_of_a_person_are_known_by_their_tags() -> None:
    rows = read_rows("wan", [(43, ""), (125, ""), (43, "")], ())
    assert rows == {"wan_43": OptionRow(True, 43), "wan_125": OptionRow(True, 125)}
    assert entries_of("wan", rows) == ()


def test_rows_that_are_off_are_kept_beside_in_their_order() -> None:
    rows = {
        "cpe_a": OptionRow(False, 43, "aa"),
        "wan_60": OptionRow(True, 60, "bb"),
        "cpe_b": OptionRow(True, 12, "cc"),
    }
    entries = entries_of("wan", rows)
    items = [(row.tag, row.value) for row in listed(rows.values())]
    assert list(read_rows("wan", items, entries).items()) == list(rows.items())


def test_an_item_that_a_person_took_away_takes_its_row_along_and_one_that_came_is_a_row() -> None:
    entries = ("cpe_a 1 12", "cpe_b 0 43 00")
    assert read_rows("wan", [(15, "dd")], entries) == {
        "cpe_b": OptionRow(False, 43, "00"), "wan_15": OptionRow(True, 15, "dd"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "octets"), [("home", "0004686f6d65"), ("a,b-1", "0001610003622d31"), ("a b", "000161000162"), ("", "")]
)
def test_user_classes_are_pieces_behind_their_lengths(text: str, octets: str) -> None:
    assert classes_of(text) == octets
    assert class_text(octets) == text.replace(" ", ",")


@pytest.mark.parametrize("octets", ["00", "0004686f", "0003612062", "000300ff61", "0001610000"])
def test_what_would_not_come_through_as_it_is_is_no_user_class(octets: str) -> None:
    assert class_text(octets) is None


@pytest.mark.parametrize("entry", ["", "cpe_a", "cpe_a 2 12", "cpe_a 0 x", "cpe_a 0 12 zz", " 0 12 00"])
def test_what_is_no_entry_is_no_row(entry: str) -> None:
    assert read_rows("wan", [], [entry]) == {}
