"""What a person has staged is not lost, whichever of our edits comes first."""

import logging
from pathlib import Path

import pytest

from backends.openwrt.staged import Others, conflict, named
from backends.uci import Edits, FileUci, Package, Places, Staged

pytestmark = pytest.mark.slow

TEXT = "config host 'a'\n\toption ip '1'\n\nconfig host\n\toption ip '2'\n\nconfig host\n\toption ip '3'\n"


@pytest.fixture
def uci(tmp_path: Path) -> FileUci:
    places = Places.under(tmp_path)
    places.config.mkdir(parents=True)
    (places.config / "dhcp").write_text(TEXT)
    return FileUci(places)


def staged(section: str, option: str = "ip", operation: str = "set") -> Staged:
    return Staged("dhcp", section, option, operation, "secret", Path("/tmp/.uci"))


def lost(uci: FileUci, edits: Edits, one: Staged) -> Staged | None:
    before: Package = uci.read("dhcp")
    return conflict([one], before, edits.read("dhcp"))


def test_another_option_or_section_is_in_nobodys_way(uci: FileUci) -> None:
    edits = uci.edit()
    edits.set("dhcp", "a", "ip", "9")
    edits.add("dhcp", "host", "new")
    ids = [section.id for section in uci.read("dhcp").sections]
    assert lost(uci, edits, staged("a", "name")) is None
    assert lost(uci, edits, staged(ids[1])) is None
    assert lost(uci, edits, staged("cfg04fe63", "", "add")) is None


def test_the_same_option_and_the_whole_section_are(uci: FileUci) -> None:
    edits = uci.edit()
    edits.set("dhcp", "a", "ip", "9")
    assert lost(uci, edits, staged("a"))
    assert lost(uci, edits, staged("a", "", "delete"))


def test_an_anonymous_section_that_gets_a_name_or_moves_is_not_found_again(uci: FileUci) -> None:
    ids = [section.id for section in uci.read("dhcp").sections]
    edits = uci.edit()
    edits.identify("dhcp", ids[1])
    assert lost(uci, edits, staged(ids[1], "name"))
    assert lost(uci, edits, staged(ids[2], "name")) is None
    edits.delete("dhcp", "a")
    assert lost(uci, edits, staged(ids[2], "name"))


def test_the_log_hears_of_each_once_and_of_no_value(caplog: pytest.LogCaptureFixture) -> None:
    others = Others()
    with caplog.at_level(logging.WARNING):
        others.tell([staged("a")])
        others.tell([staged("a"), staged("a", "name")])
    assert caplog.text.count("set dhcp.a.ip is staged in /tmp/.uci and not committed: it stays so") == 1
    assert caplog.text.count("dhcp.a.name") == 1
    assert "secret" not in caplog.text
    assert named(staged("a", "", "delete")) == "delete dhcp.a"
