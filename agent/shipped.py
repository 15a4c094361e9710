"""Where the files that travel with the agent are: the compiled data model and the documented settings."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent


def shipped(name: str) -> Path:
    """The path of a file of ``config/``, by its name below it ("datamodel/tr-181.json.gz").

    setup.py puts ``config/`` into the installed package as ``agent/share/``; a source tree has it beside the package.
    """
    installed = _PACKAGE / "share"
    return (installed if installed.is_dir() else _PACKAGE.parent / "config") / name
