"""Consoles at the far end of a pty: a scripted one, and a real shell whose programs print what a test says."""

import os
import pty
import select
import signal
import subprocess
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import PATIENCE

Reply = Callable[[str], str]
"""What a scripted console writes after a line that was typed (without its end)."""


class _Pty:
    """A line whose far end is served by a thread."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def end(self) -> None:
        os.write(self._waker, b"x")
        self._thread.join(PATIENCE)
        for descriptor in (self.master, self._slave, self._wake, self._waker):
            os.close(descriptor)

    def _serve(self) -> None:
        raise NotImplementedError


class Scripted(_Pty):
    """Echoes what is typed, and answers each line by ``reply``."""

    def __init__(self, reply: Reply, *, echoes: bool = True) -> None:
        self.reply = reply
        self.typed: list[str] = []
        self._echoes = echoes
        super().__init__()

    def _serve(self) -> None:
        line = ""
        while True:
            ready, _, _ = select.select([self.master, self._wake], [], [])
            if self._wake in ready:
                return
            for letter in os.read(self.master, 4096).decode("utf-8", "replace"):
                if letter != "\n":
                    line += letter
                    continue
                self.typed.append(line)
                echo = line + "\r\n" if self._echoes else ""
                os.write(self.master, (echo + self.reply(line)).replace("\n", "\r\n").replace("\r\r", "\r").encode())
                line = ""


class Shell(_Pty):
    """A real interactive shell on a terminal of its own, bridged to the line. ``spoil`` may change what it writes."""

    def __init__(self, folder: Path, programs: Mapping[str, str], spoil: Callable[[bytes], bytes]) -> None:
        for name, script in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        self._spoil = spoil
        self._terminal, inner = pty.openpty()
        environment = {"PATH": f"{folder}:/usr/bin:/bin", "PS1": "root@sfp:/# ", "TERM": "dumb", "HOME": str(folder)}

        def own() -> None:
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # who runs the tests may ignore it
            import fcntl

            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            ["/bin/sh", "-i"], stdin=inner, stdout=inner, stderr=inner, env=environment, cwd=folder, preexec_fn=own
        )
        os.close(inner)
        super().__init__()

    def end(self) -> None:
        for pid in self._session():  # what it has started goes on without a terminal
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        super().end()
        os.close(self._terminal)

    def _session(self) -> Iterator[int]:
        """The shell and all that it has started."""
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                session = status.read_text().rpartition(")")[2].split()[3]
                if int(session) == self.process.pid:
                    yield int(status.parent.name)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self.master, self._terminal, self._wake], [], [])
            if self._wake in ready:
                return
            try:
                if self.master in ready:
                    os.write(self._terminal, os.read(self.master, 4096))
                if self._terminal in ready:
                    os.write(self.master, self._spoil(os.read(self._terminal, 4096)))
            except OSError:  # the shell has ended
                return


@contextmanager
def scripted(reply: Reply, *, echoes: bool = True) -> Iterator[Scripted]:
    """A scripted console for a test."""
    console = Scripted(reply, echoes=echoes)
    try:
        yield console
    finally:
        console.end()


@contextmanager
def shell(
    folder: Path, programs: Mapping[str, str], spoil: Callable[[bytes], bytes] = lambda octets: octets
) -> Iterator[Shell]:
    """A real shell for a test."""
    console = Shell(folder, programs, spoil)
    try:
        yield console
    finally:
        console.end()
