"""The log files that a system keeps: systemd's journal, and what a syslog daemon writes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.commands import run
from backends.files import names_in, read_text
from backends.programs import find_program

JOURNALS: Final = (("var/log/journal", "SystemMaxUse"), ("run/log/journal", "RuntimeMaxUse"))
SETTINGS: Final = ("usr/lib/systemd", "run/systemd", "etc/systemd")
FILES: Final = (
    "var/log/syslog", "var/log/messages", "var/log/kern.log", "var/log/auth.log", "var/log/daemon.log",
    "var/log/user.log", "var/log/dnsmasq.log", "var/log/hostapd.log", "var/log/dmesg",
)  # fmt: skip
JOURNALCTL: Final = "journalctl"
"""What reads a journal: where it is not there, there is none that could be sent."""
VOLATILE: Final = frozenset({"tmpfs", "ramfs"})
UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


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
    found = [
        LogFile(f"/{place}", _journal_limit(root, setting), kind_of(f"/{place}") not in VOLATILE)
        for place, setting in JOURNALS
        if (root / place).is_dir() and find_program(JOURNALCTL)
    ]
    files = [LogFile(f"/{file}", 0, kind_of(f"/{file}") not in VOLATILE) for file in FILES if (root / file).is_file()]
    return (*found, *files)


def journal(directory: Path) -> str:
    """The end of the journal that lies there, as text; MechanismError."""
    shown = ("--no-pager", "--quiet", "--output=short-iso", "--lines=9000", f"--directory={directory}")
    return run((JOURNALCTL, *shown), seconds=60.0)


def _journal_limit(root: Path, setting: str) -> int:
    """journald.conf(5), its drop-ins by name, the last one counts."""
    files = [root / folder / "journald.conf" for folder in SETTINGS]
    drop_ins = {
        name: root / folder / "journald.conf.d" / name
        for folder in SETTINGS
        for name in names_in(root / folder / "journald.conf.d")
        if name.endswith(".conf")
    }
    text = "\n".join(read_text(file) or "" for file in (*files, *(file for _, file in sorted(drop_ins.items()))))
    sizes = re.findall(rf"^{setting}=\s*(\d{{1,12}})([KMGT]?)\s*$", text, re.MULTILINE)
    return int(sizes[-1][0]) * UNITS[sizes[-1][1]] if sizes else 0
