"""A line on a pty, and an ONU at its other end that answers as a test says. What it knows of OMCI is its own."""

import os
import pty
import select
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backends.omci.codecs import CODECS
from tests.waiting import PATIENCE

Answer = Callable[[bytes], list[bytes]]
"""What the ONU writes, octets as they are, after a frame that it heard."""


class PtyOnu:
    """The far end: hears frames by the codec, and writes whatever its ``answer`` returns."""

    def __init__(self, codec: str, answer: Answer) -> None:
        self.codec = CODECS[codec]()
        self.answer = answer
        self.heard: list[bytes] = []
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self._slave = slave  # kept open: closing the last user would end the line for the master
        self.device = os.ttyname(slave)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def write(self, octets: bytes) -> None:
        """Of its own accord."""
        os.write(self.master, octets)

    def framed(self, frame: bytes) -> bytes:
        """A frame as it stands on this line."""
        return self.codec.wrapped(frame)

    def unplug(self) -> None:
        """The device goes away: readers get EIO."""
        self.end()

    def end(self) -> None:
        if self._thread.is_alive():
            os.write(self._waker, b"x")
            self._thread.join(PATIENCE)
            for descriptor in (self.master, self._slave, self._wake, self._waker):
                os.close(descriptor)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self.master, self._wake], [], [])
            if self._wake in ready:
                return
            for frame in self.codec.feed(os.read(self.master, 4096)):
                self.heard.append(frame)
                for octets in self.answer(frame):
                    os.write(self.master, octets)


@contextmanager
def onu(answer: Answer, codec: str = "hdlc") -> Iterator[PtyOnu]:
    """One for a test; gone afterwards."""
    far = PtyOnu(codec, answer)
    try:
        yield far
    finally:
        far.end()
