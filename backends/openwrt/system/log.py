"""The log file that OpenWrt's logd is told to write; without one the log is in its memory alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.log_files import VOLATILE, LogFile, log_files
from backends.openwrt.configured import Read
from backends.openwrt.system.host import first

KILOBYTE: Final = 1024


def log_file(read: Read, root: Path, kind_of: Callable[[str], str]) -> Sequence[LogFile]:
    """That of /etc/config/system, and what other daemons write. ``log_size`` is in kilobytes (/etc/init.d/log)."""
    others = log_files(root, kind_of)
    try:
        section = first(read)[1]
    except MechanismError:
        return others
    path, size = section.text("log_file"), section.text("log_size")
    if not path.startswith("/") or not (root / path[1:]).is_file():
        return others
    limit = int(size) * KILOBYTE if size.isdecimal() and len(size) < 10 else 0
    own = LogFile(path, limit, kind_of(path) not in VOLATILE)
    return [own, *(one for one in others if one.path != path)]
