"""Blobmsg, how OpenWrt's bus writes values: attributes in steps of four bytes, with a kind and mostly a name."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

MOST_BYTES: Final = 1_048_576
"""Of one message, by the bus's own rule."""
MOST_VALUES: Final = 65_536
DEEPEST: Final = 32

NAMED: Final = 0x80000000
LENGTH: Final = 0x00FFFFFF
HEAD: Final = struct.Struct(">I")
NAME: Final = struct.Struct(">H")


class Kind(IntEnum):
    """The kinds of values; BOOL is what INT8 is used for."""

    UNSPEC = 0
    ARRAY = 1
    TABLE = 2
    STRING = 3
    INT64 = 4
    INT32 = 5
    INT16 = 6
    INT8 = 7
    DOUBLE = 8
    BOOL = 7


Value = Any
"""None, bool, int, float, str, a list of these or a dict of these by name."""


class Malformed(ValueError):
    """Bytes that are no blobmsg, or more of it than is taken."""


class NotWritable(ValueError):
    """A value that blobmsg has no form for, or too much of them."""


class Number(NamedTuple):
    """A whole number of a chosen width; numbers above the signed range are written as the unsigned they are."""

    kind: Kind
    value: int


_WIDTHS: Final[Mapping[int, tuple[struct.Struct, int]]] = {
    Kind.INT8: (struct.Struct(">b"), 8),
    Kind.INT16: (struct.Struct(">h"), 16),
    Kind.INT32: (struct.Struct(">i"), 32),
    Kind.INT64: (struct.Struct(">q"), 64),
}
_DOUBLE: Final = struct.Struct(">d")


def encode(values: Mapping[str, Value]) -> bytes:
    """The values one after the other, as they stand in a table or a message. Raises NotWritable."""
    content = b"".join(_named(name, value, 1) for name, value in values.items())
    if len(content) > MOST_BYTES:
        raise NotWritable(f"{len(content)} bytes are more than a message of the bus takes")
    return content


def decode(content: bytes) -> dict[str, Value]:
    """Read what ``encode`` makes. Numbers are signed, as the bus's own tools read them. Raises Malformed.

    Of several values of one name the first counts, as it does for libubox.
    """
    return _Reader(content).table(0, len(content), 1)


def attribute(kind: int, content: bytes) -> bytes:
    """One plain attribute of the number ``kind``, padded."""
    return HEAD.pack(kind << 24 | 4 + len(content)) + content + bytes(-len(content) % 4)


def attributes(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The head, start and end of each attribute's content between two places. Raises Malformed."""
    at = start
    while at < end:
        if end - at < HEAD.size:
            raise Malformed("an attribute is cut short")
        (head,) = HEAD.unpack_from(content, at)
        length = head & LENGTH
        following = at + (length + 3 & ~3)
        if length < HEAD.size or following > end:
            raise Malformed("an attribute says that it is longer than its surroundings")
        yield head, at + HEAD.size, at + length
        at = following


def _named(name: str, value: Value, depth: int) -> bytes:
    if not isinstance(name, str):
        raise NotWritable("names have to be texts")
    kind, payload = _payload(value, depth)
    written = _text(name)
    if len(written) > 0xFFFF + 1:
        raise NotWritable("a name is longer than 65535 bytes")
    head = NAME.pack(len(written) - 1) + written
    head += bytes(-len(head) % 4)
    length = HEAD.size + len(head) + len(payload)
    if length > MOST_BYTES:
        raise NotWritable("a value is longer than a message of the bus takes")
    return HEAD.pack(NAMED | kind << 24 | length) + head + payload + bytes(-length % 4)


def _payload(value: Value, depth: int) -> tuple[int, bytes]:
    match value:
        case None:
            return Kind.UNSPEC, b""
        case bool():
            return Kind.BOOL, b"\1" if value else b"\0"
        case int() if -(2**31) <= value < 2**31:
            return _number(Kind.INT32, value)
        case int() if -(2**63) <= value < 2**63:
            return _number(Kind.INT64, value)
        case int():
            raise NotWritable("a number needs more than 64 bits")
        case float():
            return Kind.DOUBLE, _DOUBLE.pack(value)
        case str():
            return Kind.STRING, _text(value)
        case Number(kind, number):
            return _number(kind, number)
    if depth >= DEEPEST:
        raise NotWritable(f"values lie in each other more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return Kind.TABLE, b"".join(_named(name, each, depth + 1) for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return Kind.ARRAY, b"".join(_named("", each, depth + 1) for each in value)
    raise NotWritable(f"there is no form for {type(value).__name__}")


def _number(kind: Kind, value: int) -> tuple[int, bytes]:
    form, bits = _WIDTHS[kind]
    if not -(2 ** (bits - 1)) <= value < 2**bits:
        raise NotWritable(f"a number needs more than {bits} bits")
    return kind, form.pack(value - 2**bits if value >= 2 ** (bits - 1) else value)


def _text(text: str) -> bytes:
    if "\0" in text:
        raise NotWritable("a text with a zero byte would be cut there")
    return text.encode("utf-8", "replace") + b"\0"


class _Reader:
    """One message being read; counts its values, so that little that was sent never becomes much that is kept."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._left = MOST_VALUES

    def table(self, start: int, end: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for head, at, upto in attributes(self._content, start, end):
            if not head & NAMED:
                raise Malformed("a value of a table has no name")
            name, begins = self._name(at, upto)
            value = self._value(head, begins, upto, depth)
            found.setdefault(name, value)
        return found

    def _array(self, start: int, end: int, depth: int) -> list[Value]:
        found: list[Value] = []
        for head, at, upto in attributes(self._content, start, end):
            begins = self._name(at, upto)[1] if head & NAMED else at
            found.append(self._value(head, begins, upto, depth))
        return found

    def _name(self, start: int, end: int) -> tuple[str, int]:
        """The name, and where what it names begins."""
        if end - start < NAME.size:
            raise Malformed("a name is cut short")
        (length,) = NAME.unpack_from(self._content, start)
        last = start + NAME.size + length
        begins = start + (NAME.size + length + 1 + 3 & ~3)
        if begins > end or self._content[last]:
            raise Malformed("a name does not end where it says")
        return _shown(self._content[start + NAME.size : last]), begins

    def _value(self, head: int, start: int, end: int, depth: int) -> Value:
        self._left -= 1
        if self._left < 0:
            raise Malformed(f"there are more than {MOST_VALUES} values")
        kind = head >> 24 & 0x7F
        if kind in (Kind.TABLE, Kind.ARRAY):
            if depth >= DEEPEST:
                raise Malformed(f"values lie in each other more than {DEEPEST} deep")
            return (self.table if kind == Kind.TABLE else self._array)(start, end, depth + 1)
        return _plain(kind, self._content[start:end])


def _plain(kind: int, content: bytes) -> Value:
    if kind == Kind.UNSPEC:
        return None
    if kind == Kind.STRING:
        if not content.endswith(b"\0"):
            raise Malformed("a text does not end")
        return _shown(content)
    form = _DOUBLE if kind == Kind.DOUBLE else _WIDTHS[kind][0] if kind in _WIDTHS else None
    if form is None:
        raise Malformed(f"there is no kind {kind} of values")
    if len(content) != form.size:
        raise Malformed("a number has not the length of its kind")
    (value,) = form.unpack(content)
    return bool(value) if kind == Kind.BOOL and value in (0, 1) else value


def _shown(content: bytes) -> str:
    """A text up to its first zero byte, as C reads it."""
    return content.partition(b"\0")[0].decode("utf-8", "replace")
