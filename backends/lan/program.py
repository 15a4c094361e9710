"""What the small programs beside dnsmasq have in common: the files they begin with, the signals they are told by."""

import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol


class Told(Protocol):
    """A program that works by one file."""

    def reload(self) -> None:
        """Read the file, also once more."""

    def run(self, wake: socket.socket) -> None:
        """Work until SIGTERM; ``wake`` has a byte for each signal: its number."""


def run(program: Callable[[Path], Told], arguments: Sequence[str]) -> None:
    """Work by the file that is named first; the second is made once it does."""
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    begun = program(Path(arguments[0]))
    begun.reload()
    Path(arguments[1]).touch()
    begun.run(woken)
