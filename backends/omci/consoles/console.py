"""An ONT's console: logged in, a command at a time, its answer without echo, colours and what the kernel says between.

A shell tells where an answer begins and ends by marks of ours; a minishell by its prompt.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from backends.errors import MechanismError, TimedOut

ANSWER_WITHIN: Final = 5.0
LOG_IN_WITHIN: Final = 15.0
TRIES: Final = 2
MOST_ANSWER: Final = 1 << 18
"""Octets of an answer that are waited for; what is longer has no end."""
LAST: Final = 4096
"""Characters that are kept while a prompt is looked for: it stands at the end."""
_QUIET: Final = 0.3
"""Seconds without an octet after which a prompt is taken for one."""

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_KERNEL: Final = re.compile(r"(?:<\d>)?\[ *\d{1,9}\.\d{6}\] [^\n]*\n")
_INTERRUPT: Final = "\x03\n"


class LogInRefused(MechanismError):
    """The console wants a name or a password that it did not get, or did not like."""


class Octets(Protocol):
    """What a line is to a console (link.Line)."""

    def write(self, octets: bytes) -> None:
        """Send all of them."""
        ...

    def read(self, seconds: float) -> bytes:
        """What comes within so long; b"" when nothing does."""
        ...

    def forget(self) -> None:
        """Drop what has come; of what never ends, only so much."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family's console behaves. ``shells``: what to type at which prompt to come to where commands work."""

    prompt: re.Pattern[str]
    has_marks: bool = True
    shells: tuple[tuple[re.Pattern[str], str], ...] = ()
    farewell: str = "exit"


@dataclass(frozen=True, slots=True)
class LogIn:
    """Who logs in. Neither is ever logged or told."""

    user: str = ""
    password: str = field(default="", repr=False)


_USER: Final = re.compile(r"(?:[Ll]ogin|[Uu]ser ?name|[Uu]ser):\s*$")
_PASSWORD: Final = re.compile(r"[Pp]assword:\s*$")
_REFUSED: Final = re.compile(r"(?:incorrect|denied|[Ff]ail(?:ed|ure))[^\n]*\n")

SHELL: Final = re.compile(r"(?:^|\n)[^\n]{0,80}[#$] ?$")


class Console:
    """One console, for one thread. Raises LogInRefused, TimedOut and what its line raises."""

    def __init__(
        self,
        line: Octets,
        dialect: Dialect,
        log_in: LogIn | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is typed before the first command."""
        self._line = line
        self._dialect = dialect
        self._log_in = log_in or LogIn()
        self._clock = clock
        self.is_ready = False
        """Whether it is logged in to, and at its prompt."""
        self._number = 0

    def run(self, command: str, within: float = ANSWER_WITHIN) -> str:
        """What a command prints, line ends as ``\\n``. One that hangs is interrupted and typed once more."""
        for is_last in (False, True):
            try:
                if not self.is_ready:
                    self._arrive()
                return self._marked(command, within) if self._dialect.has_marks else self._prompted(command, within)
            except TimedOut:
                self.is_ready = False
                self._type(_INTERRUPT)
                if is_last:
                    raise
            except MechanismError:
                self.is_ready = False
                raise
        raise AssertionError  # the last try returns or raises

    def leave(self) -> None:
        """End the session: some consoles let nobody in while one lasts."""
        if self.is_ready:
            self.is_ready = False
            self._type(self._dialect.farewell + "\n")

    def _arrive(self) -> None:
        """Come to the prompt, through log-in and vendor's shells."""
        self._type("\n")
        deadline = self._clock() + LOG_IN_WITHIN
        text = ""
        is_asked = False
        while True:
            heard = self._heard(min(_QUIET, deadline - self._clock()))
            text = (text + heard)[-LAST:]
            if heard:  # it may go on
                if self._clock() > deadline:
                    break
                continue
            if text and (reply := self._reply(text, is_asked=is_asked)) is not None:
                if not reply:
                    self.is_ready = True
                    return
                is_asked = is_asked or bool(_PASSWORD.search(text))
                self._type(reply)
                text = ""
            if self._clock() > deadline:
                break
        raise TimedOut("the console shows no prompt")

    def _reply(self, text: str, *, is_asked: bool) -> str | None:
        """What to type next; "" at the prompt; None: nothing that is known."""
        text = cleaned(text)
        if is_asked and _REFUSED.search(text):
            raise LogInRefused("the console did not accept the name and the password")
        if _USER.search(text) or _PASSWORD.search(text):
            if not self._log_in.user or is_asked:
                raise LogInRefused("the console asks for a name and a password")
            return (self._log_in.user if _USER.search(text) else self._log_in.password) + "\n"
        for prompt, command in self._dialect.shells:
            if prompt.search(text):
                return command + "\n"
        return "" if self._dialect.prompt.search(text) else None

    def _marked(self, command: str, within: float) -> str:
        """Between marks that the typed line does not have itself: the shell joins their halves."""
        self._number += 1
        begin, end = f"__BEGIN_{self._number}__", f"__END_{self._number}_"
        self._type(f"echo __BEGIN''_{self._number}__; {command}; echo __END''_{self._number}_$?__\n")
        text = self._until(lambda text: re.search(end + r"\d+__", text) is not None, within, command)
        body = text.partition(begin)[2].partition(end)[0]
        return body.removeprefix("\n")

    def _prompted(self, command: str, within: float) -> str:
        """From behind the echo to the prompt; what came before the command was typed does not count."""
        self._line.forget()
        self._type(command + "\n")
        prompt = self._dialect.prompt
        text = self._until(lambda text: command in text and prompt.search(text) is not None, within, command)
        body = text.rpartition(command)[2] if text.count(command) == 1 else text.partition(command)[2]
        return prompt.sub("\n", body).removeprefix("\n")

    def _until(self, is_whole: Callable[[str], bool], within: float, command: str) -> str:
        deadline = self._clock() + within
        text = ""
        while (left := deadline - self._clock()) > 0 and len(text) < MOST_ANSWER:
            text += self._heard(left)
            if is_whole(told := cleaned(text)):
                return told
        raise TimedOut(f"the console did not end its answer to {command.split(maxsplit=1)[0]}")

    def _heard(self, seconds: float) -> str:
        return self._line.read(max(seconds, 0)).decode("utf-8", "replace")

    def _type(self, text: str) -> None:
        self._line.write(text.encode())


def cleaned(text: str) -> str:
    """A console's text without colours, carriage returns and the kernel's messages, also those within a line."""
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "").replace("\0", "")
    return _KERNEL.sub("", text)
