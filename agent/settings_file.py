"""Changes single values in the text of a settings file; comments, order and blanks stay as a person wrote them."""

import copy
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from agent.settings_form import is_uci
from agent.toml_places import places

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


def changed(text: str, values: Mapping[str, Any], name: str = "") -> str:
    """The text with other values, by "table.key". Raises tomllib.TOMLDecodeError, or NotChangeable where it must not.

    The outcome is read again and compared: nothing but these values differs, or it is refused. ``name`` is the file's;
    where that is UCI, what cannot be read is a SettingsError.
    """
    if is_uci(text, name):
        from agent import settings_uci

        return settings_uci.changed(text, values, name)
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
    header = -1
    for place in places(text):
        if place.path == (table, key) and not place.is_header:
            kept = lines[place.line][: place.column]
            lines[place.line : place.last + 1] = [kept + value + place.rest]
            return "".join(lines)
        if place.path == (table,) and place.is_header:
            header = place.line
    if header < 0:
        return f"{text.rstrip()}\n\n[{table}]\n{key} = {value}\n".lstrip()
    if not lines[header].endswith("\n"):
        lines[header] += "\n"
    lines.insert(header + 1, f"{key} = {value}\n")
    return "".join(lines)
