"""The log files that a system keeps: what a syslog daemon writes, and systemd's journal (backends.journal)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.programs import find_program

FILES: Final = (
    "var/log/syslog", "var/log/messages", "var/log/kern.log", "var/log/auth.log", "var/log/daemon.log",
    "var/log/user.log", "var/log/dnsmasq.log", "var/log/hostapd.log", "var/log/dmesg",
)  # fmt: skip
JOURNALCTL: Final = "journalctl"
"""What reads a journal: where it is not there, there is none that could be sent."""
VOLATILE: Final = frozenset({"tmpfs", "ramfs"})


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log; ``maximum_size`` in bytes, 0 where nobody set one."""

    path: str
    maximum_size: int
    is_persistent: bool


FindLogs = Callable[[Callable[[str], str]], Sequence[LogFile]]
"""The logs that there are, for whoever tells the kind of the file system that a path lies on."""


def log_files(root: Path, kind_of: Callable[[str], str]) -> Sequence[LogFile]:
    """Those below ``root``. ``kind_of`` tells the kind of the file system that a path lies on."""
    found: Sequence[LogFile] = ()
    if find_program(JOURNALCTL):
        from backends.journal import journals  # where it is there only

        found = journals(root, kind_of)
    files = [LogFile(f"/{file}", 0, kind_of(f"/{file}") not in VOLATILE) for file in FILES if (root / file).is_file()]
    return (*found, *files)
