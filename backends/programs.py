"""Daemons of the agent's own (dnsmasq, hostapd, pppd …): started, known again and ended; they outlive the agent.

A daemon is known by its process id together with the time at which that process started, both kept in a file: so a new
run of the agent finds the daemons of the last one, and never takes a stranger for one of them. The file is there before
the daemon is, with its arguments alone: by them it is found where the agent was killed as it started it.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError, Missing
from backends.files import make_directory, names_in, read_bytes, read_text, replace_file, unwritable

PLACES: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where daemons are that an ordinary user's PATH does not name."""
PATIENCE: Final = 5.0
SETTLED: Final = 0.1
"""Seconds: a program that cannot run with what it was given says so sooner."""
GRACE: Final = 3.0
LONGEST_OUTPUT: Final = 65_536
LAST_WORDS: Final = 400
START_TIME: Final = 19
"""The place of ``starttime`` in /proc/PID/stat behind the command, proc(5)."""


def find_program(name: str) -> Path | None:
    """Where a program is installed; None when it is not."""
    found = shutil.which(name, path=_path())
    return Path(found) if found else None


class Program:
    """One daemon, started without a shell and in the foreground mode that it has. ``directory`` is for it alone."""

    marks: Mapping[str, str] = {}
    """Variables of its environment, beside those that all have."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._known = directory / f"{name}.pid"
        self._output = directory / f"{name}.log"

    def pid(self) -> int | None:
        """The process while it runs."""
        known = self._read()
        if known is None or known["started"] is None:  # it ended before anybody could look
            return None
        return known["pid"] if _started(known["pid"]) == known["started"] else None

    def is_running(self) -> bool:
        """Whether it runs."""
        self._keep_output_short()
        return self.pid() is not None

    def started_with(self) -> tuple[str, ...]:
        """The arguments that the running process was started with; () when none runs."""
        known = self._read()
        return tuple(known["arguments"]) if known and self.pid() is not None else ()

    def start(
        self,
        arguments: Sequence[str],
        is_ready: Callable[[], bool] | None = None,
        survives_broken_pipes: bool = False,
    ) -> None:
        """Run it, and wait until ``is_ready`` (5 s at most; without it, until it has lived for a moment).

        ``survives_broken_pipes``: SIGPIPE is ignored, for one that relies on systemd for that.

        MechanismError, with its last words, when it ends instead or is not ready in time.
        """
        self.stop()
        known: dict[str, Any] = {"pid": None, "started": None, "arguments": list(arguments)}
        make_directory(self._output.parent)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
            descriptor = os.open(self._output, flags, 0o600)
        except OSError as error:
            raise unwritable(self._output, error) from error
        try:
            self._write(known)
            process = subprocess.Popen(
                list(arguments), stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
                start_new_session=True, cwd="/", env={"PATH": _path(), "LC_ALL": "C", **self.marks},
                restore_signals=not survives_broken_pipes,
            )  # fmt: skip
        except OSError as error:
            self._forget()
            raise Missing(f"{self.name} cannot be started: {error.strerror}") from error
        finally:
            os.close(descriptor)
        self._write({**known, "pid": process.pid, "started": _started(process.pid, reaps=False)})
        process.returncode = 0  # from here on it is known by its file alone: the next run of the agent has no Popen
        self._await(process.pid, is_ready)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it does not run."""
        process = self.pid()
        if process is not None:
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def stop(self) -> None:
        """End it: asked first, and after three seconds made to."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(number)
            deadline = time.monotonic() + GRACE
            while self.pid() is not None and time.monotonic() < deadline:
                time.sleep(0.01)
        self._forget()

    def last_words(self) -> str:
        """The end of what it printed."""
        return (read_text(self._output, LONGEST_OUTPUT) or "")[-LAST_WORDS:]

    def _await(self, process: int, is_ready: Callable[[], bool] | None) -> None:
        begun = time.monotonic()
        while (how := _end_of(process)) is None:
            waited = time.monotonic() - begun
            if is_ready() if is_ready else waited > SETTLED:
                return
            if waited > PATIENCE:
                self.stop()
                raise MechanismError(f"{self.name} was not ready within {PATIENCE:.0f} s: {self.last_words()}")
            time.sleep(0.01)
        self._forget()
        raise MechanismError(f"{self.name} ended at once{how}: {self.last_words()}".rstrip(": \n"))

    def _read(self) -> dict[str, Any] | None:
        try:
            known = json.loads(read_text(self._known) or "null")
            if not {"pid", "started", "arguments"} <= known.keys():
                return None
            return self._found(known) if known["pid"] is None else known
        except (ValueError, AttributeError, TypeError):
            return None

    def _forget(self) -> None:
        try:
            self._known.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._known, error) from error

    def _write(self, known: Mapping[str, Any]) -> None:
        replace_file(self._known, json.dumps(known).encode(), 0o600)

    def _found(self, known: Mapping[str, Any]) -> dict[str, Any] | None:
        """What was being started when the agent was killed, if it came to be."""
        process = _running_with(known["arguments"]) or _speaking_to(self._output)
        if process is None:
            self._forget()
            return None
        found = {**known, "pid": process, "started": _started(process)}
        self._write(found)
        return found

    def _keep_output_short(self) -> None:
        with suppress(OSError):
            if self._output.stat().st_size > LONGEST_OUTPUT:
                os.truncate(self._output, 0)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])


def _running_with(arguments: Sequence[str]) -> int | None:
    """The process that runs with exactly these arguments; they name files that are the agent's own."""
    wanted = b"".join(os.fsencode(word) + b"\0" for word in arguments)
    for name in names_in(Path("/proc")):
        if name.isdecimal() and read_bytes(Path("/proc", name, "cmdline")) == wanted:
            return int(name)
    return None


def _speaking_to(output: Path) -> int | None:
    """The process at the head of a session that writes to this file: one that shows another text than its arguments."""
    for name in names_in(Path("/proc")):
        with suppress(OSError):  # it has ended, or is somebody else's
            if (
                name.isdecimal()
                and os.path.samefile(f"/proc/{name}/fd/1", output)
                and os.getsid(int(name)) == int(name)
            ):
                return int(name)
    return None


def _end_of(child: int) -> str | None:
    """How a child ended, in words ("" where somebody else has asked for it); None while it runs."""
    try:
        ended, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return ""
    code = os.waitstatus_to_exitcode(status)
    return (f" (exit status {code})" if code >= 0 else f" (signal {-code})") if ended else None


def _started(process: int, reaps: bool = True) -> int | None:
    """When a process started, in clock ticks after boot; None when there is none, or only what is left of one."""
    text = read_text(Path(f"/proc/{process}/stat"), 4096)
    if text is None:
        return None
    states = text.rpartition(")")[2].split()
    if states[0] not in ("Z", "X"):
        return int(states[START_TIME])
    with suppress(ChildProcessError):
        reaps and os.waitpid(process, os.WNOHANG)  # after the look: what ended before it is not asked for again
    return None
