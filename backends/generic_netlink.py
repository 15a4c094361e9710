"""Generic netlink (genetlink(7)): families by name, requests and answers as plain attributes, what they announce.

nl80211 has hundreds of attributes of which few are used: they are packed and unpacked here, which costs no library.
"""

import errno
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from backends.errors import MechanismError, Missing
from backends.netlink_socket import (
    ACK,
    HEADER,
    REQUEST,
    SOL_NETLINK,
    NetlinkSocket,
    from_os_error,
    inside,
    messages,
)

NETLINK_GENERIC: Final = 16
DUMP: Final = 0x300
GENERIC: Final = struct.Struct("=BBH")
ATTRIBUTE: Final = struct.Struct("=HH")
TYPE_BITS: Final = 0x3FFF
NESTED: Final = 0x8000
CONTROL, GET_FAMILY = 0x10, 3
FAMILY_ID, FAMILY_NAME, MULTICAST_GROUPS = 1, 2, 7
GROUP_NAME, GROUP_ID = 1, 2
ADD_MEMBERSHIP: Final = 1
WATCH_BUFFER: Final = 1 << 18

Attributes = Mapping[int, bytes]


class Stop(Protocol):
    """Anything that says when to stop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop now."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family as this kernel numbers it, with its multicast groups by name."""

    number: int
    groups: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """One message of an answer: its command and its top attributes."""

    command: int
    attributes: Attributes


def open_generic_socket() -> socket.socket:
    """An unbound NETLINK_GENERIC socket in this thread's network namespace."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_GENERIC)


def attribute(kind: int, content: bytes = b"", *, nested: bool = False) -> bytes:
    """One attribute, padded to four bytes; without content it is a flag."""
    return ATTRIBUTE.pack(4 + len(content), kind | (NESTED if nested else 0)) + content + bytes(-len(content) % 4)


def number(kind: int, value: int) -> bytes:
    """An attribute that holds an unsigned 32-bit number."""
    return attribute(kind, struct.pack("=I", value))


def text(kind: int, value: str) -> bytes:
    """An attribute that holds a NUL-terminated string."""
    return attribute(kind, value.encode() + b"\0")


def each(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes one after the other, as lists of them are kept; what is cut short is left out."""
    at = 0
    while at + ATTRIBUTE.size <= len(content):
        length, kind = ATTRIBUTE.unpack_from(content, at)
        if length < ATTRIBUTE.size or at + length > len(content):
            return
        yield kind & TYPE_BITS, content[at + ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def attributes(content: bytes) -> dict[int, bytes]:
    """The attributes by kind."""
    return dict(each(content))


def unsigned(content: bytes | None) -> int | None:
    """A little number of any width (1, 2, 4 or 8 bytes, the machine's order); None where there is none."""
    width = {1: "=B", 2: "=H", 4: "=I", 8: "=Q"}.get(len(content)) if content is not None else None
    return int(struct.unpack(width, content)[0]) if width and content is not None else None


def signed(content: bytes | None) -> int | None:
    """The same with a sign."""
    width = {1: "=b", 2: "=h", 4: "=i", 8: "=q"}.get(len(content)) if content is not None else None
    return int(struct.unpack(width, content)[0]) if width and content is not None else None


class GenericNetlink:
    """Requests to one family over one socket. Owned by one thread; every exchange has a deadline (seconds)."""

    def __init__(
        self,
        family: str,
        namespace: str | None = None,
        *,
        deadline: float = 0.3,
        open_socket: Callable[[], socket.socket] = open_generic_socket,
    ) -> None:
        """``namespace``: a name below /run/netns or a path, else this process's."""
        self.name = family
        self._open: Callable[[], socket.socket] = (lambda: inside(namespace, open_socket)) if namespace else open_socket
        self._socket = NetlinkSocket(self._open, deadline)
        self._family: Family | None = None

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def family(self) -> Family:
        """The family; Missing where this kernel has no such (its module is not loaded)."""
        if self._family is None:
            answer = self._exchange(CONTROL, GET_FAMILY, 1, text(FAMILY_NAME, self.name), ACK, self.name)
            if not answer:
                raise Missing(f"the kernel has no {self.name}", "ENOENT")
            told = answer[0].attributes
            groups = {}
            for _, entry in each(told.get(MULTICAST_GROUPS, b"")):
                group = attributes(entry)
                groups[group[GROUP_NAME].rstrip(b"\0").decode()] = unsigned(group[GROUP_ID]) or 0
            self._family = Family(unsigned(told.get(FAMILY_ID)) or 0, MappingProxyType(groups))
        return self._family

    def ask(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        """Send one request; its answers. Raises MechanismError, Missing or TimedOut as the kernel refuses."""
        return self._exchange(self.family().number, command, 0, content, ACK, what or self.name)

    def dump(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        """Ask for all there is."""
        return self._exchange(self.family().number, command, 0, content, DUMP, what or self.name)

    def listener(self, groups: tuple[str, ...]) -> socket.socket:
        """A socket that hears what the family announces to these groups; groups that it does not have are left out."""
        known = self.family().groups
        listener = self._open()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WATCH_BUFFER)
            listener.bind((0, 0))
            for group in groups:
                if group in known:
                    listener.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, known[group])
        except OSError as error:
            listener.close()
            raise from_os_error(error, f"listening to {self.name}") from error
        return listener

    def _exchange(self, family: int, command: int, version: int, content: bytes, flags: int, what: str) -> list[Answer]:
        body = GENERIC.pack(command, version, 0) + content
        message = bytearray(HEADER.pack(HEADER.size + len(body), family, REQUEST | flags, 0, 0) + body)
        return [_answer(buffer, offset) for _, buffer, offset in self._socket.exchange(message, what)]


def heard(listener: socket.socket) -> list[Answer] | None:
    """What one datagram announces; None when the kernel had to drop some before."""
    try:
        buffer = listener.recv(65536, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return []
    except OSError as error:
        if error.errno == errno.ENOBUFS:
            return None
        raise from_os_error(error, "listening to the kernel") from error
    return [_answer(buffer, offset) for _, _, _, offset in messages(buffer)]


def _answer(buffer: bytes, offset: int) -> Answer:
    length, *_ = HEADER.unpack_from(buffer, offset)
    start = offset + HEADER.size
    if length < HEADER.size + GENERIC.size:
        raise MechanismError("the kernel's answer cannot be read: it is too short")
    command, _, _ = GENERIC.unpack_from(buffer, start)
    return Answer(command, attributes(buffer[start + GENERIC.size : offset + length]))
