"""Edits of one package, and the commands that make them; what they come to is in the contract suite."""

from pathlib import Path

import pytest

from backends.errors import Missing
from backends.uci.draft import Command, Draft
from backends.uci.reading import parsed
from backends.uci.types import NotUci

TEXT = "config t 'a'\n\toption x '1'\n\tlist y '1'\n\nconfig host\n\nconfig host\n"


@pytest.fixture
def draft() -> Draft:
    return Draft(parsed("p", TEXT, Path("p")))


def test_edits_are_commands_of_uci_in_their_order(draft: Draft) -> None:
    draft.set("a", "x", "2")
    draft.set("a", "y", ("1", "2"))
    draft.add_to_list("a", "y", "3")
    new = draft.add("host")
    draft.set(new, "ip", "1")
    draft.rename(new, "nas")
    draft.reorder("nas", 0)
    draft.delete("cfg02fe63")
    assert draft.commands == [
        Command("set", "a", "x", "2"),
        Command("delete", "a", "y"),
        Command("add_list", "a", "y", "1"),
        Command("add_list", "a", "y", "2"),
        Command("add_list", "a", "y", "3"),
        Command("add", "cfg04fe63", "", "host"),
        Command("set", "cfg04fe63", "ip", "1"),
        Command("rename", "cfg04fe63", "", "nas"),
        Command("reorder", "nas", "", "0"),
        Command("delete", "cfg02fe63"),
    ]
    assert draft.origins() == (None, 0, 2)


def test_what_changes_nothing_is_no_command(draft: Draft) -> None:
    draft.set("a", "x", "1")
    draft.set("a", "y", ("1",))
    draft.remove_from_list("a", "y", "2")
    draft.remove_from_list("a", "x", "1")
    draft.delete_option("a", "z")
    draft.rename("a", "a")
    draft.rename_option("a", "x", "x")
    draft.reorder("a", 0)
    draft.reorder("cfg03fe63", 99)
    assert draft.commands == []
    assert not draft.changed


def test_what_was_deleted_is_there_no_more_and_its_number_is_not_given_again(draft: Draft) -> None:
    draft.delete(draft.add("host"))
    with pytest.raises(Missing):
        draft.set("cfg04fe63", "a", "1")
    assert draft.add("host") == "cfg05fe63"


def test_an_option_is_not_renamed_over_another(draft: Draft) -> None:
    with pytest.raises(NotUci):
        draft.rename_option("a", "x", "y")
    with pytest.raises(Missing):
        draft.rename_option("a", "z", "w")
    with pytest.raises(NotUci):
        draft.reorder("a", -1)


def test_lists_have_an_end(draft: Draft) -> None:
    with pytest.raises(NotUci):
        draft.set("a", "y", ("1",) * 5000)
    assert not draft.changed


def test_equal_sections_are_identified_together(draft: Draft) -> None:
    """Otherwise the name of the second would depend on whether the first is still there."""
    second = draft.identify("cfg03fe63")
    names = [section.name for section in draft.package().sections]
    assert second == names[2] == f"{names[1]}_2"
    assert draft.identify(second) == second
