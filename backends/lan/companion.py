"""A program of our own beside dnsmasq: started once over its one file, told when that changes, ended when unneeded."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from backends.files import write_if_different
from backends.programs import Program

BEGIN: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from backends.lan.{} import main; main(sys.argv[1:])"


class Companion:
    """The program of a module here. ``enter`` begins its command line, as Dnsmasq's."""

    def __init__(self, module: str, directory: Path, enter: Sequence[str] = ()) -> None:
        self.program = Program(module, directory)
        self._module = module
        self._file = directory / f"{module}.json"
        self._ready = directory / f"{module}.ready"
        self._enter = tuple(enter)

    def make(self, document: Any) -> bool:
        """Let it work by a document, or, by an empty one, not at all; whether anything was changed. MechanismError."""
        if not document:
            was_running = self.program.is_running()
            if was_running:
                self.program.stop()
            self._file.unlink(missing_ok=True)
            return was_running
        has_news = write_if_different(self._file, json.dumps(document, indent=1, sort_keys=True) + "\n")
        if self.program.is_running():
            if has_news:
                self.program.signal(signal.SIGHUP)
            return has_news
        self._ready.unlink(missing_ok=True)
        root = str(Path(__file__).resolve().parents[2])
        program = [sys.executable, "-I", "-S", "-c", BEGIN.format(self._module), root]
        self.program.start([*self._enter, *program, str(self._file), str(self._ready)], self._ready.exists)
        return True

    def is_missing(self) -> bool:
        """Whether it had something to do when last told, and does not run."""
        return os.path.exists(self._file) and not self.program.is_running()
