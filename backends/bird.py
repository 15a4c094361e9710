"""BIRD as an instance of the agent's own: started, told of another configuration by its socket, asked, ended."""

import re
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.files import unwritable, write_if_different
from backends.programs import Program, find_program

BIRD: Final = "bird"
DEADLINE: Final = 0.3
"""Seconds for all that is said over the socket at a time."""
LONGEST_ANSWER: Final = 1 << 18
LAST_LINE: Final = re.compile(rb"^\d{4} .*\n\Z", re.MULTILINE)
WELCOME: Final = "0001"
TAKEN: Final = ("0003", "0004", "0005")
"""A new configuration is in force, is being taken, or is taken next."""
LISTED: Final = 5
"""Words of a line of ``show rip interfaces``: name, state, metric, neighbours, timer."""


class Bird:
    """The instance. ``directory`` is for it alone."""

    def __init__(self, directory: Path, inside: Sequence[str] = ()) -> None:
        """``inside`` begins the command line: a program that goes into a laboratory's namespace first."""
        self.program = Program(BIRD, directory)
        self._configuration = directory / "bird.conf"
        self._socket = directory / "bird.ctl"
        self._inside = tuple(inside)
        self._told = ""

    def make(self, configuration: str) -> bool:
        """Let it work by this configuration, "" by none at all; whether anything was changed.

        MechanismError when it will not. While it runs it is told, and what is the same in both runs on undisturbed.
        """
        if not configuration:
            return self._end()
        is_new = write_if_different(self._configuration, configuration)
        if not self.program.is_running():
            self._start()
            is_new = True
        elif self._told != configuration:  # also once after a start of the agent, which may have ended in between
            self._told = ""
            self._configure()
        self._told = configuration
        return is_new

    def speaks_rip_on(self) -> frozenset[str]:
        """The links on which it has RIP up at present; none when it does not answer."""
        if self.program.pid() is None:
            return frozenset()
        try:
            lines = [line.split() for line in self.ask("show rip interfaces")]
        except MechanismError:
            return frozenset()
        return frozenset(words[0] for words in lines if len(words) == LISTED and words[1] == "Up")

    def ask(self, command: str) -> list[str]:
        """The lines of an answer, the first with its code of four digits before it. MechanismError, TimedOut."""
        ends = time.monotonic() + DEADLINE
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(DEADLINE)
                connection.connect(str(self._socket))
                welcome = _answer(connection, ends)
                if not welcome.startswith(WELCOME):
                    raise MechanismError(f"{self._socket}: this is no BIRD")
                connection.sendall(f"{command}\n".encode())
                return _answer(connection, ends).splitlines()
        except TimeoutError:
            raise TimedOut(f"bird did not answer {command} within {DEADLINE:g} s") from None
        except OSError as error:
            raise MechanismError(f"bird cannot be asked: {error.strerror or error}") from error

    def _configure(self) -> None:
        answer = self.ask("configure")
        if answer[-1][:4] not in TAKEN:
            raise MechanismError(f"bird will not have the configuration: {answer[-1][5:]}")

    def _start(self) -> None:
        found = find_program(BIRD)
        if found is None:
            raise Missing("bird is not installed (package bird2)")
        arguments = [str(found), "-f", "-c", str(self._configuration), "-s", str(self._socket)]
        self.program.start([*self._inside, *arguments], self._answers)

    def _answers(self) -> bool:
        try:
            return bool(self.ask("show status"))
        except MechanismError:
            return False

    def _end(self) -> bool:
        was_there = self._configuration.exists()
        if was_there:
            self.program.stop()
            self._told = ""
            try:
                for path in (self._socket, self._configuration):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise unwritable(self._configuration, error) from error
        return was_there


def _answer(connection: socket.socket, ends: float) -> str:
    received = b""
    while not LAST_LINE.search(received):
        connection.settimeout(max(ends - time.monotonic(), 0.001))
        piece = connection.recv(LONGEST_ANSWER)
        received += piece
        if not piece or len(received) > LONGEST_ANSWER:
            raise MechanismError("bird ended in the middle of an answer, or its answer has no end")
    return received.decode("utf-8", "replace")
