"""Two banks that U-Boot chooses by its environment: a variable says which, and it counts attempts until one is good.

U-Boot's own scheme (doc/usage/environment: bootcount, bootlimit, altbootcmd, upgrade_available): while
``upgrade_available`` is 1 it counts; past ``bootlimit`` it runs ``altbootcmd``, which takes the other bank.
"""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import read_text, unwritable
from backends.installers.installer import Banks, Surroundings, Tested

SECONDS: Final = 10.0
PIECE: Final = 1 << 20


class UBoot:
    """See Installer. The banks are block devices, numbered 1 and 2 in the variable, in the order of the settings."""

    name = "uboot"
    is_signed_inside = False
    keeps_former = True

    def __init__(self, given: Surroundings) -> None:
        if len(given.banks) != 2 or given.banks[0] == given.banks[1]:
            raise MechanismError("[firmware] banks has to name the two block devices of the two banks")
        self._given = given

    def room(self) -> Path | None:
        """Anywhere."""
        return None

    def test(self, image: Path) -> Tested:
        """It has to fit into the other bank."""
        bank = self._device(self._other())
        try:
            with bank.open("rb") as device:
                size = device.seek(0, os.SEEK_END)
            needed = image.stat().st_size
        except OSError as error:
            raise MechanismError(f"{error.filename}: {error.strerror}") from error
        if needed > size:
            raise MechanismError(f"the image has {needed} bytes, and the bank {size}")
        return Tested()

    def intended(self, image: Path) -> str:  # noqa: ARG002 - see Installer
        """What was interrupted is begun anew."""
        return ""

    def install(self, image: Path) -> str:
        """Write the other bank, read it back, and have it tried at the next start."""
        other = self._other()
        bank = self._device(other)
        try:
            with image.open("rb") as source, bank.open("r+b", buffering=0) as target:
                while piece := source.read(PIECE):
                    _write(target.fileno(), piece)
                os.fsync(target.fileno())
                _forget_cached(target.fileno())
                source.seek(0)
                target.seek(0)
                while piece := source.read(PIECE):
                    if _read(target.fileno(), len(piece)) != piece:
                        raise MechanismError(f"{bank} does not hold what was written to it")
        except OSError as error:
            raise unwritable(bank, error) from error
        self._set(other, is_on_trial=True)
        return f"bank {other}"

    def is_running(self, installed: str) -> bool:
        """Whether that bank is the root file system."""
        return f"bank {self._booted()}" == installed

    def start(self, reboot: Callable[[], None]) -> None:
        """U-Boot's variables are set already."""
        reboot()

    def confirm(self) -> None:
        """Attempts are counted no more."""
        self._set(self._booted(), is_on_trial=False)

    def go_back(self) -> None:
        """The other bank, which was good."""
        self._set(self._other(), is_on_trial=False)

    def banks(self) -> Banks:
        """Both, and what the variable says."""
        booted = self._booted()
        chosen = self._variable()
        return Banks(f"bank {booted}", f"bank {3 - booted}", f"bank {chosen}")

    def boot_next(self, key: str) -> None:
        """Without a trial: it was a good one."""
        number = key.removeprefix("bank ")
        if number not in ("1", "2"):
            raise MechanismError(f"there is no image {key!r}")
        self._set(int(number), is_on_trial=False)

    def _set(self, bank: int, *, is_on_trial: bool) -> None:
        """All of it at once, as fw_setenv(8) writes what it is given on its input: both or none."""
        values = {self._given.variable: bank, "upgrade_available": int(is_on_trial), "bootcount": 0}
        script = "".join(f"{name} {value}\n" for name, value in values.items())
        self._given.start(("fw_setenv", "-s", "-"), given=script, seconds=SECONDS)

    def _other(self) -> int:
        return 3 - self._booted()

    def _booted(self) -> int:
        """By the kernel's root file system; else by the variable, which counts where no trial is under way."""
        line = read_text(self._given.root / "proc/cmdline", 4096) or ""
        roots = re.findall(r"(?:^|\s)(?:root|bank)=(\S+)", line)
        for number, device in enumerate(self._given.banks, start=1):
            if device in roots:
                return number
        return self._variable()

    def _variable(self) -> int:
        told = self._given.start(("fw_printenv", "-n", self._given.variable), seconds=SECONDS).strip()
        if told not in ("1", "2"):
            raise MechanismError(f"U-Boot's {self._given.variable} is neither 1 nor 2")
        return int(told)

    def _device(self, bank: int) -> Path:
        return self._given.root / self._given.banks[bank - 1].lstrip("/")


def _write(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(descriptor: int, length: int) -> bytes:
    found = b""
    while len(found) < length and (piece := os.read(descriptor, length - len(found))):
        found += piece
    return found


def _forget_cached(descriptor: int) -> None:
    """Let what is read next come from the device."""
    with suppress(OSError):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
