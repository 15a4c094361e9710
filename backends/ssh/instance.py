"""Servers of our own: one sshd each, known by the process file that it writes and by the configuration it was given."""

import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backends.commands import Run, run
from backends.errors import MechanismError
from backends.files import names_in, read_bytes, read_number, read_text, write_if_different
from backends.procfs import TICKS
from backends.programs import START_TIME, Program, find_program
from backends.ssh.configuration import pairs
from backends.ssh.rendering import endpoint

PATIENCE: Final = 5.0
SECONDS: Final = 2.0
SYSTEMD: Final = "/run/systemd/system"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where servers are started: ``enter`` begins their command line, ``command`` runs programs that end."""

    enter: Sequence[str] = ()
    command: Run = run
    has_systemd: bool = field(default_factory=lambda: os.path.isdir(SYSTEMD))
    proc: str = "/proc"
    separation: str = "/run/sshd"
    """The empty directory in which Debian's sshd asks who somebody is."""


class Instances:
    """``directory`` is for them alone. Where systemd is the init, it starts them: a shell in there must not be kept
    to what the agent may do.
    """

    def __init__(self, directory: Path, ground: Ground) -> None:
        self._directory = directory
        self._ground = ground

    def pid_file(self, name: str) -> str:
        """Where a server says its process id; it does so once it listens."""
        return os.path.join(self._directory, f"{name}.sshd")

    def pid(self, name: str) -> int | None:
        """The process of a server while it runs."""
        process = read_number(Path(self.pid_file(name)))
        told = read_bytes(f"{self._ground.proc}/{process}/cmdline", 4096) if process else None
        is_ours = told is not None and os.fsencode(self._configuration(name)) in told
        return process if is_ours else None

    def not_listened_at(self, name: str, port: int, addresses: Sequence[str]) -> list[str]:
        """Those of the addresses at which a server does not listen with this port already."""
        text = read_text(Path(self._configuration(name))) if self.pid(name) is not None else None
        there = {value for keyword, value in pairs(text or "") if keyword == "listenaddress"}
        return [one for one in addresses if endpoint(one, port) not in there]

    def check(self, text: str) -> None:
        """Let sshd read a configuration; MechanismError with its words."""
        candidate = self._directory / "tried"
        write_if_different(candidate, text)
        self._make_room()
        self._ground.command(("sshd", "-t", "-f", str(candidate)), seconds=SECONDS, lines=2)

    def make(self, configurations: Mapping[str, str]) -> bool:
        """Let these servers run and no others of ours; whether anything was changed. MechanismError."""
        changed = False
        for file in names_in(self._directory):
            name = file.removesuffix(".conf")
            if name != file and name not in configurations:
                self._end(name)
                changed = True
        failed: list[str] = []
        for name, text in configurations.items():
            try:
                changed |= self._make(name, text)
            except MechanismError as error:
                failed.append(error.reason)
        if failed:
            raise MechanismError("; ".join(failed))
        return changed

    def _make(self, name: str, text: str) -> bool:
        is_other = write_if_different(Path(self._configuration(name)), text)
        process = self.pid(name)
        if process is None:
            self._start(name)
            return True
        if is_other:  # whoever is logged in stays
            Path(self.pid_file(name)).unlink(missing_ok=True)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGHUP)
            self._await(name)
        return is_other

    def _start(self, name: str) -> None:
        sshd = find_program("sshd")
        if sshd is None:
            raise MechanismError("sshd is not installed")
        self._make_room()
        Path(self.pid_file(name)).unlink(missing_ok=True)
        arguments = [*self._ground.enter, str(sshd), "-D", "-e", "-f", self._configuration(name)]
        if self._ground.has_systemd:
            unit = f"cpe-agent-ssh-{name}"
            wanted = ("systemd-run", "--quiet", "--collect", f"--unit={unit}", "--property=KillMode=process")
            self._ground.command((*wanted, *arguments), seconds=PATIENCE)
            self._await(name)
        else:
            Program(f"ssh-{name}", self._directory).start(arguments, lambda: self.pid(name) is not None)

    def _await(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.pid(name) is None:
            if time.monotonic() > deadline:
                raise MechanismError("sshd does not listen")
            time.sleep(0.01)

    def _end(self, name: str) -> None:
        """End it, and whoever is logged in by it: a way in that was closed is closed."""
        process = self.pid(name)
        if process is not None:
            logged_in = children(process, self._ground.proc)
            for one in (process, *logged_in):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            while self.pid(name) is not None and time.monotonic() < deadline:
                time.sleep(0.01)
        Program(f"ssh-{name}", self._directory).stop()
        for path in (self.pid_file(name), self._configuration(name)):
            Path(path).unlink(missing_ok=True)

    def _make_room(self) -> None:
        with suppress(OSError):  # sshd says so itself, where it cannot be
            os.makedirs(self._ground.separation, 0o755, exist_ok=True)

    def _configuration(self, name: str) -> str:
        return os.path.join(self._directory, f"{name}.conf")


def children(process: int, proc: str) -> list[int]:
    """The processes that a process started and that run."""
    numbers = (int(name) for name in os.listdir(proc) if name.isdecimal())
    return [number for number in numbers if parent(number, proc) == process]


def parent(process: int, proc: str) -> int:
    """Who started a process; 0 when it is gone."""
    text = (read_bytes(f"{proc}/{process}/stat", 4096) or b"").rpartition(b")")[2].split()
    return int(text[1]) if len(text) > 1 else 0


def started_at(process: int, proc: str) -> int | None:
    """When a process started, in Unix time; None when it is gone."""
    text = (read_bytes(f"{proc}/{process}/stat", 4096) or b"").rpartition(b")")[2].split()
    boot = re.search(rb"^btime (\d+)$", read_bytes(f"{proc}/stat") or b"", re.MULTILINE)
    return int(boot[1]) + int(text[START_TIME]) // TICKS if boot and len(text) > START_TIME else None
