"""The ways to UCI that every promise is tried on: ours, python3-uci and ``uci`` where they are, and what stands in."""

import os
import secrets
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from backends.uci import FileUci, LibraryUci, Places, ProgramUci, Uci
from backends.uci.grammar import quote
from backends.uci.library import is_installed

STAND_IN = Path(__file__).parent.parent / "fakes" / "uci_program.py"
REAL = os.environ.get("UCI_BIN") or shutil.which("uci")
"""The real program; without one, the suites run on the others."""
WAYS = ["files", "stand-in", *(["library"] if is_installed() else []), *(["uci"] if REAL else [])]
PROGRAMS = ["stand-in", *(["uci"] if REAL else [])]


@dataclass
class Machine:
    """A system's configuration directory, and one way to it. ``name`` is a package nobody else has staged."""

    way: str
    directory: Path
    name: str = field(default_factory=lambda: f"cpe_test_{secrets.token_hex(6)}")

    def __post_init__(self) -> None:
        # Where ``uci`` looks for staged edits is compiled in.
        places = replace(Places.under(self.directory), staged=Places().staged)
        self.places = places if self.way in ("stand-in", "uci") else Places.under(self.directory)
        self.places.config.mkdir(parents=True)
        self.uci = self.another()

    @property
    def other(self) -> str:
        """A second package of its own, behind the first in any order."""
        return f"{self.name}_z"

    def another(self) -> Uci:
        """The same way, with nothing in memory."""
        if self.way == "files":
            return FileUci(self.places)
        if self.way == "library":
            return LibraryUci(self.places)
        return ProgramUci(self.places, str(REAL) if self.way == "uci" else str(self._stand_in()))

    def put(self, text: str | bytes, name: str = "") -> Path:
        """Let a package (the machine's own, if none is named) say a text."""
        path = self.places.config / (name or self.name)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def text(self, name: str = "") -> str:
        return (self.places.config / (name or self.name)).read_text()

    def person_stages(self, what: str, value: str) -> None:
        """What ``uci set`` leaves behind."""
        self.places.staged.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.places.staged / self.name).open("a") as delta:
            delta.write(f"{self.name}.{what}={quote(value)}\n")

    def staged(self) -> str:
        path = self.places.staged / self.name
        return path.read_text() if path.exists() else ""

    def close(self) -> None:
        for path in Places().staged.glob(f"{self.name}*"):
            path.unlink()

    def _stand_in(self) -> Path:
        program = self.directory / "uci"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {STAND_IN} "$@"\n')
        program.chmod(0o755)
        return program
