"""Changes single values in the text of a TOML file and leaves all else as a person wrote it: comments, order, blanks."""

import copy
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

_HEADER: Final = re.compile(r"[ \t]*\[([^\[\]]+)\][ \t]*(?:#.*)?")
_KEY: Final = re.compile(r"""([ \t]*)((?:[\w-]|[ \t]*\.[ \t]*|"[^"\n]*"|'[^'\n]*')+)[ \t]*=[ \t]*""")
_ESCAPED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class NotChangeable(Exception):
    """The file is written in a way in which a value cannot be changed by itself. ``lines`` are what a person writes."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(", ".join(lines))
        self.lines = tuple(lines)


def written(value: Any) -> str:
    """A value as TOML writes it: truth, whole number, text, or a list of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    escaped = "".join(_ESCAPED.get(one) or (one if one.isprintable() else f"\\U{ord(one):08x}") for one in str(value))
    return f'"{escaped}"'


def changed(text: str, values: Mapping[str, Any]) -> str:
    """The text with other values, by "table.key". Raises tomllib.TOMLDecodeError, or NotChangeable where it must not.

    The outcome is read again and compared: nothing but these values differs, or it is refused.
    """
    expected = copy.deepcopy(tomllib.loads(text))
    result = text
    for name, value in values.items():
        table, _, key = name.partition(".")
        above = expected.setdefault(table, {})
        if isinstance(above, dict):
            above[key] = list(value) if isinstance(value, tuple) else value
        result = _with(result, table, key, written(value))
    with suppress(tomllib.TOMLDecodeError):
        if tomllib.loads(result) == expected:
            return result
    raise NotChangeable([f"[{name.partition('.')[0]}] {name.partition('.')[2]}" for name in values])


def _with(text: str, table: str, key: str, value: str) -> str:
    """A value in place of the old one, else below its table's header, else in a new table at the end."""
    lines = text.splitlines(keepends=True)
    here, header = "", -1
    number = 0
    while number < len(lines):
        line = lines[number]
        if found := _HEADER.fullmatch(line.rstrip("\r\n")):
            here = _plain(found[1])
            header = number if here == table else header
            number += 1
            continue
        if not (found := _KEY.match(line)):
            number += 1
            continue
        end, rest = _end_of_value(lines, number, found.end())
        if f"{here}.{_plain(found[2])}".lstrip(".") == f"{table}.{key}":
            lines[number : end + 1] = [line[: found.end()] + value + rest]
            return "".join(lines)
        number = end + 1
    if header >= 0:
        if not lines[header].endswith("\n"):
            lines[header] += "\n"
        lines.insert(header + 1, f"{key} = {value}\n")
        return "".join(lines)
    return f"{text.rstrip()}\n\n[{table}]\n{key} = {value}\n".lstrip()


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


def _plain(key: str) -> str:
    return re.sub(r"""["'\s]""", "", key)
