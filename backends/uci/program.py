"""UCI through the device's own ``uci``: edits are staged in a directory of ours and committed by it.

``uci -t OWN commit`` makes what lies in OWN, and also what lies in the directory where people stage. So that directory
is looked at first, under a lock that keeps ``uci set`` out until ours is done; where somebody has staged something for
the package, the file is written as FileUci does, which touches nobody's edits. ``-P`` would commit nothing, silently.
"""

import errno
import fcntl
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.programs import find_program
from backends.uci.draft import Command, Draft
from backends.uci.edits import Reading
from backends.uci.files import AGAIN, PATIENCE, FileUci, is_being_replaced, wait_for_lock
from backends.uci.grammar import quote
from backends.uci.places import Places
from backends.uci.reading import decoded, encoded, parsed
from backends.uci.types import BrokenPackage, Package

SECONDS: Final = 2.0
TRIES: Final = 3
"""A person's ``uci commit`` that begins with ours waits for our lock, with one of its own that ours waits for."""
_WHERE: Final = re.compile(r"Parse error \((?P<why>.*)\) at line (?P<line>\d+)")


class ProgramUci(FileUci):
    """UCI as the device's own program reads and commits it; comments do not outlive its commits."""

    def __init__(self, places: Places | None = None, program: str = "uci") -> None:
        # The program looks for staged edits there, whatever is said.
        super().__init__(replace(places or Places(), staged=Places().staged))
        found = find_program(program)
        if found is None:
            raise Missing(f"{program} is not installed")
        if not re.fullmatch(r"[!-~]+", str(self.places.config)) or re.search(r"[.=]", str(self.places.config)):
            raise MechanismError(f"uci cannot name packages in {self.places.config}: no dot, blank or = may be in it")
        self._program = found

    def prepare(self, reading: Reading, draft: Draft) -> None:
        """Look at the file, and let ``uci`` stage the edits in our directory, which shows whether it takes them."""
        super().prepare(reading, draft)
        with self._nobody_stages(reading.package.name) as free:
            if free:
                self._stage(draft)

    def commit(self, reading: Reading, draft: Draft) -> bytes:
        """Let ``uci`` commit what it has staged, and look whether it did."""
        name = reading.package.name
        for attempt in range(TRIES):
            with self._nobody_stages(name) as free:
                if not free:
                    return super().commit(reading, draft)
                now = self.fresh(name)
                if now.content != reading.content:
                    # A try that was given up may have been through all the same.
                    return self._checked(now, draft) if attempt else super().commit(reading, draft)
                try:
                    self._run("commit", name)
                    return self._checked(self.fresh(name), draft)
                except TimedOut:
                    self._stage(draft)
        raise TimedOut(f"uci did not commit {name} within {TRIES * SECONDS:.0f} s")

    def drop(self, package: str) -> None:
        """What was staged in our directory is staged no more."""
        with suppress(OSError):
            (self.places.own / package).unlink()

    def _load(self, package: str, path: Path) -> Package:
        """By its path a package is exported without what anybody has staged, in one call."""
        try:
            said = self._run("export", str(path))
        except MechanismError as error:
            if found := _WHERE.search(error.reason):
                raise BrokenPackage(path, int(found["line"]), found["why"]) from error
            if not path.exists():
                raise Missing(f"there is no {path}") from error
            raise
        return parsed(package, decoded(said), path)

    def _checked(self, now: Reading, draft: Draft) -> bytes:
        self._current.pop(now.package.name, None)
        if now.package.says() != draft.package().says():
            raise MechanismError(f"{self.places.path(now.package.name)} says something else than uci was told")
        return now.content

    def _stage(self, draft: Draft) -> None:
        """The edits as one batch. ``uci batch`` goes on behind an error and says so on standard error only."""
        name = draft.base.name
        try:
            self.places.own.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MechanismError(f"{self.places.own}: {error.strerror}") from error
        self.drop(name)
        added = [command.section for command in draft.commands if command.word == "add"]
        said = self._run("batch", given="".join(_line(name, command) for command in draft.commands))
        if decoded(said).split() != added:
            self.drop(name)
            raise MechanismError("uci names new sections otherwise than expected")

    def _run(self, *command: str, given: str = "") -> bytes:
        """What ``uci`` prints; MechanismError with its own words for whatever it complains of."""
        arguments: Sequence[str] = (
            str(self._program), "-c", str(self.places.config), "-t", str(self.places.own), *command,
        )  # fmt: skip
        try:
            ended = subprocess.run(
                arguments, input=encoded(given), capture_output=True, timeout=SECONDS, check=False, cwd="/",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            raise TimedOut(f"uci {command[0]} did not end within {SECONDS:.0f} s") from late
        except (OSError, ValueError) as error:
            raise MechanismError(f"uci cannot be started: {error}") from error
        if ended.returncode or ended.stderr:
            complaint = " ".join(decoded(ended.stderr).split())[-200:]
            raise MechanismError(f"uci {command[0]} ended with status {ended.returncode}: {complaint}")
        return ended.stdout

    @contextmanager
    def _nobody_stages(self, package: str) -> Iterator[bool]:
        """Whether nobody has staged anything for a package, nor can before this ends."""
        path = self.places.staged / package
        try:
            self.places.staged.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            # Nobody of us may see what lies there: written as a file, it stays what it is.
            yield False
            return
        try:
            deadline = time.monotonic() + PATIENCE
            wait_for_lock(descriptor, fcntl.LOCK_SH, path, deadline)
            while _is_being_written(self.places.path(package)) or is_being_replaced(self.places.path(package)):
                # Its writer will want the lock that is ours, before it gives back the one that we wait for.
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                if time.monotonic() > deadline:
                    raise TimedOut(f"{self.places.path(package)} is locked by another program")
                time.sleep(AGAIN)
                wait_for_lock(descriptor, fcntl.LOCK_SH, path, deadline)
            yield os.fstat(descriptor).st_size == 0
        finally:
            os.close(descriptor)


def _is_being_written(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno == errno.EWOULDBLOCK
    else:
        return False
    finally:
        os.close(descriptor)


def _line(package: str, command: Command) -> str:
    """A command of ``uci batch``: its words in quotes, a text may go over several lines."""
    if command.word == "add":
        return f"add {package} {quote(command.value or '')}\n"
    place = ".".join(part for part in (package, command.section, command.option) if part)
    return f"{command.word} {quote(place if command.value is None else f'{place}={command.value}')}\n"
