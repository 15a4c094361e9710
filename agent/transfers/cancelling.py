"""Ends what goes on in connections as soon as nobody wants it any more."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Self

from agent.transfers.failures import Cancelled

LOOK_EVERY: Final = 0.1
"""Seconds."""


class Cancelling:
    """Looks, in a thread of its own, whether a transfer is wanted; what waits on its sockets ends when it is not."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="transfer-cancel", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Raise Cancelled if nobody wants it."""
        if self._cancelled():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Let time pass; raises Cancelled."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, LOOK_EVERY))
        self.check()

    def hold(self, connection: socket.socket) -> None:
        """From now on, until it is closed, what waits on that one ends as well."""
        self._sockets = [one for one in self._sockets if one.fileno() >= 0] + [connection]

    @contextlib.contextmanager
    def holding(self, connection: socket.socket) -> Iterator[None]:
        """The same for a while in which TLS takes the descriptor out of that object."""
        same = connection.dup()
        self.hold(same)
        try:
            yield
        finally:
            same.close()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            if self._cancelled():
                for one in self._sockets:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
