"""The door of a lab ONU: a socket beside its link where orders are taken. Whose door is open has the link."""

import errno
import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.lab.onu_orders import Wrong

MOST_ORDER: Final = 4096
ANSWER_WITHIN: Final = 10.0
VISIT_WITHIN: Final = 1.0
"""Seconds for a whole order: the ONU does nothing else meanwhile."""


class Door:
    """One door. A socket that nobody listens at any more is taken over; whatever else stands there stays."""

    def __init__(self, link: Path) -> None:
        """``link``: the path to the ONU's device."""
        self.path = _beside(link)
        self._socket: socket.socket | None = None
        self._made: tuple[int, int] | None = None

    def open(self) -> None:
        """Take orders from now on. Raises OSError; EADDRINUSE: another lab ONU does so there."""
        self._clear()
        self._socket = socket.socket(socket.AF_UNIX)
        mask = os.umask(0o077)
        try:
            self._socket.bind(str(self.path))
        finally:
            os.umask(mask)
        self._made = _identity(self.path)
        self._socket.listen()

    def fileno(self) -> int:
        """For select; -1 while it is closed."""
        return self._socket.fileno() if self._socket else -1

    def visitor(self) -> socket.socket:
        """Who has come with an order. Raises OSError."""
        if self._socket is None:
            raise OSError(errno.EBADF, "the door is closed")
        return self._socket.accept()[0]

    def close(self) -> None:
        """Take no more orders; what stands there is removed if it is still ours."""
        if self._socket:
            self._socket.close()
        if self._made and _identity(self.path) == self._made:
            self.path.unlink()
        self._socket = self._made = None

    def _clear(self) -> None:
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(mode):
            raise FileExistsError(errno.EEXIST, f"{self.path}, where its orders are taken, is something else")
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.settimeout(1.0)
            try:
                knocking.connect(str(self.path))
            except ConnectionRefusedError:
                self.path.unlink(missing_ok=True)
            except (TimeoutError, BlockingIOError):
                raise _InUse from None
            else:
                raise _InUse


class _InUse(OSError):
    def __init__(self) -> None:
        super().__init__(errno.EADDRINUSE, "a lab ONU is there already")


def order_of(visitor: socket.socket) -> str:
    """What a visitor orders, whose octets have VISIT_WITHIN to come. Raises Wrong, and OSError when it has gone."""
    deadline = time.monotonic() + VISIT_WITHIN
    octets = b""
    while b"\n" not in octets:
        visitor.settimeout(max(deadline - time.monotonic(), 0.0))
        try:
            more = visitor.recv(MOST_ORDER)
        except (TimeoutError, BlockingIOError):
            raise Wrong(f"an order has to come whole within {VISIT_WITHIN:g} s") from None
        if not more:
            break
        octets += more
        if len(octets) > MOST_ORDER:
            raise Wrong(f"an order has {MOST_ORDER} octets at most")
    line = octets.partition(b"\n")[0]
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{line.decode('utf-8', 'backslashreplace')} is not UTF-8") from None


def ask(link: Path, line: str) -> str:
    """Order a running lab ONU something; what it said. Raises Wrong, and OSError when none runs."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(ANSWER_WITHIN)
        visitor.connect(str(_beside(link)))
        visitor.sendall(line.replace("\n", " ").encode() + b"\n")
        answer = visitor.makefile().read(MOST_ORDER)
    word, _, told = answer.partition(" ")
    if word != "ok":
        raise Wrong(told.strip() or "it ended without an answer")
    return told.rstrip("\n")


def _beside(link: Path) -> Path:
    return Path(f"{link}.do")


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        found = path.lstat()
        return found.st_dev, found.st_ino
    return None
