"""python3-uci, by what stands in for it; where the real one is, the contract suite has it too."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from backends.errors import Missing
from backends.uci import BrokenPackage, FileUci, LibraryUci, Places, opened
from backends.uci.library import is_installed
from backends.uci.reading import decoded, parsed
from backends.uci.types import Package

TEXT = "config t 'a'\n\toption x '1'\n\tlist y '1'\n\nconfig host\n\toption ip '1'\n"


class Uci:
    """What backends.uci.library uses of it, as seen in 0.10.3."""

    loads = 0

    def __init__(self) -> None:
        self._loaded: dict[str, Package] = {}

    def load(self, path: str) -> None:
        if Path(path).name in self._loaded:
            raise RuntimeError("Duplicate entry")
        Uci.loads += 1
        self._loaded[Path(path).name] = parsed(Path(path).name, Path(path).read_bytes().decode(), Path(path))

    def unload(self, package: str) -> None:
        del self._loaded[package]

    def get_all(self, package: str) -> dict[str, dict[str, object]]:
        return {section.id: dict(section.options) for section in self._loaded[package].sections}

    def get(self, package: str, section: str) -> str:
        found = self._loaded[package].get(section)
        assert found is not None
        return found.type


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places.under(tmp_path)
    made.config.mkdir(parents=True)
    (made.config / "p").write_text(TEXT)
    return made


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("uci")
    module.Uci = Uci  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uci", module)
    monkeypatch.setattr(Uci, "loads", 0)


@pytest.mark.usefixtures("installed")
def test_it_reads_where_it_is_installed_and_says_the_same_as_files(places: Places) -> None:
    uci = opened(places)
    assert isinstance(uci, LibraryUci)
    assert uci.read("p") == FileUci(places).read("p")
    assert Uci.loads == 1
    (places.config / "p").write_text(TEXT.replace("'1'", "'2'"))
    uci.forget()
    assert uci.read("p") == FileUci(places).read("p")


@pytest.mark.usefixtures("installed")
def test_what_it_cannot_say_is_said_by_files(places: Places) -> None:
    (places.config / "latin1").write_bytes(b"config t 'a'\n\toption x '\xff'\n")
    (places.config / "broken").write_text("config t 'a'\n\toption x '\n")
    assert LibraryUci(places).read("latin1") == parsed("latin1", decoded(b"config t 'a'\n option x '\xff'\n"), Path())
    with pytest.raises(BrokenPackage, match="line 2"):
        LibraryUci(places).read("broken")


def test_without_it_files_are_read(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uci", None)
    assert not is_installed()
    assert type(opened(places)) is FileUci
    with pytest.raises(Missing, match="python3-uci"):
        opened(places, "library")
