"""Copies of files as they were before a change, and the way back to them; a crash at any moment leaves either."""

import json
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.files import make_directory, read_text, replace_file, unwritable

JOURNAL: Final = "journal.json"


class Snapshot:
    """The files of one change. ``root`` is where they are, ``directory`` is for the copies alone and survives boots."""

    def __init__(self, directory: Path, root: Path) -> None:
        self._directory = directory
        self._root = root

    def take(self, files: Iterable[str], about: Any) -> None:
        """Copy files (paths below root; absent ones are remembered as such). ``about``: JSON for who goes back.

        From its return on ``pending`` tells of the change. MechanismError.
        """
        self.forget()
        try:
            make_directory(self._directory)
            known = {name: self._saved(name, str(number)) for number, name in enumerate(dict.fromkeys(files))}
            os.sync()  # many small files; the journal below must not be there before them
            text = json.dumps({"files": known, "about": about})
            replace_file(self._directory / JOURNAL, text.encode(), 0o600)
        except OSError as error:
            raise unwritable(self._directory, error) from error

    def pending(self) -> Any:
        """What a change that has not come to its end is about; None: there is none."""
        return self._read().get("about")

    def files(self) -> Sequence[str]:
        """The files that were there before."""
        return [name for name, saved in self._read().get("files", {}).items() if saved is not None]

    def go_back(self, others: Iterable[str]) -> None:
        """Remove other files, put every file back; the change is over. MechanismError: it is tried again later."""
        known = self._read().get("files", {})
        try:
            for name in others:
                if known.get(name) is None:
                    self._remove(name)
            for name, saved in known.items():
                if saved is None:
                    self._remove(name)
                else:
                    self._put_back(name, saved)
            os.sync()
        except OSError as error:
            raise unwritable(Path(error.filename or self._root), error) from error
        self.forget()

    def forget(self) -> None:
        """The change holds. MechanismError."""
        try:
            (self._directory / JOURNAL).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._directory, error) from error
        shutil.rmtree(self._directory, ignore_errors=True)

    def _read(self) -> dict[str, Any]:
        text = read_text(self._directory / JOURNAL, 64 << 20)
        try:
            return _checked(json.loads(text)) if text else {}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as broken:
            raise MechanismError(f"{self._directory / JOURNAL} cannot be read") from broken

    def _saved(self, name: str, place: str) -> dict[str, Any] | None:
        file = self._root / name
        try:
            facts = file.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(facts.st_mode):
            return {"link": os.readlink(file)}
        if not stat.S_ISREG(facts.st_mode):
            return None
        shutil.copyfile(file, self._directory / place)
        return {"copy": place, "mode": stat.S_IMODE(facts.st_mode), "owner": [facts.st_uid, facts.st_gid]}

    def _put_back(self, name: str, saved: dict[str, Any]) -> None:
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.back")
        with suppress(FileNotFoundError):
            beside.unlink()
        if "link" in saved:
            beside.symlink_to(saved["link"])
        else:
            shutil.copyfile(self._directory / saved["copy"], beside)
            os.chown(beside, *saved["owner"])
            beside.chmod(saved["mode"])
        beside.replace(file)

    def _remove(self, name: str) -> None:
        file = self._root / name
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            file.unlink()
        with suppress(OSError):
            for above in file.parents:
                if above == self._root:
                    break
                above.rmdir()  # ends where something else is in it


def _checked(told: Any) -> dict[str, Any]:
    """The journal, if it is one; raises what tells that it is none."""
    found: dict[str, Any] = {"files": dict(told["files"]), "about": told["about"]}
    for name, saved in found["files"].items():
        if saved is not None and "link" not in saved:
            user, group = saved["owner"]
            if {type(user), type(group), type(saved["mode"])} != {int}:
                raise TypeError(f"{name}: an owner or a mode is none")
    return found
