"""A machine with two banks that are files: what a laboratory installs into, and what tests play an upgrade with.

``bank-1`` and ``bank-2`` are the images, ``boot.json`` what a bootloader would know. A start by the agent is this
machine's boot: a bank on trial is tried once, unless ``broken`` has its image's first bytes: that one never comes up.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import make_directory, read_bytes, read_text, replace_file, unwritable
from backends.installers.installer import Banks, Surroundings, Tested

BOOT: Final = "boot.json"
BROKEN: Final = "broken"
BANKS: Final = ("1", "2")


class Laboratory:
    """See Installer."""

    name = "laboratory"
    is_signed_inside = False
    keeps_former = True

    def __init__(self, given: Surroundings) -> None:
        if given.laboratory is None:
            raise MechanismError("[firmware] directory has to say where the laboratory's banks are")
        self._folder = given.laboratory

    def room(self) -> Path | None:
        """Anywhere."""
        return None

    def test(self, image: Path) -> Tested:
        """Any file that is not empty."""
        try:
            if not image.stat().st_size:
                raise MechanismError("the image is empty")
        except OSError as error:
            raise MechanismError(f"the image cannot be read: {error.strerror}") from error
        return Tested()

    def intended(self, image: Path) -> str:  # noqa: ARG002 - see Installer
        """What was interrupted is begun anew."""
        return ""

    def install(self, image: Path) -> str:
        """Into the bank that does not run."""
        running, good, tried, labels = self._read()
        other = BANKS[running == BANKS[0]]
        if labels.pop(other, None):
            self._write(running, good, tried, labels)
        bank, new = self._folder / f"bank-{other}", self._folder / f".bank-{other}.new"
        try:
            make_directory(self._folder)
            shutil.copyfile(image, new)
            with new.open("r+b") as file:
                os.fsync(file.fileno())
            new.replace(bank)
        except OSError as error:
            raise unwritable(bank, error) from error
        self._write(running, good, other, labels)
        return f"bank {other}"

    def label(self, installed: str, name: str, version: str) -> None:
        """Remember what is in that bank: no system runs from here that could tell."""
        running, good, tried, labels = self._read()
        self._write(running, good, tried, {**labels, installed.removeprefix("bank "): [name, version]})

    def is_running(self, installed: str) -> bool:
        """Whether that bank was started."""
        return f"bank {self._read()[0]}" == installed

    def start(self, reboot: Callable[[], None]) -> None:
        """As any restart."""
        self.boot()
        reboot()

    def boot(self) -> None:
        """Play the bootloader: a bank that is tried is forgotten for the start after this one."""
        _, good, tried, labels = self._read()
        chosen = tried if tried and self._comes_up(tried) else good
        self._write(chosen, good, "", labels)

    def confirm(self) -> None:
        """It is the good one."""
        running, _, _, labels = self._read()
        self._write(running, running, "", labels)

    def go_back(self) -> None:
        """The good one is still the other."""
        running, good, _, labels = self._read()
        if running == good:
            raise MechanismError("there is no former image")
        self._write(running, good, "", labels)

    def banks(self) -> Banks:
        """Both."""
        running, good, tried, labels = self._read()
        other = BANKS[running == BANKS[0]]
        told = {f"bank {bank}": (name, version) for bank, (name, version) in labels.items()}
        return Banks(f"bank {running}", f"bank {other}", f"bank {tried or good}", told)

    def boot_next(self, key: str) -> None:
        """At once, and without a trial."""
        bank = key.removeprefix("bank ")
        if bank not in BANKS:
            raise MechanismError(f"there is no image {key!r}")
        running, _, _, labels = self._read()
        self._write(running, bank, "", labels)

    def _comes_up(self, bank: str) -> bool:
        head = read_bytes(self._folder / f"bank-{bank}", 4096)
        broken = read_bytes(self._folder / BROKEN, 4096)
        return bool(head) and not (broken and head is not None and head.startswith(broken))

    def _read(self) -> tuple[str, str, str, dict[str, list[str]]]:
        """Which bank runs, which is good, which is to be tried ("": none), and name and version of each."""
        try:
            said = json.loads(read_text(self._folder / BOOT, 4096) or "{}")
            labels = {bank: [str(part) for part in label] for bank, label in said.get("labels", {}).items()}
            found = (said.get("running", "1"), said.get("good", "1"), said.get("tried", ""), labels)
        except (ValueError, AttributeError, TypeError):
            found = ("", "", "", {})
        if (
            found[0] not in BANKS
            or found[1] not in BANKS
            or found[2] not in ("", *BANKS)
            or any(bank not in BANKS or len(label) != 2 for bank, label in found[3].items())
        ):
            raise MechanismError(f"{self._folder / BOOT} cannot be understood")
        return found

    def _write(self, running: str, good: str, tried: str, labels: Mapping[str, list[str]]) -> None:
        make_directory(self._folder)
        said = {"running": running, "good": good, "tried": tried, "labels": labels}
        replace_file(self._folder / BOOT, json.dumps(said).encode())
