"""What the kernel said when it crashed: kept by pstore over a warm start, copied to where it survives a cold one."""

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import make_directory, names_in, read_bytes, replace_file
from backends.log_files import LogFile

PLACES: Final = ("sys/fs/pstore", "var/lib/systemd/pstore")
"""pstore itself, and where systemd-pstore.service(8) puts what it took out of it."""
KINDS: Final = re.compile(r"(?:dmesg|console|pmsg|dmesg\.txt)[A-Za-z0-9._-]{0,64}")
CRASH: Final = "dmesg"
"""How the names of those begin that there are after a crash only; the last words on the console are always there."""
FOLDER: Final = "crash"
MOST: Final = 4
LARGEST: Final = 65_536
READ_AT_MOST: Final = 1 << 20


class CrashLogs:
    """``directory`` is the agent's own, durable. At most ``MOST`` logs are kept, the last part of each."""

    def __init__(self, root: Path, directory: Path) -> None:
        self._root = root
        self._folder = directory / FOLDER

    def collect(self) -> Sequence[str]:
        """Keep what there is; the names of the crashes that are new. Nothing is written without one."""
        found = [file for file in self._found() if file.name.startswith(CRASH)]
        known = set(names_in(self._folder))
        new = []
        for file in found:
            content = (read_bytes(file, READ_AT_MOST) or b"")[-LARGEST:]
            name = f"{file.name}-{hashlib.sha256(content).hexdigest()[:12]}"
            if not content or name in known:
                continue
            with suppress(MechanismError):
                make_directory(self._folder)
                replace_file(self._folder / name, content, 0o600)
                new.append(name)
        if new:
            self._keep_few()
        return new

    def files(self) -> Sequence[LogFile]:
        """The logs that are kept, the newest first."""
        return [LogFile(str(self._folder / name), LARGEST, is_persistent=True) for name in self._by_age()]

    def forget(self) -> None:
        """Factory reset."""
        for name in names_in(self._folder):
            with suppress(OSError):
                os.unlink(self._folder / name)

    def _found(self) -> list[Path]:
        files: list[Path] = []
        for place in PLACES:
            folder = self._root / place
            files += [folder / name for name in names_in(folder)]
            for name in sorted(names_in(folder), reverse=True)[:MOST]:  # systemd-pstore: a directory for each
                files += [folder / name / each for each in names_in(folder / name)]
        return [file for file in files if KINDS.fullmatch(file.name)][:64]

    def _by_age(self) -> list[str]:
        def age(name: str) -> tuple[float, str]:
            try:
                return (-(self._folder / name).stat().st_mtime, name)
            except OSError:
                return (0.0, name)

        return sorted((name for name in names_in(self._folder) if not name.startswith(".")), key=age)

    def _keep_few(self) -> None:
        for name in self._by_age()[MOST:]:
            with suppress(OSError):
                os.unlink(self._folder / name)
