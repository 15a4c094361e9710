"""The section of the machine as a whole, in texts that nobody has to have made neatly."""

from pathlib import Path

import pytest

from backends.desired_state import SINGLE, Wanted
from backends.errors import MechanismError
from backends.openwrt.system.host import HostMapping, HostName, Zone, first
from backends.uci import BrokenPackage, FileUci, Places
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow


def accept(name: str) -> None:
    if not name:
        raise MechanismError("no name")


def changed_by_nothing(directory: Path, text: str) -> frozenset[str]:
    """The packages that would be written when nothing is asked for."""
    places = Places.under(directory)
    places.config.mkdir(parents=True, exist_ok=True)
    (places.config / "system").write_bytes(text.encode("utf-8", "surrogateescape"))
    mapping = HostMapping(directory, accept, lambda: False)
    edits = FileUci(places).edit()
    now = mapping.read(edits.read)
    mapping.check(now, now)
    mapping.write(edits, now, now)
    assert mapping.read(edits.read) == now
    return edits.changed()


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    texts = [path.read_text(encoding="utf-8", errors="surrogateescape") for path in sorted(CORPUS.glob("*/system"))]
    assert texts
    for text in texts:
        assert not changed_by_nothing(tmp_path, text)


def test_so_is_any_text_that_is_uci(tmp_path: Path) -> None:
    read = 0
    for text in mutated(3, 60):
        try:
            assert not changed_by_nothing(tmp_path, f"{text}\nconfig system\n\toption hostname 'x'\n")
        except BrokenPackage:
            continue
        read += 1
    assert read > 10


def test_the_first_section_of_the_type_counts(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    places.config.mkdir(parents=True)
    (places.config / "system").write_text(
        "config led\nconfig system\n\toption hostname 'one'\nconfig system 'b'\n\toption hostname 'two'\n"
    )
    uci = FileUci(places)
    mapping = HostMapping(tmp_path, accept, lambda: False)
    assert first(uci.read)[1].text("hostname") == "one"
    edits, before = uci.edit(), mapping.read(uci.read)
    after = Wanted(1, {HostName: {SINGLE: HostName(name="three")}, Zone: {SINGLE: Zone(posix="EST5")}})
    mapping.write(edits, before, after)
    edits.commit()
    text = (places.config / "system").read_text()
    assert [word in text for word in ("'three'", "'two'", "timezone 'EST5'", "cpe_")] == [True, True, True, False]
