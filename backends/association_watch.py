"""Hears the requests of DHCP clients on the LAN, in which devices say who they are (TR-069 Annex F)."""

import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from backends.association import DEVICE, OPTION, Named, named_in
from backends.netlink_socket import inside
from backends.udp_ear import ETH_P_IP, attach, datagram

SERVER_PORT: Final = 67
TURN: Final = 1.0
REMEMBERED: Final = 24 * 3600.0
"""Seconds after its last request: a client asks again in half of its lease's time."""
MOST: Final = 256
TOPICS: Final = frozenset({"lease"})
FIXED: Final = 240  # a request's octets before its options, the magic cookie included
COOKIE: Final = bytes((99, 130, 83, 99))


class Heard:
    """The devices that named themselves, by hardware address; kept in memory."""

    def __init__(
        self,
        is_lan: Callable[[str], bool],
        monotonic: Callable[[], float] = time.monotonic,
        namespace: str = "",
    ) -> None:
        """``is_lan`` tells whether who is heard on a link is behind this machine."""
        self._is_lan = is_lan
        self._monotonic = monotonic
        self._namespace = namespace
        self._devices: dict[str, tuple[float, str, Named]] = {}

    def devices(self) -> Sequence[Named]:
        """Those that have asked for an address within the last day."""
        since = self._monotonic() - REMEMBERED
        return [named for at, link, named in list(self._devices.values()) if at > since and self._is_lan(link)]

    def hear(self, packet: bytes, link: str) -> bool:
        """Take an IP packet in; whether it makes a difference."""
        named = request_of(packet)
        if named is None:
            return False
        before = self._devices.pop(named.mac, None)
        self._devices[named.mac] = (self._monotonic(), link, named)
        while len(self._devices) > MOST:
            self._devices.pop(next(iter(self._devices)))
        return before is None or before[2] != named  # a bridge and its port hear the same

    def can_listen(self) -> bool:
        """Whether this user may: it takes the right to see all that the network carries."""
        try:
            self._listen().close()
        except OSError:
            return False
        return True

    def watch(self, tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        """Until ``stop`` is set; OSError where this user may not listen."""
        with self._listen() as ear, selectors.DefaultSelector() as wait:
            wait.register(ear, selectors.EVENT_READ)
            while not stop.is_set():
                if not wait.select(TURN):
                    continue
                packet, (link, _, kind, *_) = ear.recvfrom(2048)
                if kind != socket.PACKET_OUTGOING and self.hear(packet, link):
                    tell(TOPICS)

    def _listen(self) -> socket.socket:
        return inside(self._namespace, _ear) if self._namespace else _ear()


def request_of(packet: bytes) -> Named | None:
    """Who a DHCP request over IPv4 says it is from; None for everything else."""
    found = datagram(packet)
    if found is None or found[1] != SERVER_PORT:
        return None
    request = found[2]
    if len(request) < FIXED or request[:3] != b"\1\1\6" or request[FIXED - 4 : FIXED] != COOKIE:
        return None
    said = b"".join(value for tag, value in _options(request[FIXED:]) if tag == OPTION)  # RFC 3396: parts of one
    named = named_in(said, DEVICE)
    return replace(named, mac=request[28:34].hex(":")) if named else None


def _options(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content) and content[at] != 255:
        if content[at] == 0:
            at += 1
            continue
        if at + 1 >= len(content):
            return
        end = at + 2 + content[at + 1]
        yield content[at], content[at + 2 : end]
        at = end


def _ear() -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.htons(ETH_P_IP))
    attach(made, SERVER_PORT)
    made.setblocking(False)
    while True:  # what came before there was a filter
        try:
            made.recv(1)
        except BlockingIOError:
            break
    made.setblocking(True)
    return made
