"""A telling committed and taken back: beside what other people do to the package."""

import logging
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.network.errors import Conflict, HandMade
from backends.network.plan import Change, Ident
from backends.openwrt.network.commits import Commits
from backends.openwrt.network.said import said
from backends.openwrt.network.telling import Telling
from backends.uci import FileUci
from tests.backends.openwrt.network.board import DSA, places_of

pytestmark = pytest.mark.slow


ADDRESS: Ident = ("address", "br-lan.10", "10.1.1.1/24")
FIRST: Ident = ("address", "br-lan.10", "192.168.1.1/24")
ADDED = Telling((Change(ADDRESS, None, {}),))


class Desk:
    def __init__(self, directory: Path) -> None:
        self.places = places_of(directory, DSA)
        self.path = self.places.config / "network"
        self.committed: list[str] = []
        uci = FileUci(self.places)
        self.commits = Commits(uci, dict, lambda document: said(document, {}, {}), self.committed.extend)

    @property
    def text(self) -> str:
        return self.path.read_text()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_is_committed_once_and_taken_back_with_every_comment(desk: Desk) -> None:
    desk.commits.try_out(ADDED)
    assert (desk.text, desk.committed) == (DSA, [])
    made = desk.commits.make(ADDED)
    assert made is not None
    assert "10.1.1.1/24" in desk.text
    desk.commits.take_back(made)
    assert (desk.text, desk.committed) == (DSA, ["network", "network"])


def test_nothing_to_do_writes_nothing(desk: Desk) -> None:
    assert desk.commits.make(Telling()) is None
    desk.commits.try_out(Telling())
    assert (desk.text, desk.committed) == (DSA, [])


def test_what_a_person_did_since_stays_when_ours_is_taken_back(desk: Desk) -> None:
    made = desk.commits.make(ADDED)
    assert made is not None
    desk.path.write_text(desk.text.replace("192.168.1.1/24", "192.168.1.5/24"))
    desk.commits.take_back(made)
    assert "192.168.1.5/24" in desk.text
    assert "10.1.1.1" not in desk.text


def test_what_a_person_changed_is_not_overwritten(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    gone = Telling((Change(FIRST, {}, None),))
    desk.path.write_text(desk.text.replace("192.168.1.1/24", "192.168.1.5/24"))
    with pytest.raises(MechanismError, match="changed by somebody else meanwhile"):
        desk.commits.make(gone)
    assert desk.commits.make(gone, must_hold=False) is None
    assert "stays as somebody else has set it" in caplog.text


def test_what_a_person_has_staged_is_neither_committed_nor_lost(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    staged = desk.places.staged / "network"
    staged.write_text("network.wan.metric='3'\n")
    desk.commits.make(ADDED)
    assert "set network.wan.metric is staged" in caplog.text
    staged.write_text("network.lan.ipaddr='192.168.9.1'\n")
    with pytest.raises(HandMade, match="uci commit network, or uci revert network"):
        desk.commits.make(Telling((Change(FIRST, {}, None),)))
    assert staged.read_text() == "network.lan.ipaddr='192.168.9.1'\n"


@pytest.mark.parametrize("hostile", ["a\0b", "x" * 70_000, "\x01"])
def test_texts_that_uci_cannot_hold_are_refused_before_anything_is_written(desk: Desk, hostile: str) -> None:
    with pytest.raises(Conflict):
        desk.commits.try_out(Telling((Change(("link", "lan5"), {}, {"mac": hostile}),)))
    assert desk.text == DSA


def test_what_is_not_read_as_it_was_written_could_not_be_said(desk: Desk) -> None:
    with pytest.raises(Conflict, match="cannot say this"):
        desk.commits.try_out(Telling((Change(("bridge_vlan", "lan1", "20"), None, {"untagged": True, "pvid": False}),)))
