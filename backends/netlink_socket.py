"""A netlink socket whose every exchange has a deadline, in any network namespace."""

import ctypes
import errno
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from backends.errors import MechanismError, Missing, TimedOut

SOL_NETLINK = 270
EXT_ACK, STRICT_CHECK = 11, 12
NLMSG_ERROR, NLMSG_DONE = 2, 3
REQUEST, ACK, DUMP_INTERRUPTED, ACK_TLVS = 0x1, 0x4, 0x10, 0x200
ERROR_MESSAGE = 1
CLONE_NEWNET = 0x40000000
RECEIVE = 65536
HEADER = struct.Struct("=IHHII")
T = TypeVar("T")
GONE = {errno.ENODEV, errno.ENOENT, errno.ESRCH, errno.EADDRNOTAVAIL}


def open_route_socket() -> socket.socket:
    """An unbound NETLINK_ROUTE socket in this thread's network namespace."""
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)


def inside(namespace: str, call: Callable[[], T]) -> T:
    """What ``call`` returns in a network namespace: a name below /run/netns, or a path.

    A thread of its own enters it and ends, so that nobody else is moved; a socket stays where it was made.
    """
    path = namespace if "/" in namespace else f"/run/netns/{namespace}"
    made: list[T] = []
    failed: list[OSError] = []

    def enter() -> None:
        try:
            with open(path, "rb") as file:
                libc = ctypes.CDLL(None, use_errno=True)  # os.setns is younger than Python 3.11
                if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    number = ctypes.get_errno()
                    raise OSError(number, os.strerror(number), path)
            made.append(call())
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=enter, name="netns")
    thread.start()
    thread.join()
    if failed:
        raise from_os_error(failed[0], f"network namespace {namespace}")
    return made[0]


def errno_name(number: int) -> str:
    """ "ENODEV" for 19; of the two names that one number has, the one that the kernel's sources use."""
    return "EOPNOTSUPP" if number == errno.EOPNOTSUPP else errno.errorcode.get(number, "")


def from_os_error(error: OSError, what: str, explanation: str = "") -> MechanismError:
    """The mechanism's error for an errno: Missing where the kernel says that something is not there."""
    number = error.errno or 0
    reason = f"{what}: {explanation or os.strerror(number)}"
    return (Missing if number in GONE else MechanismError)(reason, errno_name(number))


class NetlinkSocket:
    """Requests and their answers over one socket, reopened after any trouble. Owned by one thread."""

    def __init__(self, open_socket: Callable[[], socket.socket], deadline: float) -> None:
        self._open_socket = open_socket
        self._deadline = deadline
        self._socket: socket.socket | None = None
        self._sequence = 0

    def close(self) -> None:
        """Give the socket back; the next exchange opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def exchange(self, message: bytearray, what: str, deadline: float | None = None) -> list[tuple[int, bytes, int]]:
        """Send one encoded request; return (type, buffer, offset) of each message of its answer.

        ``message`` has its type and flags; the sequence number is put in here. Raises TimedOut after ``deadline``
        seconds (None: the socket's own), Missing or MechanismError as the kernel refuses; an interrupted dump (the
        table changed meanwhile) is asked again.
        """
        patience = self._deadline if deadline is None else deadline
        ends = time.monotonic() + patience
        while True:
            try:
                answer, interrupted = self._once(message, what, ends)
            except TimeoutError:
                self.close()
                raise TimedOut(f"{what}: the kernel has not answered for {patience:g} s") from None
            if not interrupted:
                return answer

    def _once(self, message: bytearray, what: str, ends: float) -> tuple[list[tuple[int, bytes, int]], bool]:
        self._sequence = self._sequence % 0xFFFFFFFF + 1
        struct.pack_into("=I", message, 8, self._sequence)
        answer: list[tuple[int, bytes, int]] = []
        interrupted = False
        try:
            connection = self._connected()
            connection.send(message)
            while True:
                for kind, flags, buffer, offset in self._receive(connection, ends):
                    interrupted = interrupted or bool(flags & DUMP_INTERRUPTED)
                    if kind == NLMSG_ERROR:
                        check(buffer, offset, flags, what)
                        return answer, interrupted
                    if kind == NLMSG_DONE:
                        check(buffer, offset, 0, what)
                        return answer, interrupted
                    answer.append((kind, buffer, offset))
        except TimeoutError:
            raise
        except OSError as error:
            self.close()
            raise from_os_error(error, what) from error

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = self._open_socket()
            for option in (EXT_ACK, STRICT_CHECK):
                with suppress(OSError):  # kernels before 4.12 and 4.20
                    self._socket.setsockopt(SOL_NETLINK, option, 1)
        return self._socket

    def _receive(self, connection: socket.socket, ends: float) -> Iterator[tuple[int, int, bytes, int]]:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        buffer = connection.recv(RECEIVE)
        for kind, flags, sequence, offset in messages(buffer):
            if sequence == self._sequence:  # others answer a request that was given up
                yield kind, flags, buffer, offset


def messages(buffer: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Type, flags, sequence number and offset of each netlink message in a datagram."""
    offset = 0
    while offset + HEADER.size <= len(buffer):
        length, kind, flags, sequence, _ = HEADER.unpack_from(buffer, offset)
        if length < HEADER.size or offset + length > len(buffer):
            return
        yield kind, flags, sequence, offset
        offset += (length + 3) & ~3


def check(buffer: bytes, offset: int, flags: int, what: str) -> None:
    """Raise what NLMSG_ERROR or NLMSG_DONE says; zero is an acknowledgement. Extended ones carry words."""
    length, *_ = HEADER.unpack_from(buffer, offset)
    number = struct.unpack_from("=i", buffer, offset + HEADER.size)[0] if length >= HEADER.size + 4 else 0
    if number >= 0:
        return
    words = ""
    original = struct.unpack_from("=I", buffer, offset + HEADER.size + 4)[0] if flags & ACK_TLVS else 0
    at = offset + HEADER.size + 4 + ((original + 3) & ~3)
    while flags & ACK_TLVS and at + 4 <= offset + length:
        size, kind = struct.unpack_from("=HH", buffer, at)
        if size < 4:
            break
        if kind & 0x3FFF == ERROR_MESSAGE:
            words = buffer[at + 4 : at + size].rstrip(b"\0").decode("utf-8", "replace")
        at += (size + 3) & ~3
    raise from_os_error(OSError(-number, ""), what, f"{os.strerror(-number)} ({words})" if words else "")
