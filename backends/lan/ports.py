"""Who listens on a port of this machine, and for which link (sock_diag(7)); to name what is in the way."""

import os
import socket
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import product
from pathlib import Path
from typing import Final

from backends.files import read_text

NETLINK_SOCK_DIAG: Final = 4
SOCK_DIAG_BY_FAMILY: Final = 20
NLM_F_REQUEST_DUMP: Final = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
ALL_STATES: Final = 0xFFFFFFFF
LISTENING: Final = 1 << 10  # TCP_LISTEN of the kernel's tcp_states.h
WITH_TCP: Final = frozenset({53})
"""The ports that are taken where either protocol is: who serves names needs both."""
HEADER: Final = struct.Struct("=IHHII")
REQUEST: Final = struct.Struct("=BBBBI48x")
ANSWER: Final = struct.Struct("=BBBB2s2s16s16sI8xIIIII")
"""struct inet_diag_msg: family, state, timer, retransmissions, ports, addresses, interface, cookie, …, inode."""
RECEIVE: Final = 65536
DEADLINE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket bound to a port. ``address`` "" is every address; ``link_index`` 0 every link."""

    address: str
    link_index: int
    inode: int


def open_diag_socket() -> socket.socket:
    """A socket for questions about sockets, in this thread's network namespace."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG)


def listeners(port: int, open_socket: Callable[[], socket.socket] = open_diag_socket) -> list[Listener]:
    """The UDP sockets of both families on a port, and those of TCP where it belongs to both protocols; [] where the
    kernel does not tell.
    """
    found: list[Listener] = []
    protocols = [(socket.IPPROTO_UDP, ALL_STATES), *([(socket.IPPROTO_TCP, LISTENING)] if port in WITH_TCP else [])]
    with suppress(OSError), open_socket() as asked:
        asked.settimeout(DEADLINE)
        for (protocol, states), family in product(protocols, (socket.AF_INET, socket.AF_INET6)):
            request = REQUEST.pack(family, protocol, 0, 0, states)
            asked.send(HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0) + request)
            found += [listener for number, listener in _answers(asked) if number == port]
    return found


class PortsInTheWay:
    """Says who has a port on a link besides the agent's own programs."""

    def __init__(
        self,
        link: Callable[[str], tuple[int, Collection[str]]],
        own: Callable[[], Collection[int]],
        open_socket: Callable[[], socket.socket] = open_diag_socket,
    ) -> None:
        """``link`` tells a link's index and addresses, ``own`` the processes of ours."""
        self._link = link
        self._own = own
        self._open_socket = open_socket

    def __call__(self, port: int, link: str) -> str | None:
        """The other program's name and process id; None where nobody is in the way."""
        found = listeners(port, self._open_socket)
        if not found:
            return None
        index, addresses = self._link(link)
        ours = {inode for process in self._own() for inode in _sockets(process)}
        for one in found:
            is_there = one.link_index in (0, index) and (not one.address or one.address in addresses)
            if is_there and one.inode not in ours:
                return holder_of(one.inode)
        return None


def holder_of(inode: int) -> str:
    """The process that holds a socket in words: its name and its id, as far as the agent may look."""
    holder = process_of(inode)
    if holder is not None and holder[0] == os.getpid():
        return f"the agent itself (process {holder[0]})"
    return f"{holder[1]} (process {holder[0]})" if holder else "another program"


def process_of(inode: int, proc: Path = Path("/proc")) -> tuple[int, str] | None:
    """The process that holds a socket, and its name."""
    wanted = f"socket:[{inode}]"
    for entry in proc.glob("[0-9]*"):
        with suppress(OSError):
            if any(os.readlink(one) == wanted for one in (entry / "fd").iterdir()):
                return int(entry.name), read_text(entry / "comm", 64) or "?"
    return None


def _sockets(process: int) -> Iterator[int]:
    with suppress(OSError):
        for one in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                target = os.readlink(one)
                if target.startswith("socket:["):
                    yield int(target[8:-1])


def _answers(asked: socket.socket) -> Iterator[tuple[int, Listener]]:
    while True:
        received = asked.recv(RECEIVE)
        while len(received) >= HEADER.size:
            length, kind, _, _, _ = HEADER.unpack_from(received)
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                return
            yield _listener(received[HEADER.size : length])
            received = received[(length + 3) & ~3 :]


def _listener(answer: bytes) -> tuple[int, Listener]:
    family, _, _, _, port, _, source, _, link, *_, inode = ANSWER.unpack_from(answer)
    address = ip_address(source if family == socket.AF_INET6 else source[:4])
    return int.from_bytes(port, "big"), Listener("" if address.is_unspecified else str(address), link, inode)
