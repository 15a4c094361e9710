"""The journal of systemd: where it lies, how large it may become, and its end as text."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from backends.commands import run
from backends.files import names_in, read_text
from backends.log_files import JOURNALCTL, VOLATILE, LogFile

JOURNALS: Final = (("var/log/journal", "SystemMaxUse"), ("run/log/journal", "RuntimeMaxUse"))
SETTINGS: Final = ("usr/lib/systemd", "run/systemd", "etc/systemd")
UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def journals(root: Path, kind_of: Callable[[str], str]) -> Sequence[LogFile]:
    """Those below ``root`` that were ever written to; see backends.log_files."""
    return [
        LogFile(f"/{place}", _journal_limit(root, setting), kind_of(f"/{place}") not in VOLATILE)
        for place, setting in JOURNALS
        if any((root / place).glob("*/*.journal"))
    ]


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
