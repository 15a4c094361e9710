"""Runs the units of modules: under systemd where it is at work, with a cgroup each, else as processes of our own."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from backends.commands import Run, run
from backends.errors import MechanismError, Missing
from backends.files import names_in, read_bytes, read_number, read_text
from backends.modules.environment import KIB, Running
from backends.modules.unit_program import UnitProgram
from backends.programs import SETTLED, find_program

NOBODY: Final = "65534"
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
TICKS: Final = os.sysconf("SC_CLK_TCK")
SECONDS: Final = 15.0
PREFIX: Final = "cpe-agent-module-"
GROUPS: Final = ("sys/fs/cgroup/system.slice", "sys/fs/cgroup/systemd/system.slice")


class Runner(Protocol):
    """What runs units. ``key`` is a unit's name here: letters, digits and ._- only."""

    def start(self, key: str, arguments: Sequence[str], folder: Path, *, is_privileged: bool) -> None:
        """Run it until it ends by itself or is stopped; it outlives the agent. MechanismError."""

    def stop(self, key: str, seconds: int) -> None:
        """End it, with force after so many seconds. MechanismError."""

    def running(self, key: str) -> Running | None:
        """What runs; None: nothing. Quick; never raises."""

    def last_words(self, key: str) -> str:
        """The end of what it printed, where that is kept."""

    def forget(self, key: str) -> None:
        """Remove what is kept of one that will not be run again. Never raises."""


class OwnRunner:
    """Starts them as children in sessions of their own; as nobody, with no way to more rights, unless privileged."""

    def __init__(self, directory: Path, proc: Path = Path("/proc")) -> None:
        self._directory = directory
        self._proc = proc
        self._programs: dict[str, UnitProgram] = {}

    def start(self, key: str, arguments: Sequence[str], folder: Path, *, is_privileged: bool) -> None:
        """See Runner."""
        program = self._program(key)
        words = [str(folder / arguments[0]) if not arguments[0].startswith("/") else arguments[0], *arguments[1:]]
        if not is_privileged and os.geteuid() == 0:
            if find_program("setpriv") is None:
                raise Missing("setpriv is not installed: what is not privileged cannot be run (package util-linux)")
            words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs",
                     "--bounding-set=-all", "--", *words]  # fmt: skip
        program.kill(self._proc)
        try:
            program.start(words)
        except MechanismError:
            program.kill(self._proc)
            raise

    def stop(self, key: str, seconds: int) -> None:
        """See Runner."""
        program = self._program(key)
        program.signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while program.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        program.kill(self._proc)

    def running(self, key: str) -> Running | None:
        """See Runner."""
        with suppress(MechanismError, OSError):
            leader = self._program(key).pid()
            if leader is not None:
                members = tuple(self._session(leader)) or (leader,)
                memory = sum(self._resident(process) for process in members)
                return Running(members, memory, self._seconds(leader))
        return None

    def last_words(self, key: str) -> str:
        """See Runner."""
        return self._program(key).last_words()

    def forget(self, key: str) -> None:
        """See Runner."""
        self._program(key).remove_output()

    def _program(self, key: str) -> UnitProgram:
        return self._programs.setdefault(key, UnitProgram(key, self._directory))

    def _session(self, leader: int | None) -> list[int]:
        """The processes of the session that this one leads."""
        found = []
        for name in names_in(self._proc) if leader is not None else ():
            with suppress(OSError):
                if name.isdecimal() and os.getsid(int(name)) == leader:
                    found.append(int(name))
        return found

    def _resident(self, process: int) -> int:
        fields = (read_text(self._proc / str(process) / "statm", 256) or "").split()
        return int(fields[1]) * PAGE // KIB if len(fields) > 1 else 0

    def _seconds(self, process: int) -> int:
        fields = (read_text(self._proc / str(process) / "stat", 4096) or "").rpartition(")")[2].split()
        uptime = (read_text(self._proc / "uptime", 64) or "0").split()[0]
        return max(0, int(float(uptime) - int(fields[19]) / TICKS)) if len(fields) > 19 else 0


class SystemdRunner:
    """Transient services: each has a user of its own (DynamicUser) and a cgroup, which systemd keeps."""

    def __init__(self, root: Path = Path("/"), start: Run = run, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._start = start
        self._clock = clock

    def start(self, key: str, arguments: Sequence[str], folder: Path, *, is_privileged: bool) -> None:
        """See Runner."""
        program = str(folder / arguments[0]) if not arguments[0].startswith("/") else arguments[0]
        limits = () if is_privileged else (
            "--property=DynamicUser=yes", "--property=NoNewPrivileges=yes", "--property=ProtectHome=yes",
            "--property=CapabilityBoundingSet=",
        )  # fmt: skip
        self.forget(key)
        self._start(
            ("systemd-run", f"--unit={self._unit(key)}", "--service-type=exec", "--property=MemoryAccounting=yes",
             f"--working-directory={folder}", *limits, "--", program, *arguments[1:]),
            seconds=SECONDS,
        )  # fmt: skip
        time.sleep(SETTLED)
        told = dict(
            line.split("=", 1)
            for line in self._start(
                ("systemctl", "show", "--property=ActiveState,ExecMainStatus", self._unit(key)), seconds=SECONDS
            ).splitlines()
            if "=" in line
        )
        if told.get("ActiveState") == "failed":
            status = told.get("ExecMainStatus", "")
            raise MechanismError(f"{key} ended at once (status {status}): {self.last_words(key)}")

    def stop(self, key: str, seconds: int) -> None:
        """See Runner."""
        if self.running(key) is not None:
            self._start(("systemctl", "stop", self._unit(key)), seconds=seconds + SECONDS)

    def running(self, key: str) -> Running | None:
        """See Runner."""
        for groups in GROUPS:
            group = self._root / groups / self._unit(key)
            numbers = (read_bytes(group / "cgroup.procs") or b"").split()
            if numbers:
                memory = read_number(group / "memory.current")
                with suppress(OSError):
                    since = int(max(0, self._clock() - group.stat().st_ctime))
                    return Running(tuple(map(int, numbers)), -1 if memory is None else memory // KIB, since)
        return None

    def last_words(self, key: str) -> str:
        """See Runner."""
        return f"see journalctl -u {self._unit(key)}"

    def forget(self, key: str) -> None:
        """See Runner; what systemd keeps is that it failed."""
        with suppress(MechanismError):
            self._start(("systemctl", "reset-failed", self._unit(key)), seconds=SECONDS)

    @staticmethod
    def _unit(key: str) -> str:
        return f"{PREFIX}{key}.service"


def runner_of(directory: Path, root: Path = Path("/")) -> Runner:
    """What runs units on this machine; ``directory`` is for process ids and last words; it may outlive a boot."""
    is_systemd = (root / "run/systemd/system").is_dir() and find_program("systemd-run") is not None
    return SystemdRunner(root) if is_systemd else OwnRunner(directory)
