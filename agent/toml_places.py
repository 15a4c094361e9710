"""Where the keys of a TOML or JSON text stand, which the readers of both do not tell: for messages and for edits."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

_HEADER: Final = re.compile(r"[ \t]*\[{1,2}([^\[\]]+)\]{1,2}[ \t]*(?:#.*)?")
_KEY: Final = re.compile(r"""[ \t]*((?:[\w-]|[ \t]*\.[ \t]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')+)[ \t]*=[ \t]*""")
_PART: Final = re.compile(r"""[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# TOML's texts, which may hold anything; one that does not end, of which nothing can be made, goes on to where it must.
# No group is possessive: up to 3.11.4 Python finds more by such a one than there is (CPython's gh-100061).
_LONG_TEXT: Final = r"""\"{3}[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*(?:"{3,5})?|'{3}[^']*+(?:'(?!'')[^']*+)*(?:'{3,5})?"""
_ESCAPED: Final = r"""\"[^"\\\n]*+(?:\\.[^"\\\n]*+)*"""
_TEXT: Final = rf"""{_ESCAPED}"?|'[^'\n]*+'?"""
_SIGN: Final = re.compile(rf"{_LONG_TEXT}|{_TEXT}|#[^\n]*+|[\[\]{{}}\n]", re.DOTALL)
DEEPEST: Final = 16
"""Parts of a key; what tells where keys are, and what reads them, takes as many steps as the square of that."""
_LINK: Final = rf"""(?:[\w-]++|{_ESCAPED}"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_TOO_DEEP: Final = re.compile(rf"{_LONG_TEXT}|((?:{_LINK}){{{DEEPEST}}})|{_TEXT}|#[^\n]*+|[\w-]++", re.DOTALL)
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
    starts = [0, *accumulate(map(len, lines))]
    table: tuple[str, ...] = ()
    number = 0
    while number < len(lines):
        if found := _HEADER.fullmatch(lines[number].rstrip("\r\n")):
            table = _parts(found[1])
            yield Place(table, number, 0, number, is_header=True)
        elif found := _KEY.match(lines[number]):
            last, rest = _end_of_value(text, starts, number, found.end())
            yield Place((*table, *_parts(found[1])), number, found.end(), last, rest)
            number = last
        number += 1


def lines_of(text: str, is_json: bool = False) -> dict[tuple[str, ...], int]:
    """The line, counted from 1, of each key and table of a text that is TOML, or JSON; of JSON's not the deepest."""
    if is_json:
        return dict(_keys_of_json(text))
    found: dict[tuple[str, ...], int] = {}
    for place in places(text):
        for end in range(1, len(place.path) + 1):
            found.setdefault(place.path[:end], place.line + 1)
    return found


def too_deep(text: str) -> int:
    """The line, counted from 1, of the first key of more than DEEPEST parts in a text that may be TOML; 0: none is."""
    for found in _TOO_DEEP.finditer(text):
        if found[1]:
            return text.count("\n", 0, found.start()) + 1
    return 0


def _parts(key: str) -> tuple[str, ...]:
    return tuple(_unquoted(part) for part in _PART.findall(key))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    return str(tomllib.loads(f"key = {part}")["key"])


def _end_of_value(text: str, starts: Sequence[int], first: int, column: int) -> tuple[int, str]:
    """The line on which a value ends that begins at ``column`` of line ``first``, and what stands behind it there."""
    begin, end, depth = starts[first] + column, len(text), 0
    for sign in _SIGN.finditer(text, begin):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign[0], 0)
        if depth == 0 and sign[0][0] in "#\n":
            end = sign.start()
            break
    end = begin + len(text[begin:end].rstrip())
    last = max(first, bisect_left(starts, end) - 1)
    return last, text[end : starts[last + 1]]


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
            if len(above) <= DEEPEST:
                yield (*above[1:], said), line  # the outermost object has no key
        elif mark in "{[":
            above.append(said)
        elif mark in "}]" and above:
            above.pop()
