"""Reads tar files in one pass: each name judged, everything bounded; strictly: plain files and directories only.

The standard library's reader believes extended headers of any size; here there are none.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

BLOCK: Final = 512
PIECE: Final = 65_536
FILE: Final = frozenset({b"0", b"\0", b""})
DIRECTORY: Final = b"5"
EXTENDED: Final = frozenset({b"x", b"g", b"L", b"K"})
"""Headers that are followed by data."""
DEEPEST: Final = 32
_BROKEN: Final = (OSError, EOFError, ValueError, zlib.error)
"""What a decompressor says of a damaged file."""


class BadArchive(ValueError):
    """It is no tar file, or one with something in it that is not allowed; the text says what."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file or a directory; ``name`` has no "." or ".." in it and is relative."""

    name: str
    is_directory: bool
    size: int
    mode: int


def members(
    stream: BinaryIO, most: int, most_bytes: int, *, strictly: bool = True
) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each member with its content in pieces; at most so many, of so many bytes altogether. Raises BadArchive.

    What is left of a content is passed over when the next member is asked for. Not ``strictly``: members of other kinds
    (links, devices, long names) are passed over, for who only looks.
    """
    total = 0
    for _ in range(most + 1):
        header = _exactly(stream, BLOCK)
        if not header.strip(b"\0"):
            _drain(stream, most_bytes)
            return
        member = _member(header, strictly)
        total += member.size
        if total > most_bytes:
            raise BadArchive(f"more than {most_bytes} bytes")
        content = _content(stream, member.size)
        if member.name:  # else the directory of the whole, or of another kind
            yield member, content
        for _rest in content:
            pass
    raise BadArchive(f"more than {most} members")


def _content(stream: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = _exactly(stream, min(left, PIECE))
        left -= len(piece)
        yield piece
    _exactly(stream, -size % BLOCK)


def _drain(stream: BinaryIO, most: int) -> None:
    """To the end, where a decompressor looks at its checksum."""
    while most > 0:
        try:
            piece = stream.read(PIECE)
        except _BROKEN as broken:
            raise BadArchive(str(broken)) from broken
        if not piece:
            return
        most -= len(piece)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    pieces = []
    while size:
        try:
            piece = stream.read(size)
        except _BROKEN as broken:
            raise BadArchive(str(broken)) from broken
        if not piece:
            raise BadArchive("it ends too early")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _member(header: bytes, strictly: bool) -> Member:
    told = _number(header[148:156])
    if told != sum(header[:148]) + 8 * ord(" ") + sum(header[156:]):
        raise BadArchive("the checksum of a header is wrong")
    kind = header[156:157]
    if kind not in FILE and kind != DIRECTORY:
        if strictly:
            raise BadArchive(f"a member of the kind {kind!r}: only files and directories are allowed")
        return Member("", False, _number(header[124:136]) if kind in EXTENDED else 0, 0)
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = _text(header[:100])
    size = 0 if kind == DIRECTORY else _number(header[124:136])
    return Member(safe_name(f"{prefix}/{name}" if prefix else name), kind == DIRECTORY, size, _number(header[100:108]))


def safe_name(name: str) -> str:
    """The name without "./" before it and "/" behind; "" for the directory itself. Raises BadArchive."""
    if name.startswith("/") or "\\" in name or not name.isprintable():
        raise BadArchive(f"the name {name[:80]!a} is not allowed")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or len(parts) > DEEPEST:
        raise BadArchive(f"the name {name[:80]!a} leads out, or too deep")
    return "/".join(parts)


def _text(field: bytes) -> str:
    try:
        return field.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        raise BadArchive("a name is not UTF-8") from None


def _number(field: bytes) -> int:
    digits = field.split(b"\0", 1)[0].strip(b" ")
    try:
        number = int(digits or b"0", 8)
    except ValueError:
        raise BadArchive("a number of a header is none") from None
    if number < 0:
        raise BadArchive("a number of a header is negative")
    return number
