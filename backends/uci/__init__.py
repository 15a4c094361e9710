"""UCI, OpenWrt's configuration: read, staged, committed, taken back; in three ways that keep the same promises."""

from typing import Final, Protocol

from backends.errors import Missing
from backends.uci.edits import Edits
from backends.uci.files import FileUci
from backends.uci.identity import identified, identities
from backends.uci.library import LibraryUci, is_installed
from backends.uci.places import Places
from backends.uci.program import ProgramUci
from backends.uci.types import BrokenPackage, ChangedMeanwhile, NotUci, Package, Section, Staged, Value

__all__ = [
    "BrokenPackage", "ChangedMeanwhile", "Edits", "FileUci", "LibraryUci", "NotUci", "Package", "Places", "ProgramUci",
    "Section", "Staged", "Uci", "Value", "identified", "identities", "opened",
]  # fmt: skip

WAYS: Final = ("auto", "files", "library", "program")


class Uci(Protocol):
    """The configuration of a system as it is committed, and edits of it."""

    def packages(self) -> tuple[str, ...]:
        """The packages that there are, sorted."""

    def read(self, package: str) -> Package:
        """A package as committed, read once until ``forget``. Missing, or BrokenPackage for this one alone."""

    def forget(self) -> None:
        """Look at the files again at the next reading."""

    def staged_by_others(self) -> tuple[Staged, ...]:
        """What people and pages have staged and not committed: no edit of ours commits or drops it."""

    def edit(self) -> Edits:
        """New edits, none staged."""


def opened(places: Places | None = None, way: str = "auto") -> Uci:
    """UCI in one of the ``WAYS``; "auto" is python3-uci where it is installed, else files. Missing for what is not."""
    if way == "program":
        return ProgramUci(places)
    if way == "library" and not is_installed():
        raise Missing("python3-uci is not installed")
    if way == "library" or (way == "auto" and is_installed()):
        return LibraryUci(places)
    return FileUci(places)
