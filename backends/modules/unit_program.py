"""A unit's program: a daemon as any other, whose output takes no place."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import Missing
from backends.files import make_directory, read_text, unwritable
from backends.programs import LAST_WORDS, LONGEST_OUTPUT, Program, find_program

LISTENER: Final = "tail"
KEPT: Final = 4096
"""Bytes of a unit's output that are there when it has ended."""


class UnitProgram(Program):
    """See Program. What it prints goes through a pipe to ``tail``, which keeps the end of it in memory and writes that
    to a file of 4 kB when all of the unit has ended.

    A file fills the disk as fast as the unit can write, faster than anybody looks, and wears flash. A limit on the size
    of files would be one on the unit's own files too. A pipe that the agent reads ends the unit by SIGPIPE when the
    agent ends, or blocks it; units outlive the agent. /dev/null keeps no last words. ``tail`` is on every system,
    outlives the agent, and takes no more memory than what it keeps.

    The pipe has a name, by which the unit is known to an agent that was killed as it started it.
    """

    def __init__(self, name: str, directory: Path) -> None:
        super().__init__(name, directory)
        self._output = directory / f"{name}.out"
        self._kept = directory / f"{name}.log"
        self._heard: int | None = None
        self._listener: int | None = None

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
        try:
            self._output.unlink(missing_ok=True)
            os.mkfifo(self._output, 0o600)
            self._heard = os.open(self._output, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with self._kept.open("wb") as kept:
                super().start(arguments, is_ready, survives_broken_pipes)
                os.set_blocking(self._heard, True)
                self._listen(listener, self._heard, kept.fileno())
        except OSError as error:
            self.stop()
            raise unwritable(Path(error.filename or self._kept), error) from error
        finally:
            if self._heard is not None:
                os.close(self._heard)
                self._heard = None

    def pid(self) -> int | None:
        """See Program."""
        self._await_listener()
        return super().pid()

    def last_words(self) -> str:
        """The end of what it has printed; while it runs, nothing."""
        if self._heard is None:
            return (read_text(self._kept, LONGEST_OUTPUT) or "")[-LAST_WORDS:]
        with suppress(BlockingIOError):
            return os.read(self._heard, LONGEST_OUTPUT).decode("utf-8", "replace")[-LAST_WORDS:].strip()
        return ""

    def _listen(self, program: Path, to: int, kept: int) -> None:
        process = subprocess.Popen(
            [program, "-c", str(KEPT)], stdin=to, stdout=kept, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/", env={},
        )  # fmt: skip
        process.returncode = 0  # it outlives this run of the agent, and is waited for by its number
        self._listener = process.pid

    def _await_listener(self) -> None:
        if self._listener is not None:
            with suppress(ChildProcessError):
                if os.waitpid(self._listener, os.WNOHANG) == (0, 0):
                    return
            self._listener = None
