"""Tunnel links of the kernel, by netlink: told, made, changed and taken away. Ours are known by their alias."""

import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from backends.errors import MechanismError, Missing
from backends.generic_netlink import attribute, attributes, text
from backends.netlink_socket import ACK, HEADER, REQUEST, NetlinkSocket, open_route_socket
from backends.tunnels.options import LINK_OF, TunnelLink, settings

NEW_LINK, DELETE_LINK, GET_LINK = 16, 17, 18
DUMP, EXCLUSIVE, CREATE = 0x300, 0x200, 0x400
MESSAGE: Final = struct.Struct("=BxHiII")
NAME, LINK_INFO, ALIAS = 3, 18, 20
INFO_KIND, INFO_DATA = 1, 2
UP: Final = 1
OURS: Final = "cpe-agent tunnel"
IMPOSSIBLE: Final = "."
"""No link can have this name: the kernel refuses it for that when it knows the kind, and else for the kind."""
CHANGE_IN_PLACE: Final = frozenset(("gre", "gretap", "ip6gre", "ip6gretap", "ip6tnl"))
"""The others are made anew: a VXLAN cannot change its port, and the address on a 6rd link follows from its IPv4."""


@dataclass(frozen=True, slots=True)
class ToldLink:
    """A link as the kernel tells it."""

    index: int
    kind: str
    alias: str = ""
    is_up: bool = False
    options: Mapping[int, bytes] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether this agent made it."""
        return self.alias == OURS

    @property
    def carrier(self) -> int:
        """The index of the link that it is bound to, 0: none."""
        told = self.options.get(LINK_OF.get(self.kind, 1), b"")
        return int(struct.unpack("=I", told)[0]) if len(told) == 4 else 0

    def has(self, wanted: TunnelLink) -> bool:
        """Whether it is of this kind, with these options."""
        return self.kind == wanted.kind and all(
            self.options.get(number) == value for number, value in wanted.options.items()
        )

    def is_as(self, wanted: TunnelLink) -> bool:
        """Whether it is what is wanted."""
        return self.is_up and self.has(wanted)


class TunnelLinks:
    """Links of the namespace that ``open_socket`` opens sockets in. Reads are kept until ``forget``; one thread's."""

    def __init__(self, open_socket: Callable[[], socket.socket] = open_route_socket, deadline: float = 0.3) -> None:
        self._socket = NetlinkSocket(open_socket, deadline)
        self._told: dict[str, ToldLink] | None = None
        self.writes = 0
        """How many requests changed the kernel."""

    def forget(self) -> None:
        """Read the kernel again for the next question."""
        self._told = None

    def told(self) -> Mapping[str, ToldLink]:
        """Every link by name, whoever made it."""
        if self._told is None:
            self._told = dict(map(_read, self._send(GET_LINK, DUMP, MESSAGE.pack(0, 0, 0, 0, 0), "links")))
        return self._told

    def may_make(self) -> bool:
        """Whether this process may change links at all (CAP_NET_ADMIN)."""
        try:
            self._send(NEW_LINK, ACK, MESSAGE.pack(0, 0, 0, 0, 0) + text(NAME, IMPOSSIBLE), "changing links")
        except MechanismError as error:
            return error.code not in ("EPERM", "EACCES")
        return True

    def has(self, kind: str) -> bool:
        """Whether this kernel knows links of a kind; it loads the module where there is one."""
        info = attribute(LINK_INFO, text(INFO_KIND, kind), nested=True)
        body = MESSAGE.pack(0, 0, 0, 0, 0) + text(NAME, IMPOSSIBLE) + info
        try:
            self._send(NEW_LINK, ACK | CREATE | EXCLUSIVE, body, kind)
        except MechanismError as error:
            return error.code != "EOPNOTSUPP"
        return True

    def make(self, name: str, wanted: TunnelLink) -> None:
        """Make a link, down, known as ours; ``set_up`` follows. MechanismError, and then there is none."""
        self._change(NEW_LINK, CREATE | EXCLUSIVE, 0, text(NAME, name) + _info(wanted), f"making {name}")
        try:  # an alias is not taken at the making
            self._change(NEW_LINK, 0, self.index(name), text(ALIAS, OURS), f"naming {name}")
        except MechanismError:
            self.delete(name)
            raise

    def set_up(self, name: str) -> None:
        """Let packets through."""
        self._change(NEW_LINK, 0, self.index(name), b"", f"setting {name} up", UP)

    def change(self, name: str, wanted: TunnelLink) -> bool:
        """Let a link of ours be so, in place; False where it has to be made anew for that."""
        told = self.told()[name]
        if not told.has(wanted):
            if told.kind != wanted.kind or wanted.kind not in CHANGE_IN_PLACE:
                return False
            self._change(NEW_LINK, 0, told.index, _info(wanted), f"changing {name}")
        self.set_up(name)
        return True

    def delete(self, name: str) -> None:
        """Take a link away."""
        self._change(DELETE_LINK, 0, self.index(name), b"", f"deleting {name}")

    def index(self, name: str) -> int:
        """The number of a link. Missing."""
        found = self.told().get(name)
        if found is None:
            raise Missing(f"{name}: no such interface", "ENODEV")
        return found.index

    def _change(self, kind: int, flags: int, index: int, content: bytes, what: str, up: int = 0) -> None:
        self._send(kind, ACK | flags, MESSAGE.pack(0, 0, index, up, up) + content, what)
        self.writes += 1
        self.forget()

    def _send(self, kind: int, flags: int, body: bytes, what: str) -> list[tuple[int, bytes, int]]:
        message = bytearray(HEADER.pack(HEADER.size + len(body), kind, REQUEST | flags, 0, 0) + body)
        return self._socket.exchange(message, what)


def _info(wanted: TunnelLink) -> bytes:
    content = b"".join(attribute(kind, value) for kind, value in wanted.options.items())
    return attribute(LINK_INFO, text(INFO_KIND, wanted.kind) + attribute(INFO_DATA, content, nested=True), nested=True)


def _read(message: tuple[int, bytes, int]) -> tuple[str, ToldLink]:
    _, buffer, offset = message
    length, *_ = HEADER.unpack_from(buffer, offset)
    _, _, index, flags, _ = MESSAGE.unpack_from(buffer, offset + HEADER.size)
    told = attributes(buffer[offset + HEADER.size + MESSAGE.size : offset + length])
    info = attributes(told.get(LINK_INFO, b""))
    kind = _text(info.get(INFO_KIND))
    return _text(told.get(NAME)), ToldLink(
        index,
        kind,
        _text(told.get(ALIAS)),
        bool(flags & UP),
        settings(kind, attributes(info.get(INFO_DATA, b""))),
    )


def _text(content: bytes | None) -> str:
    return (content or b"").rstrip(b"\0").decode("utf-8", "replace")
