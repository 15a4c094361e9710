"""A name server for tests, by UDP and TCP: what it says to a name is a table. Its own few lines of RFC 1035."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address

from tests.waiting import PATIENCE

Makes = Callable[[socket.SocketKind], socket.socket]
A, AAAA = 1, 28
AUTHORITATIVE, TRUNCATED = 0x0400, 0x0200


class NameServer:
    """``says`` by name: addresses, a code ("refused": 5 …), None for silence; flags beside it."""

    def __init__(self, says: Mapping[str, tuple[int, list[str] | int | None]]) -> None:
        self.says = says
        self.asked: list[tuple[str, int, str]] = []

    def answer(self, message: bytes, by: str) -> bytes | None:
        number = message[:2]
        name, at = "", 12
        while length := message[at]:
            name += message[at + 1 : at + 1 + length].decode() + "."
            at += 1 + length
        kind = struct.unpack_from("!H", message, at + 1)[0]
        self.asked.append((name, kind, by))
        flags, said = self.says.get(name, (0, 3))
        if said is None:
            return None
        question = message[12 : at + 5]
        if isinstance(said, int):
            return number + struct.pack("!5H", 0x8180 | said, 1, 0, 0, 0) + question
        if flags & TRUNCATED and by == "udp":
            return number + struct.pack("!5H", 0x8180 | flags, 1, 0, 0, 0) + question
        found = [ip_address(one).packed for one in said if (":" in one) == (kind == AAAA)]
        records = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(one)) + one for one in found)
        return number + struct.pack("!5H", 0x8180 | flags & AUTHORITATIVE, 1, len(found), 0, 0) + question + records


def _bound(make: Makes, address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """For UDP and TCP at one port; where any will do, one that neither has given to somebody else."""
    for _ in range(20):
        udp, tcp = make(socket.SOCK_DGRAM), make(socket.SOCK_STREAM)
        udp.bind((address, port))
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind((address, udp.getsockname()[1]))
        except OSError:
            udp.close()
            tcp.close()
            continue
        return udp, tcp
    raise OSError(f"no port of {address} is free for both")


@contextmanager
def serving(server: NameServer, make: Makes, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve there, with sockets that ``make`` makes; the port."""
    udp, tcp = _bound(make, address, port)
    port = udp.getsockname()[1]
    tcp.listen()
    ends = threading.Event()

    def by_udp() -> None:
        while not ends.is_set():
            try:
                message, peer = udp.recvfrom(4096)
            except OSError:
                return
            if not ends.is_set() and (said := server.answer(message, "udp")) is not None:
                udp.sendto(said, peer)

    def by_tcp() -> None:
        while not ends.is_set():
            try:
                connection, _ = tcp.accept()
            except OSError:
                return
            with connection:
                message = connection.recv(4096)
                if len(message) > 2 and (said := server.answer(message[2:], "tcp")) is not None:
                    connection.sendall(struct.pack("!H", len(said)) + said)

    threads = [threading.Thread(target=one, daemon=True) for one in (by_udp, by_tcp)]
    for one in threads:
        one.start()
    try:
        yield port
    finally:
        ends.set()
        for one in (udp, tcp):
            one.shutdown(socket.SHUT_RDWR) if one is tcp else one.sendto(b"\0" * 12, (address, port))
        for thread in threads:
            thread.join(PATIENCE)
        udp.close()
        tcp.close()
