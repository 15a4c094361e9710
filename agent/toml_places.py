"""Where the keys of a TOML or JSON text stand, which the readers of both do not tell: for messages and for edits."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_HEADER: Final = re.compile(r"[ \t]*\[{1,2}([^\[\]]+)\]{1,2}[ \t]*(?:#.*)?")
_KEY: Final = re.compile(r"""[ \t]*((?:[\w-]|[ \t]*\.[ \t]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')+)[ \t]*=[ \t]*""")
_PART: Final = re.compile(r"""[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_MARK: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|\n')


class Place(NamedTuple):
    """A key, or a table's header: ``path`` from the root, the line (0 is the first) and the column of its value.

    ``last`` is the line on which the value ends, ``rest`` what stands behind it there; of a header both say nothing.
    """

    path: tuple[str, ...]
    line: int
    column: int
    last: int
    rest: str = ""
    is_header: bool = False


def places(text: str) -> Iterator[Place]:
    """The keys and headers of a text that is TOML, in their order. Keys inside of inline tables are not told."""
    lines = text.splitlines(keepends=True)
    table: tuple[str, ...] = ()
    number = 0
    while number < len(lines):
        if found := _HEADER.fullmatch(lines[number].rstrip("\r\n")):
            table = _parts(found[1])
            yield Place(table, number, 0, number, is_header=True)
        elif found := _KEY.match(lines[number]):
            last, rest = _end_of_value(lines, number, found.end())
            yield Place((*table, *_parts(found[1])), number, found.end(), last, rest)
            number = last
        number += 1


def lines_of(text: str, is_json: bool = False) -> dict[tuple[str, ...], int]:
    """The line, counted from 1, of each key and table of a text that is TOML, or JSON."""
    if is_json:
        return dict(_keys_of_json(text))
    found: dict[tuple[str, ...], int] = {}
    for place in places(text):
        for end in range(1, len(place.path) + 1):
            found.setdefault(place.path[:end], place.line + 1)
    return found


def _parts(key: str) -> tuple[str, ...]:
    return tuple(_unquoted(part) for part in _PART.findall(key))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    return str(tomllib.loads(f"key = {part}")["key"])


def _end_of_value(lines: Sequence[str], first: int, start: int) -> tuple[int, str]:
    """The line on which a value ends that begins at ``start`` of line ``first``, and what stands behind it there."""
    value = ""
    for number in range(first, len(lines)):
        line = lines[number][start:] if number == first else lines[number]
        marks = [place for place, letter in enumerate(line) if letter == "#"]
        for end in (*marks, len(line.rstrip("\r\n"))):
            if _is_value(value + line[:end]):
                kept = line[:end].rstrip()
                return number, line[len(kept) :]
        value += line
    return first, ""


def _is_value(text: str) -> bool:
    try:
        tomllib.loads(f"value = {text}\n")
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys_of_json(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    import json

    line = 1
    above: list[str] = []
    said = ""  # the last string, which is a key when a colon follows
    for mark in _MARK.findall(text):
        if mark == "\n":
            line += 1
        elif mark[0] == '"':
            said = str(json.loads(mark))
        elif mark == ":":
            yield (*above[1:], said), line  # the outermost object has no key
        elif mark in "{[":
            above.append(said)
        elif mark in "}]" and above:
            above.pop()
