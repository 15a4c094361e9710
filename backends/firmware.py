"""The images of the system that are installed: the running one, and another where the machine keeps two."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backends.commands import Run, run
from backends.errors import MechanismError
from backends.files import read_bytes, read_text
from backends.installers.installer import Installer

RUNNING: Final = "running"
AUTOBOOT: Final = ("boot/firmware/autoboot.txt", "boot/autoboot.txt")
BOOTED_PARTITION: Final = "proc/device-tree/chosen/bootloader/partition"
RAUC: Final = "etc/rauc/system.conf"
RAUC_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Image:
    """An image by what it is called on this machine. ``version`` "" where only the image itself knows."""

    key: str
    name: str
    version: str
    is_active: bool
    is_next: bool  # the one that the next boot takes
    is_usable: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of the image that is to be replaced, or was: a Status of TR-181, "" nothing.

    ``failure`` is why it could not be started. ``is_lost``: what lay in its place was written over, and nothing there
    can be started.
    """

    status: str = ""
    name: str = ""
    version: str = ""
    failure: str = ""
    is_lost: bool = False


class Firmware:
    """Looks once: what is installed changes by an installation only, and ``forget`` is called after that."""

    def __init__(
        self,
        root: str | Path,
        name: str,
        version: str,
        start: Run = run,
        installer: Installer | None = None,
        told: Callable[[], Told] = Told,
    ) -> None:
        """``name`` and ``version`` are those of the running system; ``told`` says what became of the other image."""
        self._installer = installer
        self.told = told
        self._found_with = Told()
        self._root = Path(root)
        self._name = name
        self._version = version
        self._start = start
        self._found: Sequence[Image] | None = None

    def forget(self) -> None:
        """Let the next question look again."""
        self._found = None

    def images(self) -> Sequence[Image]:
        """Every image; exactly one is active, and one is next."""
        told = self.told()
        if self._found is None or told != self._found_with:
            self._found_with = told
            self._found = self._rauc() or self._tryboot() or self._banks() or (self._running(RUNNING),)
        return self._found

    def boot_next(self, key: str) -> None:
        """Let the next boot take that image. MechanismError."""
        if self._installer is None:
            raise MechanismError("nothing here chooses which image is started")
        self._installer.boot_next(key)
        self.forget()

    def _banks(self) -> Sequence[Image]:
        """Those of the installer: what runs, and a place for another."""
        banks = self._installer.banks() if self._installer else None
        if banks is None:
            return ()
        other = self._found_with
        name, version = banks.labels.get(banks.spare, (other.name, other.version))
        found = [
            self._running(banks.running, banks.next == banks.running, *banks.labels.get(banks.running, ())),
            Image(banks.spare, name, version, False, banks.next == banks.spare,
                  other.status == "Available"),
        ]  # fmt: skip
        return sorted(found, key=lambda one: one.key) if banks.spare.startswith("bank") else found

    def _running(self, key: str, is_next: bool = True, name: str = "", version: str = "") -> Image:
        return Image(key, name or self._name, version or self._version, is_active=True, is_next=is_next)

    def _rauc(self) -> Sequence[Image]:
        """RAUC's slots that can be booted, one of which is."""
        if not (self._root / RAUC).exists():
            return ()
        try:
            told = json.loads(self._start(("rauc", "status", "--output-format=json"), seconds=RAUC_SECONDS))
            slots = {name: facts for each in told["slots"] for name, facts in each.items() if facts.get("bootname")}
            found = [self._slot(name, facts, told.get("boot_primary")) for name, facts in slots.items()]
        except (MechanismError, ValueError, KeyError, TypeError, AttributeError):
            return ()
        return found if [one.is_active for one in found].count(True) == 1 else ()

    def _slot(self, name: str, facts: Any, primary: str | None) -> Image:
        is_next = name == primary
        if facts.get("state") == "booted":
            return self._running(name, is_next)
        bundle = (facts.get("slot_status") or {}).get("bundle") or {}
        usable = facts.get("boot_status") != "bad" and bool(bundle) and not self._found_with.is_lost
        return Image(name, f"{bundle.get('description') or name}"[:64], str(bundle.get("version", ""))[:64], False,
                     is_next, usable)  # fmt: skip

    def _tryboot(self) -> Sequence[Image]:
        """A Raspberry Pi's two boot partitions: the one that is taken, and the one that tryboot tries."""
        text = next((text for file in AUTOBOOT if (text := read_text(self._root / file, 4096))), "")
        sections = dict(re.findall(r"^\[(\w+)\]\s*$((?:\n(?!\[).*)*)", text, re.MULTILINE))
        taken, tried = (_partition(sections.get(name, "")) for name in ("all", "tryboot"))
        raw = read_bytes(self._root / BOOTED_PARTITION, 4)
        if not (taken and tried and taken != tried and raw and len(raw) == 4):
            return ()
        booted = str(int.from_bytes(raw, "big"))
        if booted not in (taken, tried):
            return ()
        return [
            self._running(f"partition {number}", number == taken)
            if number == booted
            else Image(f"partition {number}", f"boot partition {number}", "", False, number == taken)
            for number in sorted((taken, tried))
        ]


def _partition(section: str) -> str:
    found = re.search(r"^\s*boot_partition=(\d{1,3})\s*$", section, re.MULTILINE)
    return found[1] if found else ""
