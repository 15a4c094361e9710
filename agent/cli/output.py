"""How the command line shows things: aligned for people, one JSON document for programs, colour only on a terminal."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, TextIO

SCHEMA: Final = 1

_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Colour text for a terminal; elsewhere, and where NO_COLOR is set, it stays as it is."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def printable(text: object) -> str:
    """Show what came from elsewhere on one line, unable to move the cursor or to change the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(text))


def show_json(document: dict[str, Any]) -> None:
    """Print a document with its schema number; a line of its own, so that streams are JSON lines."""
    print(json.dumps({"schema": SCHEMA, **document}, ensure_ascii=False))


def show_table(rows: Sequence[Sequence[object]], headers: Sequence[str] = ()) -> None:
    """Print rows in aligned columns; the last column is not padded."""
    lines = [[printable(cell) for cell in row] for row in rows]
    every = [list(headers), *lines] if headers else lines
    if not every:
        return
    widths = [max(len(row[column]) for row in every if column < len(row)) for column in range(max(map(len, every)))]
    for position, row in enumerate(every):
        line = "  ".join([*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1]])
        print(paint(line, "dim") if headers and position == 0 else line)
