"""By difference: what is not said otherwise stays as it stands in the file, byte for byte."""

from pathlib import Path

import pytest

from backends.openwrt.sections import Told, fresh, is_ours, items_changed, sections_of, truth, write
from backends.uci import FileUci, Places, Section, identified

pytestmark = pytest.mark.slow

TEXT = """# ours? no
config host
	option name	'a'   # beside
	list mac '02:00:00:00:00:01'
	list mac '02:00:00:00:00:02'
	option unknown "it's"

config rule 'one'

config host 'b'
	option name 'b'

config rule 'two'
"""


@pytest.fixture
def uci(tmp_path: Path) -> FileUci:
    places = Places.under(tmp_path)
    places.config.mkdir(parents=True)
    (places.config / "dhcp").write_text(TEXT)
    return FileUci(places)


def said(uci: FileUci) -> str:
    return (uci.places.config / "dhcp").read_text()


def test_nothing_said_otherwise_changes_nothing(uci: FileUci) -> None:
    edits = uci.edit()
    told = {"b": Told("host", {"name": "b", "mac": ("x",), "gone": ""})}
    write(edits, "dhcp", told, told, [["one", "two"]])
    assert not edits.changed()


def test_an_option_is_changed_and_all_around_it_stays(uci: FileUci) -> None:
    key = next(iter(identified(uci.read("dhcp"))))
    edits = uci.edit()
    before = {key: Told("host", {"mac": ("02:00:00:00:00:01",), "name": "a"})}
    write(edits, "dhcp", before, {key: Told("host", {"mac": ("02:00:00:00:00:09",), "name": "a"})})
    edits.commit()
    expected = TEXT.replace("config host\n", f"config host '{key}'\n", 1).replace("00:01'", "00:09'", 1)
    assert said(uci) == expected


def test_sections_come_and_go(uci: FileUci) -> None:
    edits = uci.edit()
    write(edits, "dhcp", {"b": Told("host", {"name": "b"})}, {"cpe_1": Told("host", {"name": "c", "ip": ""})})
    edits.commit()
    assert sorted(one.name for one in uci.read("dhcp").of_type("host")) == ["", "cpe_1"]
    assert uci.read("dhcp").by_id["cpe_1"].options == {"name": "c"}
    assert "# beside" in said(uci)


def test_a_section_of_another_type_is_another_one(uci: FileUci) -> None:
    edits = uci.edit()
    write(edits, "dhcp", {"b": Told("host", {"name": "b"})}, {"b": Told("rule", {"name": "b"})})
    assert edits.read("dhcp").by_id["b"] == Section("rule", "b", "b", {"name": "b"})


def test_an_order_is_made_by_moving(uci: FileUci) -> None:
    edits = uci.edit()
    write(edits, "dhcp", {}, {}, [["two", "one", "missing"]])
    edits.commit()
    assert [one.name for one in uci.read("dhcp").of_type("rule")] == ["two", "one"]


@pytest.mark.parametrize(
    ("present", "before", "after", "expected"),
    [
        (("x", "a", "y"), ("a",), ("b",), ("x", "b", "y")),
        (("x", "a", "y"), ("a",), (), ("x", "y")),
        (("x",), (), ("b", "c"), ("x", "b", "c")),
        (("a", "x", "b"), ("a", "b"), ("b", "a"), ("b", "x", "a")),
        (("a", "a2"), ("a",), ("c", "a", "d"), ("c", "a", "d", "a2")),
        (("a", "x", "a"), ("a",), (), ("x", "a")),
        ((), ("a",), ("b",), ("b",)),
        (("x",), "", ("b",), ("x", "b")),
    ],
)
def test_of_a_list_only_the_items_said_are_touched(
    present: tuple[str, ...], before: tuple[str, ...] | str, after: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert items_changed(present, before, after) == expected


def test_a_fresh_name_is_ours_and_nobody_else_s() -> None:
    names = {fresh() for _ in range(20)}
    assert len(names) == 20
    assert all(map(is_ours, names))
    assert fresh(names) not in names
    assert not is_ours("lan")


def test_a_switch_is_read_as_scripts_do(uci: FileUci) -> None:
    for text, expected in (("on", True), ("0", False), ("Disabled", False), ("x", True), ("", True)):
        assert truth(Section("a", "b", "b", {"c": text}), "c", True) is expected
    assert [*sections_of(uci.read("dhcp"), "rule")] == ["one", "two"]
