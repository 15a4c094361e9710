"""A unit's program: a daemon as any other, whose output takes no place."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from backends.errors import Missing
from backends.files import make_directory, names_in, read_bytes, read_text, unwritable
from backends.programs import LONGEST_OUTPUT, Program, find_program

LISTENER: Final = "tail"
WAITING: Final = 'read -r _; exec "$@" <&2 2>/dev/null'
"""For a shell that is to become what hears a unit, on descriptor 2, once there is nothing more to come on 0."""
KEPT: Final = 4096
"""Bytes of a unit's output that are there when it has ended."""
LAST_WORDS: Final = 120
"""Characters of it that are told: the 200 of a failed operation's text have room for them."""
PATIENCE: Final = 1.0
"""Seconds for ``tail`` to write; somebody who has left the unit may keep it from its end."""
MARK: Final = "CPE_AGENT_UNIT"
"""In its environment: whose unit it is, by the place that is kept for it; two agents may have one of the same name."""


class UnitProgram(Program):
    """See Program. What it prints goes through a pipe to ``tail``, which keeps the end of it in memory and writes that
    to a file of 4 kB when all of the unit has ended.

    A file fills the disk as fast as the unit can write, faster than anybody looks, and wears flash. A limit on the size
    of files would be one on the unit's own files too. A pipe that the agent reads ends the unit by SIGPIPE when the
    agent ends, or blocks it; units outlive the agent. /dev/null keeps no last words. ``tail`` is on every system,
    outlives the agent, and takes no more memory than what it keeps.

    ``tail`` is there before the unit, and waits until the agent, which reads the pipe first, has left it to it or has
    been killed: no unit is ever without. The pipe has a name, by which the unit is known to an agent that was killed as
    it started it.
    """

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(name, directory)
        self._output = directory / f"{name}.out"
        self._kept = directory / f"{name}.log"
        self._heard: int | None = None
        self._listener: int | None = None
        self.marks = {MARK: str((directory / name).absolute())}

    def start(
        self,
        arguments: Sequence[str],
        is_ready: Callable[[], bool] | None = None,
        survives_broken_pipes: bool = False,
    ) -> None:
        """See Program. Missing where there is no ``tail``."""
        listener = find_program(LISTENER)
        if listener is None:
            raise Missing(f"{LISTENER} is not installed: a unit cannot be run without")
        self.stop()
        make_directory(self._kept.parent)
        waiting = None
        try:
            with ExitStack() as opened:
                self._output.unlink(missing_ok=True)
                os.mkfifo(self._output, 0o600)
                self._heard, to = (self._reading_end(opened) for _ in range(2))
                kept = opened.enter_context(self._kept.open("wb"))
                until, ours = os.pipe()
                opened.callback(os.close, ours)
                opened.callback(os.close, until)
                waiting = _waiting(listener, until, to, kept.fileno())
                super().start(arguments, is_ready, survives_broken_pipes)
        except OSError as error:
            self.stop()
            raise unwritable(Path(error.filename or self._kept), error) from error
        finally:
            self._heard = None
            self._listener = waiting

    def stop(self) -> None:
        """See Program; what it printed last is there then."""
        super().stop()
        deadline = time.monotonic() + PATIENCE
        while self._is_heard() and time.monotonic() < deadline:
            time.sleep(0.01)

    def pid(self) -> int | None:
        """See Program."""
        self._is_heard()
        return super().pid()

    def processes(self, proc: Path) -> set[int]:
        """All that it has started and that runs still: of its session, and whatever has its mark, which only a program
        that makes itself another environment is without.
        """
        leader, mark = self.pid(), os.fsencode(f"{MARK}={self.marks[MARK]}")
        found = set()
        for name in filter(str.isdecimal, names_in(proc)):
            with suppress(OSError):
                if os.getsid(int(name)) == leader or mark in (read_bytes(proc / name / "environ") or b"").split(b"\0"):
                    found.add(int(name))
        return found

    def kill(self, proc: Path) -> None:
        """End all of it with force; what it has started while that was looked for, as well."""
        for _ in range(2):
            for process in self.processes(proc):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        self.stop()

    def last_words(self) -> str:
        """The end of what it has printed, on one line and printable; while it runs, nothing."""
        said = ""
        if self._heard is None:
            said = read_text(self._kept, LONGEST_OUTPUT) or ""
        else:
            with suppress(BlockingIOError):
                said = os.read(self._heard, LONGEST_OUTPUT).decode("utf-8", "replace")
        return " ".join("".join(one if one.isprintable() else " " for one in said).split())[-LAST_WORDS:]

    def remove_output(self) -> None:
        """Of one that has ended: its pipe, and its last words."""
        for file in (self._output, self._kept):
            with suppress(OSError):
                file.unlink()

    def _reading_end(self, opened: ExitStack) -> int:
        end = os.open(self._output, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        opened.callback(os.close, end)
        return end

    def _is_heard(self) -> bool:
        """Whether what hears it, started by this run of the agent, has not ended."""
        if self._listener is not None:
            with suppress(ChildProcessError):
                if os.waitpid(self._listener, os.WNOHANG) == (0, 0):
                    return True
            self._listener = None
        return False


def _waiting(program: Path, until: int, to: int, kept: int) -> int:
    """The process that hears a pipe from the end of ``until`` on, which nobody else may have open for reading."""
    os.set_blocking(to, True)
    process = subprocess.Popen(
        ["/bin/sh", "-c", WAITING, "sh", program, "-c", str(KEPT)], stdin=until, stdout=kept, stderr=to,
        start_new_session=True, cwd="/", env={},
    )  # fmt: skip
    process.returncode = 0  # it outlives this run of the agent, and is waited for by its number
    return process.pid
