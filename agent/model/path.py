"""Paths of the data model as typed segments: names, instance numbers, aliases and wildcards (TR-106 §3.2)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent.model.errors import UnknownPath

LONGEST: Final = 256  # cwmp-1-4.xsd, ParameterName

_TOKEN: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)|([1-9][0-9]{0,9})|\[([^\[\]]{1,64})\]|(\*)")


@dataclass(frozen=True, slots=True)
class Name:
    """An object's or a parameter's own name."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Number:
    """An instance number, 1 or more."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Alias:
    """An instance named by its Alias, written ``[alias]`` (TR-069 §3.6.1)."""

    text: str

    def __str__(self) -> str:
        return f"[{self.text}]"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Every instance of a table, written ``*``."""

    def __str__(self) -> str:
        return "*"


Segment = Name | Number | Alias | Wildcard


@dataclass(frozen=True, slots=True)
class ParameterPath:
    """A path; partial when it names an object ("Device.IP.") rather than a parameter. The empty path is the root."""

    segments: tuple[Segment, ...]
    is_partial: bool

    @classmethod
    def parse(cls, text: str) -> "ParameterPath":
        """Read a path as it stands on the wire; raises UnknownPath for what can be no path at all."""
        return _parse(text)

    @property
    def has_wildcard(self) -> bool:
        """Whether an instance is written ``*``."""
        return any(isinstance(segment, Wildcard) for segment in self.segments)

    def __str__(self) -> str:
        if not self.segments:
            return ""
        return ".".join(str(segment) for segment in self.segments) + ("." if self.is_partial else "")


@lru_cache(maxsize=1024)
def _parse(text: str) -> ParameterPath:
    if text == "":
        return ParameterPath((), True)
    if len(text) > LONGEST:
        raise UnknownPath(text[:LONGEST] + "…", f"a path has at most {LONGEST} characters")
    is_partial = text.endswith(".")
    return ParameterPath(tuple(_segments(text, text[:-1] if is_partial else text)), is_partial)


def _segments(whole: str, text: str) -> Iterator[Segment]:
    position = 0
    while True:
        found = _TOKEN.match(text, position)
        if not found:
            raise UnknownPath(whole, f"no path can continue with {text[position : position + 16]!r}")
        name, number, alias, _ = found.groups()
        if name is not None:
            yield Name(name)
        elif number is not None:
            yield Number(int(number))
        elif alias is not None:
            yield Alias(alias)
        else:
            yield Wildcard()
        position = found.end()
        if position == len(text):
            return
        if text[position] != ".":
            raise UnknownPath(whole, f"a dot is missing before {text[position : position + 16]!r}")
        position += 1
