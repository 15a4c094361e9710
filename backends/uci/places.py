"""Where UCI keeps its files, and what others have staged there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.files import names_in, read_bytes
from backends.uci.grammar import words
from backends.uci.reading import decoded
from backends.uci.types import PACKAGE, Staged, check_package

OPERATIONS: Final = {"+": "add", "-": "delete", "@": "rename", "^": "reorder", "|": "add_list", "~": "del_list"}


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of a system, or of an image that is being made."""

    config: Path = Path("/etc/config")
    override: Path = Path("/var/run/uci")
    """A file here is read and written instead of the one of its name in ``config``."""
    staged: Path = Path("/tmp/.uci")  # noqa: S108  # libuci's, and this is where people's edits are
    sessions: Path = Path("/var/run/rpcd")
    """rpcd keeps what a page has staged in uci-SESSION in here."""
    own: Path = Path("/var/run/cpe-agent/uci")
    """Where our own edits lie between staging and commit when ``uci`` makes them."""

    @classmethod
    def under(cls, root: Path) -> "Places":
        """The same of a system that is a directory of this one."""
        return cls(*(root / str(each).lstrip("/") for each in (
            cls().config, cls().override, cls().staged, cls().sessions, cls().own)))  # fmt: skip

    def packages(self) -> tuple[str, ...]:
        """The packages that there are, sorted; copies such as ``network~`` and ``network.bak`` are none."""
        return tuple(name for name in names_in(self.config)
                     if PACKAGE.fullmatch(name) and not (self.config / name).is_dir())  # fmt: skip

    def path(self, package: str) -> Path:
        """The file that a package is read from. NotUci for a name that is none."""
        override = self.override / check_package(package)
        return override if override.is_file() else self.config / package

    def staged_by_others(self) -> tuple[Staged, ...]:
        """What people and pages have staged and not committed, in the order of their doing for each place."""
        pages = (self.sessions / name for name in names_in(self.sessions) if name.startswith("uci-"))
        return tuple(
            edit
            for directory in (self.staged, *pages)
            for package in names_in(directory)
            for edit in edits_staged(directory, package)
        )


def edits_staged(directory: Path, package: str) -> Iterator[Staged]:
    """What is staged for one package in one directory; lines that libuci could not read are left out, as there."""
    for line in words(decoded(read_bytes(directory / package) or b"")):
        if not line:
            continue
        operation = OPERATIONS.get(line[0][:1], "set")
        what, _, value = (line[0] if operation == "set" else line[0][1:]).partition("=")
        named, *place = what.split(".")
        if named == package and 1 <= len(place) <= 2:
            section, option = (*place, "")[:2]
            yield Staged(package, section, option, operation, value, directory)
