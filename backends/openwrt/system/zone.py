"""The local time zone as OpenWrt keeps it: a POSIX TZ string, and a zone's name where files of zones are installed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backends.files import read_bytes
from backends.time_zone import POSIX, UTC_STRING, TimeZone, compiled
from backends.uci import Section

ZONES: Final = "usr/share/zoneinfo"
ZONE_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
LONGEST: Final = 1 << 18


class UciTimeZone(TimeZone):
    """The zone of a TZif file's content, which is asked for anew after ``forget``."""

    def __init__(self, content: Callable[[], bytes]) -> None:
        super().__init__()
        self._told = content

    def _read(self) -> bytes:
        if self._content is None:
            self._content = self._told()
        return self._content


def in_force(section: Section, root: Path) -> bytes:
    """What /etc/init.d/system makes the zone of this machine, as a TZif file."""
    text = section.text("timezone").replace(" ", "")
    names = (section.text("zonename").replace(" ", "_"), text.partition(",")[0])
    return next(filter(None, (_file(root, name) for name in names)), b"") or compiled(posix_of(text))


def rule_of(content: bytes) -> str:
    """The rule in a TZif file's footer; "" where it has none."""
    footer = content.rpartition(b"\n")[0].rpartition(b"\n")[2].decode("ascii", "replace")
    return footer if content[4:5] >= b"2" and POSIX.fullmatch(footer) else ""


def posix_of(text: str) -> str:
    """The rule that the C library makes of ``timezone``: a name without an offset is UTC to it."""
    return text if POSIX.fullmatch(text) else UTC_STRING


def has_zones(root: Path) -> bool:
    """Whether zones are known by name."""
    return (root / ZONES).is_dir()


def _file(root: Path, name: str) -> bytes:
    found = read_bytes(root / ZONES / name, LONGEST) if ZONE_NAME.fullmatch(name) else None
    return found if found and found.startswith(b"TZif") else b""
