"""OpenWrt's sysupgrade: the image waits in memory until the machine goes down, and replaces the one that runs."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import replace_file, unwritable
from backends.installers.installer import Banks, Surroundings, Tested

FOLDER: Final = "tmp/cpe-agent-firmware"
IMAGE: Final = "image.bin"
MARK: Final = "etc/.cpe-agent-upgrade"
"""It is in no list of what sysupgrade keeps: where it is gone, another image runs."""
TEST_SECONDS: Final = 60.0
START_SECONDS: Final = 30.0
RUNNING: Final = "running"
SPARE: Final = "next"


class Sysupgrade:
    """See Installer. There is no way back: the one image is overwritten."""

    name = "sysupgrade"
    is_signed_inside = False
    keeps_former = False

    def __init__(self, given: Surroundings) -> None:
        self._given = given
        self._folder = given.root / FOLDER
        self._mark = given.root / MARK

    def room(self) -> Path | None:
        """In memory: what is on flash is unmounted while it is written."""
        return self._folder

    def test(self, image: Path) -> Tested:
        """``sysupgrade -T``: the platform's own checks, and the board that the image's metadata names."""
        self._given.start(("sysupgrade", "-T", str(image)), seconds=TEST_SECONDS, lines=3)
        return Tested()

    def intended(self, image: Path) -> str:  # noqa: ARG002 - see Installer
        """What was interrupted is begun anew."""
        return ""

    def install(self, image: Path) -> str:
        """Keep the image where it outlives the agent, and mark the system that it is to replace."""
        kept = self._folder / IMAGE
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if image != kept:
                shutil.move(image, kept)
        except OSError as error:
            raise unwritable(kept, error) from error
        replace_file(self._mark, b"an image waits to take the place of this one\n")
        return SPARE

    def is_running(self, installed: str) -> bool:  # noqa: ARG002 - there is one place only
        """Whether the marked system has gone."""
        return not self._mark.exists()

    def start(self, reboot: Callable[[], None]) -> None:
        """Settings are kept, as sysupgrade does by itself; it restarts the machine. Without an image it is a reboot."""
        image = self._folder / IMAGE
        if not image.exists():  # lost with a power cut
            reboot()
            return
        self._given.start(("sysupgrade", str(image)), seconds=START_SECONDS, lines=3, leaves_daemons=True)

    def confirm(self) -> None:
        """It is the only one."""
        self._forget()

    def go_back(self) -> None:
        """There is none."""
        self._forget()
        raise MechanismError("the former image was overwritten")

    def banks(self) -> Banks:
        """What is in memory is no bank of its own; it has a row all the same."""
        waits = self._mark.exists() and (self._folder / IMAGE).exists()
        return Banks(RUNNING, SPARE, SPARE if waits else RUNNING)

    def boot_next(self, key: str) -> None:
        """The one that waits in memory, or the one that runs."""
        if key == SPARE and not (self._folder / IMAGE).exists():
            raise MechanismError("no image waits to be started")
        if key != SPARE:
            self._forget()

    def _forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):
            self._mark.unlink()
