"""What UCI holds, as everybody who reads it sees it, and what may be refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from backends.errors import MechanismError

Value = str | tuple[str, ...]
"""An option is a text, a list is a tuple. Bytes that are no UTF-8 are in the text as ``surrogateescape`` has them."""

NAME: Final = re.compile(r"[A-Za-z0-9_]+")
TYPE: Final = re.compile(r"[!-~]+")
PACKAGE: Final = re.compile(r"[A-Za-z0-9_-]+")
PLAIN_TYPE: Final = re.compile(r"[A-Za-z0-9_-]+")
"""What a type made by us consists of: one with quotes or semicolons is written by libuci so that it cannot read it."""
CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST: Final = 65_536


class BrokenPackage(MechanismError):
    """A file that is not UCI: this package cannot be read or changed, all others can."""

    def __init__(self, path: Path, line: int, why: str) -> None:
        super().__init__(f"{path}, line {line}: {why}")
        self.path = path
        self.line = line


class ChangedMeanwhile(MechanismError):
    """Somebody else has written the package since it was read: read it again and edit anew."""


class NotUci(MechanismError):
    """A name or a value that UCI cannot hold."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section. ``id`` is what libuci calls it: its name, or for an anonymous one (``name`` is "") cfgNNhhhh,
    which holds its position and is good within one reading only."""

    type: str
    name: str
    id: str
    options: Mapping[str, Value] = field(default_factory=dict)

    @property
    def anonymous(self) -> bool:
        """Whether the file gives it no name."""
        return not self.name

    def text(self, option: str, default: str = "") -> str:
        """An option as one text: a list's items with blanks between them, as UCI's scripts read it."""
        value = self.options.get(option, default)
        return value if isinstance(value, str) else " ".join(value)

    def items(self, option: str) -> tuple[str, ...]:
        """An option as a list: a text's words, as UCI's scripts read it."""
        value = self.options.get(option, ())
        return tuple(value.split()) if isinstance(value, str) else value


@dataclass(frozen=True)
class Package:
    """One file of sections, in their order."""

    name: str
    sections: tuple[Section, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, Section]:
        """Sections by their ids; the first where two have the same, as libuci finds them."""
        return {section.id: section for section in reversed(self.sections)}

    def says(self) -> list[tuple[str, str, Mapping[str, Value]]]:
        """What it means, to compare: types, names and options, without the ids of one reading."""
        return [(section.type, section.name, section.options) for section in self.sections]

    def get(self, section: str) -> Section | None:
        """The section of an id; None when there is none."""
        return self.by_id.get(section)

    def of_type(self, kind: str) -> tuple[Section, ...]:
        """The sections of a type, in their order."""
        return tuple(section for section in self.sections if section.type == kind)


@dataclass(frozen=True, slots=True)
class Staged:
    """An edit that somebody else has staged and not committed. ``operation`` is ``uci``'s own word for it."""

    package: str
    section: str
    option: str
    operation: str
    value: str
    where: Path


def check_value(value: str) -> str:
    """The value, when UCI can hold it and gives it back equal; NotUci otherwise. It never repeats the value."""
    if "\0" in value:
        raise NotUci("a text with a NUL cannot be kept in UCI")
    if CONTROLS.search(value):
        raise NotUci("a text with control characters other than tab and ends of lines cannot be kept in UCI")
    if len(value) > LONGEST:
        raise NotUci(f"a text of {len(value)} characters is too long to be kept in UCI")
    try:
        same = value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == value
    except UnicodeEncodeError:
        same = False
    if not same:
        raise NotUci("a text with half a character cannot be kept in UCI")
    return value


def check_name(name: str, what: str = "a name") -> str:
    """A name of a section or an option; NotUci for what UCI refuses (hyphens as well)."""
    if not NAME.fullmatch(name):
        raise NotUci(f"{what} in UCI has letters, digits and underlines only: {name[:40]!r}")
    return name


def check_type(kind: str) -> str:
    """A section's type; NotUci for what could not be read again."""
    if not PLAIN_TYPE.fullmatch(kind):
        raise NotUci(f"a type in UCI has letters, digits, hyphens and underlines only: {kind[:40]!r}")
    return kind


def check_package(name: str) -> str:
    """A package's name; NotUci for what is none (a path, a backup with a tilde or a dot)."""
    if not PACKAGE.fullmatch(name):
        raise NotUci(f"a package in UCI has letters, digits, hyphens and underlines only: {name[:40]!r}")
    return name
