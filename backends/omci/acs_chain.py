"""What the OLT says of the ACS: from the BBF TR-069 management server (340) by way of 137 to its URL and credentials.

Pure: the reading of an entity is given. Whatever is locked, null, missing or changing names no ACS, and a reason why.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from backends.errors import Missing
from backends.omci.entities import NULL
from backends.omci.queries import Got

SERVER: Final = 340
ADDRESS: Final = 137
SECURITY: Final = 148
TEXT: Final = 157
MOST_PARTS: Final = 15
PART: Final = 25
CHANGED: Final = "the OLT changed it while it was read"
SCHEMES: Final = {0: "", 1: "digest", 3: "basic"}

_UNLOCKED: Final = 0
_UNTAGGED: Final = 0xFFFF
_ALL_OF_SERVER, _BOTH_OF_ADDRESS, _ALL_OF_SECURITY = 0xE000, 0xC000, 0xF800

Get = Callable[[int, int, int], Got]
"""Attributes of an entity by class, instance and mask; raises Missing where the ONU has no such entity."""


@dataclass(frozen=True, slots=True)
class Tag:
    """The VLAN tag of the management traffic."""

    vlan: int
    priority: int
    may_drop: bool


@dataclass(frozen=True, slots=True)
class AcsNamed:
    """The ACS that the OLT names. ``scheme``: "digest", "basic", or "" where no credentials count."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    realm: str = ""
    scheme: str = ""
    tag: Tag | None = None


@dataclass(frozen=True, slots=True)
class NoneNamed:
    """The OLT names none; that says nothing against an ACS that is known otherwise."""

    reason: str


class _Unsaid(Exception):
    """Something in the chain is missing."""


def follow(get: Get, instance: int) -> AcsNamed | NoneNamed:
    """Follow the chain from an instance of 340. It is read again at the end: one that changed meanwhile counts not.

    Raises what ``get`` raises, but for Missing.
    """
    try:
        server = _read(get, SERVER, instance, _ALL_OF_SERVER, (1, 2))
        named = _named(get, server)
        if _read(get, SERVER, instance, _ALL_OF_SERVER, (1, 2)) != server:
            return NoneNamed(CHANGED)
    except _Unsaid as unsaid:
        return NoneNamed(str(unsaid))
    return named


def _named(get: Get, server: dict[int, bytes]) -> AcsNamed:
    if int.from_bytes(server[1]) != _UNLOCKED:
        raise _Unsaid("the management server is locked")
    address = _read(get, ADDRESS, _pointer(server[2], "a network address"), _BOTH_OF_ADDRESS, (1, 2))
    url = _url(_text(get, _pointer(address[2], "a URL")))
    tag = int.from_bytes(server.get(3, b"\xff\xff"))
    its_tag = None if tag == _UNTAGGED else Tag(tag & 0xFFF, tag >> 13, bool(tag & 0x1000))
    security = int.from_bytes(address[1])
    if security == NULL:
        return AcsNamed(url, tag=its_tag)
    method = _read(get, SECURITY, security, _ALL_OF_SECURITY, (1, 2, 3))
    scheme = SCHEMES.get(method[1][0])
    if scheme is None:
        raise _Unsaid(f"the validation scheme {method[1][0]} is none that is known")
    if not scheme:
        return AcsNamed(url, tag=its_tag)
    first, second = _ended(method[2]), _ended(method.get(5, b""))
    username = first + second if len(first) == PART else first
    return AcsNamed(
        url,
        _decoded(username, "the user name"),
        _decoded(_ended(method[3]), "the password"),
        _decoded(_ended(method.get(4, b"")), "the realm"),
        scheme,
        its_tag,
    )


def _read(get: Get, class_id: int, instance: int, mask: int, needed: tuple[int, ...]) -> dict[int, bytes]:
    try:
        octets = get(class_id, instance, mask).octets
    except Missing:
        raise _Unsaid(f"the ONU has no {class_id} {instance}") from None
    if not all(octets.get(index) for index in needed):
        raise _Unsaid(f"the ONU does not tell all of {class_id} {instance}")
    return octets


def _pointer(octets: bytes, what: str) -> int:
    number = int.from_bytes(octets)
    if number == NULL:
        raise _Unsaid(f"it points to no {what.removeprefix('a ')}")
    return number


def _text(get: Get, instance: int) -> bytes:
    """A large string: its parts, which end at a NUL or with the last."""
    count = int.from_bytes(_read(get, TEXT, instance, 0x8000, (1,))[1])
    if not 0 < count <= MOST_PARTS:
        raise _Unsaid(f"the text of the URL has {count} parts")
    indexes = tuple(range(2, 2 + count))
    parts = _read(get, TEXT, instance, sum(0x10000 >> index for index in indexes), indexes)
    return _ended(b"".join(parts[index].ljust(PART, b"\0") for index in indexes))


def _url(octets: bytes) -> str:
    text = _decoded(octets, "the URL")
    try:
        parts = urlsplit(text)
        has_port = parts.port != 0
    except ValueError:
        raise _Unsaid("what stands for the URL is none") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not has_port or not text.isascii():
        raise _Unsaid("what stands for the URL is none of http or https")
    return text


def _ended(octets: bytes) -> bytes:
    return octets.partition(b"\0")[0]


def _decoded(octets: bytes, what: str) -> str:
    """Never repeats what it could not decode: it may be a password."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise _Unsaid(f"{what} is no text") from None
    if not text.isprintable() or (" " in text and what == "the URL"):
        raise _Unsaid(f"{what} has characters that it cannot have")
    return text
