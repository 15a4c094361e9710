"""UCI through python3-uci, where it is installed: libuci reads, in this process."""

import importlib
from pathlib import Path
from typing import Any

from backends.uci.files import FileUci
from backends.uci.places import Places
from backends.uci.reading import anonymous_id
from backends.uci.types import Package, Section


class LibraryUci(FileUci):
    """FileUci that lets libuci read. It writes itself: libuci's commit would make others' staged edits as well."""

    def __init__(self, places: Places | None = None) -> None:
        super().__init__(places)
        module: Any = importlib.import_module("uci")
        self._libuci = module.Uci()

    def _load(self, package: str, path: Path) -> Package:
        try:
            sections = self._sections(package, path)
        except Exception:  # noqa: BLE001  # one kind of error for all, and UnicodeDecodeError: ours says where and why
            return super()._load(package, path)
        return Package(package, sections)

    def _sections(self, package: str, path: Path) -> tuple[Section, ...]:
        """By its path a package is read without what anybody has staged."""
        libuci = self._libuci
        libuci.load(str(path))
        try:
            made = []
            for number, (name, options) in enumerate(libuci.get_all(package).items(), start=1):
                kind = libuci.get(package, name)
                made.append(Section(kind, "" if name == anonymous_id(number, kind) else name, name, options))
            return tuple(made)
        finally:
            libuci.unload(package)


def is_installed() -> bool:
    """Whether there is a python3-uci."""
    try:
        return hasattr(importlib.import_module("uci"), "Uci")
    except ImportError:
        return False
