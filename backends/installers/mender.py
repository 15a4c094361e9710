"""Mender's two root file systems: its own client checks and writes an artifact; the bootloader falls back by itself."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import read_text
from backends.installers.installer import Banks, Surroundings, Tested

SHORT: Final = 30.0
LONG: Final = 1800.0
KEYS: Final = ("ArtifactVerifyKey", "ArtifactVerifyKeys")
RUNNING: Final = "running"
SETTINGS: Final = ("etc/mender/mender.conf", "var/lib/mender/mender.conf")


class Mender:
    """See Installer. What was not committed is left at the next boot, whoever causes it."""

    name = "mender"
    keeps_former = True

    def __init__(self, given: Surroundings) -> None:
        self._given = given
        self._client = "mender-update" if given.has("mender-update") else "mender"

    @property
    def is_signed_inside(self) -> bool:
        """Whether its settings have a key to check artifacts by."""
        settings = "".join(read_text(self._given.root / file) or "" for file in SETTINGS)
        return any(re.search(rf'"{key}"\s*:\s*["\[{{]', settings) for key in KEYS)

    def room(self) -> Path | None:
        """Anywhere."""
        return None

    def test(self, image: Path) -> Tested:
        """Mender checks as it installs: only whether it is an artifact at all is known before."""
        try:
            with image.open("rb") as file:
                is_artifact = file.read(512)[257:262] == b"ustar"
        except OSError as error:
            raise MechanismError(f"the artifact cannot be read: {error.strerror}") from error
        if not is_artifact:
            raise MechanismError("this is no Mender artifact")
        return Tested()

    def intended(self, image: Path) -> str:  # noqa: ARG002 - see Installer
        """What was interrupted is begun anew."""
        return ""

    def install(self, image: Path) -> str:
        """Into the root file system that does not run."""
        self._given.start((self._client, "install", str(image)), seconds=LONG, lines=2)
        return f"not {self._booted()}"

    def is_running(self, installed: str) -> bool:
        """Whether another root file system runs than when it was written."""
        return f"not {self._booted()}" != installed

    def start(self, reboot: Callable[[], None]) -> None:
        """Mender has told the bootloader already."""
        reboot()

    def confirm(self) -> None:
        """``commit``."""
        self._given.start((self._client, "commit"), seconds=SHORT, lines=2)

    def go_back(self) -> None:
        """``rollback``: the next boot is one of the former."""
        self._given.start((self._client, "rollback"), seconds=SHORT, lines=2)

    def banks(self) -> Banks | None:
        """Which of the two it takes is Mender's own affair."""
        return None

    def boot_next(self, key: str) -> None:
        """Only an update of Mender's changes that; one that has not been started can be taken back."""
        if key != RUNNING:
            raise MechanismError("Mender itself chooses which image is started")
        self.go_back()

    def _booted(self) -> str:
        found = re.search(r"(?:^|\s)root=(\S+)", read_text(self._given.root / "proc/cmdline", 4096) or "")
        if found is None:
            raise MechanismError("the kernel's command line names no root file system")
        return found[1]
