"""How fast bytes go from one namespace to another, really."""

import contextlib
import socket
import time

from backends.netlink_socket import inside
from tests.netlab.namespace import Namespace

CHUNK = b"\0" * 1200


def arrives(sender: Namespace, receiver: Namespace, address: str, port: int, seconds: float, offered: float) -> float:
    """Bits per second of UDP payload that arrive, while ``offered`` bits per second are sent."""
    with inside(receiver.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        listening.bind(("", port))
        listening.setblocking(False)
        with inside(sender.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sending:
            sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            sending.setblocking(False)
            begun, sent, got = time.monotonic(), 0, 0
            while (passed := time.monotonic() - begun) < seconds:
                while sent * 8 < offered * passed:
                    with contextlib.suppress(BlockingIOError):
                        sending.sendto(CHUNK, (address, port))
                    sent += len(CHUNK)
                got += _taken(listening)
                time.sleep(0.001)
            return (got + _taken(listening)) * 8 / seconds


def streams(sender: Namespace, receiver: Namespace, address: str, seconds: float) -> float:
    """Bits per second of a TCP connection that sends all that it can, after the kernel has found its pace."""
    with (
        inside(receiver.path, lambda: socket.create_server(("", 0))) as server,
        inside(sender.path, lambda: socket.create_connection((address, server.getsockname()[1]), 10)) as sending,
        server.accept()[0] as accepted,
    ):
        sending.setblocking(False)
        accepted.setblocking(False)
        begun, got = time.monotonic(), [0, 0]
        while (passed := time.monotonic() - begun) < 2 * seconds:
            with contextlib.suppress(BlockingIOError):
                sending.send(CHUNK * 100)
            with contextlib.suppress(BlockingIOError):
                got[passed > seconds] += len(accepted.recv(1 << 20))
            time.sleep(0.001)
        return got[1] * 8 / seconds


def _taken(listening: socket.socket) -> int:
    got = 0
    while True:
        try:
            got += len(listening.recv(2048))
        except BlockingIOError:
            return got
