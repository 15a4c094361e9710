"""The wpa_supplicant of one wired link: its file, its process, and how it is told of something else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from backends.files import read_text, write_if_different
from backends.programs import Program
from backends.wpa_supplicant import WpaSupplicant

OBJECT: Final = "dot1xSupp"
"""How the names of a supplicant's objects begin (IEEE 802.1X-2004, 9.5)."""


class WiredProgram:
    """The file is 0600: it holds secrets. ``command`` starts wpa_supplicant; ``folder`` is for this link alone."""

    def __init__(self, link: str, folder: Path, command: Sequence[str]) -> None:
        self._link = link
        self._folder = folder
        self._command = tuple(command)
        self._program = Program("wpa_supplicant", folder)
        self._file = folder / "network.conf"
        self._telling = folder / "telling"
        self._carrier = folder / "carrier"
        self.control = WpaSupplicant(folder / "control" / link)

    def exists(self) -> bool:
        """Whether it was started and not stopped."""
        return self._file.exists()

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._program.is_running()

    def pid(self) -> int | None:
        """Its process."""
        return self._program.pid()

    def holds(self, text: str, bridge: str | None) -> bool:
        """Whether it runs with this."""
        return self._program.started_with() == self._arguments(bridge) and read_text(self._file) == text.strip()

    def run(self, text: str, bridge: str | None) -> bool:
        """Let it run with this, on a link that may be a port of ``bridge``; whether that changed anything."""
        arguments = self._arguments(bridge)
        if self._program.started_with() != arguments:
            self._program.stop()
        is_running = self.is_running()
        if is_running and read_text(self._file) != text.strip():
            write_if_different(self._telling, "")  # whoever finds this knows that the file was not yet read
        write_if_different(self._file, text)
        if not is_running:
            self._program.start(arguments, self.control.is_there)
        elif self._telling.exists():
            self.control.reconfigure()
        else:
            return False
        self._telling.unlink(missing_ok=True)
        return True

    def keep_times(self, times: Mapping[str, int]) -> bool:
        """Let its state machine have these periods; whether any was another one."""
        told = self.control.counted()
        others = {name: value for name, value in times.items() if told.get(f"{OBJECT}{name}") != str(value)}
        for name, value in others.items():
            self.control.set(f"EAPOL::{name[0].lower()}{name[1:]}", str(value))
        return bool(others)

    def follow(self, carrier_changes: int) -> bool:
        """The link has a carrier, after so many changes of that: a cable that was out leads to an authenticator that
        knows nothing of us, which wpa_supplicant does not notice. Whether it had to be told.
        """
        before = read_text(self._carrier)
        write_if_different(self._carrier, str(carrier_changes))
        if before is None or before == str(carrier_changes):
            return False
        self.control.reassociate()
        return True

    def stop(self) -> None:
        """End it, and leave no secret behind."""
        self._program.stop()
        for file in (self._file, self._telling, self._carrier):
            file.unlink(missing_ok=True)

    def _arguments(self, bridge: str | None) -> tuple[str, ...]:
        through = ("-b", bridge) if bridge else ()
        return (*self._command, "-D", "wired", "-i", self._link, *through, "-c", str(self._file))
