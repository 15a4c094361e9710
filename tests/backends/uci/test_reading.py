"""Texts of files and packages."""

from pathlib import Path

import pytest

from backends.uci.reading import anonymous_id, decoded, encoded, option_text, parsed, rendered, section_text
from backends.uci.types import BrokenPackage, Package, Section


def sections(text: str) -> tuple[Section, ...]:
    return parsed("p", text, Path("/etc/config/p")).sections


@pytest.mark.parametrize(
    ("count", "kind", "name"),
    [
        (1, "dnsmasq", "cfg01411c"),
        (2, "host", "cfg02fe63"),
        (3, "host", "cfg03fe63"),
        (2, "device", "cfg020f15"),
        (300, "host", "cfg12cfe63"),
    ],
)
def test_anonymous_sections_are_called_as_libuci_calls_them(count: int, kind: str, name: str) -> None:
    assert anonymous_id(count, kind) == name


def test_a_section_that_goes_on_later_does_not_count_twice() -> None:
    found = sections("config t 'a'\nconfig t 'b'\nconfig t 'a'\n\toption x 1\nconfig host\n")
    assert [section.id for section in found] == ["a", "b", "cfg03fe63"]
    assert found[0].options == {"x": "1"}


def test_an_option_said_twice_is_the_last_that_is_not_empty_and_with_a_list_becomes_one() -> None:
    [found] = sections(
        "config t 'a'\n option x 1\n option x 2\n option x ''\n option y 1\n list y 2\n list z 1\n option z 2\n"
    )
    assert found.options == {"x": "2", "y": ("1", "2"), "z": "2"}


def test_the_error_names_the_file_and_the_line() -> None:
    with pytest.raises(BrokenPackage, match=r"^/etc/config/p, line 3: section a is of type t further up$"):
        sections("config t 'a'\n\nconfig u 'a'\n")


def test_bytes_that_are_no_utf8_are_kept() -> None:
    content = b"\nconfig t 'a'\n\toption x 'Stra\xdfe'\n\n"
    assert encoded(rendered(parsed("p", decoded(content), Path("p")))) == content


def test_texts_are_written_as_uci_writes_them() -> None:
    section = Section("t", "", "cfg01", {"a": "it's", "b": ("1", "two\nlines"), "c": ()})
    assert section_text(section) == "config t\n\toption a 'it'\\''s'\n\tlist b '1'\n\tlist b 'two\nlines'\n"
    assert rendered(Package("p", (section,))) == f"\n{section_text(section)}\n"
    assert option_text("a", ()) == ""


def test_a_type_with_marks_in_it_can_be_read_again() -> None:
    """``uci`` writes it without quotes and refuses its own file then."""
    package = Package("p", sections("config it\\'s 'a'\n"))
    assert package.sections[0].type == "it's"
    assert parsed("p", rendered(package), Path("p")) == package
