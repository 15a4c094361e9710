"""Where the files that travel with the agent are: the compiled data model and the documented settings."""

import bz2
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of a file of ``config/``, by its name below it ("datamodel/tr-181.json.gz").

    setup.py puts ``config/`` into the installed package as ``agent/share/``; a source tree has it beside the package.
    """
    installed = _PACKAGE / "share"
    return (installed if installed.is_dir() else _PACKAGE.parent / "config") / name


def shipped_text(name: str) -> str:
    """A file's text; OpenWrt's package has it compressed."""
    file = shipped(name)
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return bz2.decompress(file.with_name(f"{file.name}.bz2").read_bytes()).decode()
