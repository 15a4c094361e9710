"""Which form a settings file has, TOML or OpenWrt's UCI, and where that lets other things lie."""

import re
from pathlib import Path
from typing import Final

TOML_FILE: Final = Path("/etc/cpe-agent/agent.toml")
UCI_FILE: Final = Path("/etc/config/cpe-agent")
_FIRST: Final = re.compile(r"(?:\s*(?:#.*)?\n)*\s*(?:config|package)[ \t]+['\"\w]")


def is_uci(text: str, name: str = "") -> bool:
    """Whether a text is UCI: by how it begins, or because it lies where UCI's files lie and is no ``*.toml``."""
    place = Path(name)
    return bool(_FIRST.match(text)) or (place.parent.name == "config" and not place.suffix)


def default_file() -> Path:
    """The settings file that counts when none is named: OpenWrt's, where there is one."""
    return UCI_FILE if UCI_FILE.is_file() else TOML_FILE


def home_of(file: Path) -> Path:
    """Where a settings file's relative paths begin and its presets lie: /etc/config is for UCI's files only."""
    above = file.absolute().parent
    return above.parent / TOML_FILE.parent.name if is_uci("", str(file)) else above
