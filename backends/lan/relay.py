"""Relays DHCPv4 requests of the LAN to other servers (RFC 1542 §4): a program of its own, as ``advertiser`` is.

Its one file says whose requests go where; SIGHUP lets it be read again. Only the standard library: it stays small.
"""

import json
import select
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.lan import program

SERVER_PORT, CLIENT_PORT = 67, 68
BROADCAST: Final = "255.255.255.255"
BOOTREQUEST, BOOTREPLY = 1, 2
MOST_HOPS: Final = 16
HOPS, GIADDR, CHADDR = 3, slice(24, 28), slice(28, 34)
OPTIONS: Final = 240
COOKIE: Final = b"\x63\x82\x53\x63"
PAD, END = 0, 255
VENDOR_CLASS, CLIENT_ID, USER_CLASS = 60, 61, 77
NOBODY: Final = bytes(4)


@dataclass(frozen=True)
class Entry:
    """Whose requests: all criteria hold. ``server`` None: they are not this program's concern."""

    link: str
    address: str
    server: str | None
    criteria: tuple[tuple[str, bool, str, str], ...]
    """Kind, whether it is turned around, value and mode (or mask), the latter three as the file has them."""

    def fits(self, message: bytes) -> bool:
        """Whether a request is one of these."""
        told = options(message)
        return all(_holds(kind, value, how, message, told) != out for kind, out, value, how in self.criteria)


def read(text: str) -> list[Entry]:
    """The entries of a file, in their order."""
    return [
        Entry(one["link"], one["address"], one["server"], tuple(tuple(each) for each in one["criteria"]))
        for one in json.loads(text)
    ]


def options(message: bytes) -> Mapping[int, bytes]:
    """The options of a message (RFC 2132); parts of one that is told in pieces together (RFC 3396)."""
    found: dict[int, bytes] = {}
    rest = message[OPTIONS:]
    while len(rest) > 1 and rest[0] != END:
        if rest[0] == PAD:
            rest = rest[1:]
            continue
        size = rest[1]
        found[rest[0]] = found.get(rest[0], b"") + rest[2 : 2 + size]
        rest = rest[2 + size :]
    return found


def forwarded(message: bytes, address: str) -> bytes | None:
    """A request as the server gets it; None when it has come too far."""
    if message[HOPS] >= MOST_HOPS:
        return None
    via = message[GIADDR] if message[GIADDR] != NOBODY else socket.inet_aton(address)
    return message[:HOPS] + bytes([message[HOPS] + 1]) + message[4:24] + via + message[28:]


def is_message(message: bytes, kind: int) -> bool:
    """Whether it is a DHCP message of a client (1) or of a server (2)."""
    return len(message) >= OPTIONS and message[0] == kind and message[236:OPTIONS] == COOKIE


def _holds(kind: str, value: str, how: str, message: bytes, told: Mapping[int, bytes]) -> bool:
    if kind == "mac":
        mask = int(how, 16)
        return int.from_bytes(message[CHADDR], "big") & mask == int(value, 16) & mask
    number = {"vendor": VENDOR_CLASS, "client": CLIENT_ID, "user": USER_CLASS}[kind]
    wanted, there = bytes.fromhex(value), told.get(number)
    if there is None:
        return False
    modes = {"Prefix": there.startswith(wanted), "Substring": wanted in there, "Suffix": there.endswith(wanted)}
    return modes.get(how, there == wanted)


class Relay:
    """The sockets: for each link one that hears its clients, for each address one that servers answer to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self._clients: dict[str, socket.socket] = {}
        self._servers: dict[str, socket.socket] = {}

    def reload(self) -> None:
        """Read the file again. OSError when a link or an address is not there."""
        for one in (*self._clients.values(), *self._servers.values()):
            one.close()
        self._entries = read(self._path.read_text())
        self._clients = {link: _open("", link) for link in {one.link for one in self._entries}}
        self._servers = {address: _open(address) for address in {one.address for one in self._entries}}

    def run(self, wake: socket.socket) -> None:
        """Relay until told to stop; ``wake`` has a byte for each signal."""
        while True:
            ready, _, _ = select.select([wake, *self._clients.values(), *self._servers.values()], [], [])
            if wake in ready:
                numbers = wake.recv(64)
                if signal.SIGTERM in numbers:
                    return
                self.reload()
                continue
            for link, heard in list(self._clients.items()):
                if heard in ready:
                    self._ask(link, heard.recv(4096))
            for address, heard in list(self._servers.items()):
                if heard in ready:
                    self._answer(address, heard.recv(4096))

    def _ask(self, link: str, message: bytes) -> None:
        if not is_message(message, BOOTREQUEST):
            return
        entry = next((one for one in self._entries if one.link == link and one.fits(message)), None)
        if entry is None or entry.server is None:
            return
        request = forwarded(message, entry.address)
        if request is not None:
            _send(self._servers[entry.address], request, (entry.server, SERVER_PORT))

    def _answer(self, address: str, message: bytes) -> None:
        """To all of the link: who has no address yet cannot be asked where it is."""
        if is_message(message, BOOTREPLY) and message[GIADDR] == socket.inet_aton(address):
            for link in {one.link for one in self._entries if one.address == address}:
                _send(self._clients[link], message, (BROADCAST, CLIENT_PORT))


def _send(by: socket.socket, message: bytes, to: tuple[str, int]) -> None:
    try:
        by.sendto(message, to)
    except OSError as error:
        sys.stderr.write(f"{to[0]}: {error.strerror}\n")


def _open(address: str, link: str = "") -> socket.socket:
    made = socket.socket(type=socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT, socket.SO_BROADCAST):
        made.setsockopt(socket.SOL_SOCKET, option, 1)
    if link:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
    made.bind((address, SERVER_PORT))
    return made


def main(arguments: Sequence[str]) -> None:
    """Relay by the file that is named first; the second is made once it does."""
    program.run(Relay, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
