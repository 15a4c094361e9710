"""The bus's messages: a header, and plain attributes one of which holds the values; read piece by piece, bounded."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from backends.ubus.blobmsg import HEAD, LENGTH, MOST_BYTES, Malformed, NotWritable, attribute, attributes, decode

VERSION: Final = 0
HEADER: Final = struct.Struct(">BBHI")
_START: Final = struct.Struct(">BBHII")

EVENT_OBJECT: Final = 1
ACCESS_OBJECT: Final = 2


class Type(IntEnum):
    """What a message is."""

    HELLO = 0
    STATUS = 1
    DATA = 2
    PING = 3
    LOOKUP = 4
    INVOKE = 5
    ADD_OBJECT = 6
    REMOVE_OBJECT = 7
    SUBSCRIBE = 8
    UNSUBSCRIBE = 9
    NOTIFY = 10


class Attribute(IntEnum):
    """What an attribute of a message is."""

    STATUS = 1
    PATH = 2
    OBJECT = 3
    METHOD = 4
    OBJECT_TYPE = 5
    SIGNATURE = 6
    DATA = 7
    TARGET = 8
    ACTIVE = 9
    NO_REPLY = 10
    SUBSCRIBERS = 11
    USER = 12
    GROUP = 13


class NotTheProtocol(ValueError):
    """Bytes after which nothing that follows can be understood any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``problem`` says where its attributes cannot be read, which concerns this message only."""

    type: int
    sequence: int
    peer: int
    attributes: Mapping[int, bytes]
    problem: str = ""

    def number(self, which: Attribute) -> int | None:
        """An unsigned number of 32 bits, None where there is none."""
        content = self.attributes.get(which)
        return int.from_bytes(content, "big") if content is not None and len(content) == 4 else None

    def text(self, which: Attribute) -> str:
        """A text, "" where there is none."""
        content = self.attributes.get(which, b"")
        return content.partition(b"\0")[0].decode("utf-8", "replace") if content.endswith(b"\0") else ""

    def switch(self, which: Attribute) -> bool | None:
        """A truth value, None where there is none."""
        content = self.attributes.get(which)
        return bool(content[0]) if content is not None and len(content) == 1 else None

    def values(self, which: Attribute = Attribute.DATA) -> dict[str, Any]:
        """The values by name; raises Malformed, also where the message as a whole could not be read."""
        if self.problem:
            raise Malformed(self.problem)
        return decode(self.attributes.get(which, b""))


def number(which: Attribute, value: int) -> bytes:
    """An attribute that is a number of 32 bits."""
    return attribute(which, HEAD.pack(value & 0xFFFFFFFF))


def switch(which: Attribute, value: bool) -> bytes:
    """An attribute that is a truth value."""
    return attribute(which, b"\1" if value else b"\0")


def text(which: Attribute, value: str) -> bytes:
    """An attribute that is a text; raises NotWritable for one with a zero byte."""
    if "\0" in value:
        raise NotWritable("a text with a zero byte would be cut there")
    return attribute(which, value.encode("utf-8", "replace") + b"\0")


def written(kind: Type, sequence: int, peer: int, *parts: bytes) -> bytes:
    """A message of these attributes; raises NotWritable when it is longer than the bus takes."""
    content = b"".join(parts)
    if HEAD.size + len(content) > MOST_BYTES:
        raise NotWritable(f"{len(content)} bytes are more than a message of the bus takes")
    return _START.pack(VERSION, kind, sequence, peer, HEAD.size + len(content)) + content


class Incoming:
    """Bytes as they come, made into messages; never holds more than one message and what came with its end."""

    def __init__(self) -> None:
        self._held = bytearray()

    def is_halfway(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._held)

    def feed(self, arrived: bytes) -> Iterator[Message]:
        """The messages that are complete now. Raises NotTheProtocol; nothing can be fed after that."""
        self._held += arrived
        while len(self._held) >= _START.size:
            version, kind, sequence, peer, head = _START.unpack_from(self._held)
            length = head & LENGTH
            if version != VERSION or length < HEAD.size or length > MOST_BYTES:
                raise NotTheProtocol("what the bus sends is no message of its protocol")
            whole = HEADER.size + length
            if len(self._held) < whole:
                return
            content = bytes(self._held[_START.size : whole])
            del self._held[:whole]
            yield _message(kind, sequence, peer, content)


def _message(kind: int, sequence: int, peer: int, content: bytes) -> Message:
    found: dict[int, bytes] = {}
    problem = ""
    try:
        for head, start, end in attributes(content, 0, len(content)):
            found[head >> 24 & 0x7F] = content[start:end]
    except Malformed as malformed:
        problem = str(malformed)
    return Message(kind, sequence, peer, found, problem)
