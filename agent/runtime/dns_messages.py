"""DNS questions for the addresses of a host and what their answers say (RFC 1035, RFC 3596). Pure."""

import struct
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final, NamedTuple

A, AAAA, CNAME = 1, 28, 5
INTERNET: Final = 1
RESPONSE, AUTHORITATIVE, TRUNCATED, RECURSION_DESIRED = 0x8000, 0x0400, 0x0200, 0x0100
NAME_ERROR: Final = 3
CODES: Final = {1: "format error", 2: "server failure", NAME_ERROR: "no such name", 4: "not implemented", 5: "refused"}
HEAD: Final = struct.Struct("!6H")
RECORD: Final = struct.Struct("!HHIH")
MOST_ALIASES: Final = 8
LONGEST_NAME: Final = 255


class NotAnAnswer(Exception):
    """The message answers another question, or none: to be passed over."""


class Answer(NamedTuple):
    """``code`` 0: the addresses found, possibly none; else why there are none (RFC 1035 4.1.1)."""

    code: int
    addresses: tuple[str, ...] = ()
    is_truncated: bool = False
    is_authoritative: bool = False


def question(name: str, kind: int, number: int) -> bytes:
    """The message that asks for the records of ``kind`` (A or AAAA) of a host; UnicodeError for what is no name."""
    return HEAD.pack(number, RECURSION_DESIRED, 1, 0, 0, 0) + _encoded(name) + struct.pack("!2H", kind, INTERNET)


def answer(message: bytes, asked: bytes) -> Answer:
    """What a message says to a question; NotAnAnswer for anything else, however malformed."""
    try:
        return _answer(message, asked)
    except (struct.error, IndexError, ValueError) as error:
        raise NotAnAnswer(f"a malformed message: {error}") from None


def _answer(message: bytes, asked: bytes) -> Answer:
    number, flags, questions, answers, _, _ = HEAD.unpack_from(message)
    end = len(asked)
    if number != HEAD.unpack_from(asked)[0] or not flags & RESPONSE or questions != 1:
        raise NotAnAnswer("another message")
    if message[HEAD.size : end].lower() != asked[HEAD.size :].lower():
        raise NotAnAnswer("the answer to another question")
    if flags & TRUNCATED:
        return Answer(0, is_truncated=True)
    if code := flags & 0xF:
        return Answer(code)
    name, _ = _name(asked, HEAD.size)
    kind = struct.unpack("!H", asked[-4:-2])[0]
    found = tuple(_addresses(list(_records(message, end, answers)), name, kind))
    return Answer(0, found, is_authoritative=bool(flags & AUTHORITATIVE))


def _records(message: bytes, at: int, count: int) -> Iterator[tuple[str, int, bytes, str]]:
    """Owner, type, content and, for an alias, the name that it stands for."""
    for _ in range(count):
        owner, at = _name(message, at)
        kind, group, _, length = RECORD.unpack_from(message, at)
        at += RECORD.size
        content = message[at : at + length]
        if len(content) < length:
            raise ValueError("a record that breaks off")
        if group == INTERNET:
            yield owner, kind, content, _name(message, at)[0] if kind == CNAME else ""
        at += length


def _addresses(records: list[tuple[str, int, bytes, str]], name: str, kind: int) -> Iterator[str]:
    """Those of the name asked for, or of what it is an alias of; not of whoever else is mentioned."""
    for _ in range(MOST_ALIASES):
        found = [str(ip_address(content)) for owner, what, content, _ in records if (owner, what) == (name, kind)]
        alias = next((other for owner, what, _, other in records if (owner, what) == (name, CNAME)), None)
        if found or alias is None:
            yield from dict.fromkeys(found)
            return
        name = alias


def _encoded(name: str) -> bytes:
    labels = name.rstrip(".").encode("idna").split(b".")
    if any(not 0 < len(label) < 64 for label in labels) or sum(map(len, labels)) + len(labels) >= LONGEST_NAME:
        raise UnicodeError(f"{name!r} is no host's name")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name at a place, in lower case, and where what follows it begins."""
    labels: list[str] = []
    after = -1
    for _ in range(LONGEST_NAME):
        length = message[at]
        if length >= 0xC0:  # a pointer to a name said before; only backwards, so it ends
            target = (length & 0x3F) << 8 | message[at + 1]
            if target >= at:
                raise ValueError("a name that points forward")
            after, at = (at + 2 if after < 0 else after), target
        elif length:
            if length > 63:
                raise ValueError("an unknown kind of label")
            labels.append(message[at + 1 : at + 1 + length].decode("latin-1").lower())
            at += 1 + length
        else:
            return ".".join(labels), (at + 1 if after < 0 else after)
    raise ValueError("a name without end")
