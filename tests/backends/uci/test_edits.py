"""Edits of several packages; most of it is in the contract suite."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.uci.draft import Draft
from backends.uci.edits import Edits, Reading
from backends.uci.files import FileUci
from backends.uci.places import Places
from backends.uci.types import ChangedMeanwhile


class Unwilling(FileUci):
    """A disk that fails at one package's commit."""

    def commit(self, reading: Reading, draft: Draft) -> bytes:
        if reading.package.name == "b":
            raise MechanismError("no space left on device")
        return super().commit(reading, draft)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places.under(tmp_path)
    made.config.mkdir(parents=True)
    for name in "abc":
        (made.config / name).write_text("# mine\nconfig t 's'\n")
    return made


def staged(edits: Edits) -> Edits:
    for name in "abc":
        edits.set(name, "s", "x", "1")
    return edits


def test_what_was_written_before_a_failure_is_put_back(places: Places) -> None:
    with pytest.raises(MechanismError, match="no space"):
        staged(Unwilling(places).edit()).commit()
    assert {(places.config / name).read_text() for name in "abc"} == {"# mine\nconfig t 's'\n"}


def test_an_undo_puts_back_what_it_can(places: Places) -> None:
    edits = staged(FileUci(places).edit())
    assert edits.commit() == {"a", "b", "c"}
    (places.config / "b").write_text("config t 'theirs'\n")
    with pytest.raises(ChangedMeanwhile, match="/b "):
        edits.undo()
    assert [(places.config / name).read_text() for name in "abc"] == [
        "# mine\nconfig t 's'\n", "config t 'theirs'\n", "# mine\nconfig t 's'\n",
    ]  # fmt: skip
