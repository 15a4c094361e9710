"""The schema document as text: JSON with one object and one profile a line; a reader decodes only what it asks for."""

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

Facts = dict[str, Any]

# Groups whose members stand on lines of their own; no JSON string holds a raw line end, so a line is a member.
GROUPS: Final = ("objects", "profiles")
PIECE: Final = 16384
"""Bytes that are compressed together: to open a piece takes some ten microseconds, and the rest stays packed."""
_OPENINGS: Final = tuple(f'"{group}":{{\n'.encode("ascii") for group in GROUPS)


class Packed:
    """A text kept compressed in pieces, the last one that was looked into open: of a schema little is ever read."""

    def __init__(self, text: bytes) -> None:
        self._pieces = [zlib.compress(text[at : at + PIECE], 1) for at in range(0, len(text), PIECE)]
        self._open = (-1, b"")

    def between(self, start: int, end: int) -> bytes:
        """The bytes from ``start`` to before ``end``."""
        first, last = start // PIECE, (end - 1) // PIECE
        text = b"".join(self._piece(number) for number in range(first, last + 1))
        return text[start - first * PIECE : end - first * PIECE]

    def _piece(self, number: int) -> bytes:
        opened, text = self._open
        if opened != number:
            text = zlib.decompress(self._pieces[number])
            self._open = number, text
        return text


class Lines(Mapping[str, Facts]):
    """Members of a group by name, each decoded anew whenever it is asked for."""

    def __init__(self, text: Packed) -> None:
        self._text = text
        self._spans: dict[str, tuple[int, int]] = {}

    def add(self, name: str, start: int, end: int) -> None:
        """Say where in the text a member's facts stand."""
        self._spans[name] = (start, end)

    def __getitem__(self, name: str) -> Facts:
        facts: Facts = json.loads(self._text.between(*self._spans[name]))
        return facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __contains__(self, name: object) -> bool:
        return name in self._spans

    def naming(self, *keys: str) -> Iterator[tuple[str, Facts]]:
        """Those members in whose text one of the keys occurs."""
        words = [json.dumps(key).encode("ascii") for key in keys]
        for name, span in self._spans.items():
            text = self._text.between(*span)
            if any(word in text for word in words):
                yield name, json.loads(text)


def write(document: Mapping[str, Any]) -> bytes:
    """JSON in ASCII, each member of a group on its own line; the order of everything is kept."""
    head = {key: value for key, value in document.items() if key not in GROUPS}
    parts = [_compact(head)[:-1]]
    for group in GROUPS:
        if group in document:
            members = ",\n".join(f"{_compact(name)}:{_compact(facts)}" for name, facts in document[group].items())
            parts.append(f"{_compact(group)}:{{\n{members}\n}}")
    return (",\n".join(parts) + "}\n").encode("ascii")


def read(text: bytes) -> Mapping[str, Any]:
    """The document; its groups are ``Lines`` when the text has the layout that ``write`` gives it.

    Raises ValueError when it is not JSON.
    """
    head_end = text.find(b",\n")
    if head_end < 0 or not text.startswith(_OPENINGS, head_end + 2):
        return _object(json.loads(text))
    document: Facts = dict(_object(json.loads(text[:head_end] + b"}")))
    packed = Packed(text)
    group = Lines(packed)
    start = head_end + 2
    while start < len(text):
        end = text.find(b"\n", start)
        if end < 0:
            return _object(json.loads(text))
        if text.startswith(_OPENINGS, start):
            group = document[text[start + 1 : end - 3].decode("ascii")] = Lines(packed)
        elif text.startswith(b'"', start):
            name_end = text.find(b'":', start)
            group.add(text[start + 1 : name_end].decode("ascii"), name_end + 2, end - text.startswith(b",", end - 1))
        elif text[start:end] not in (b"},", b"}}"):
            return _object(json.loads(text))
        start = end + 1
    return document if text.endswith(b"\n}}\n") else _object(json.loads(text))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
