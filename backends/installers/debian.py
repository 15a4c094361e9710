"""A Debian package, of the agent or of whatever else the device is made of; the former one is kept for the way back."""

import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from backends.errors import MechanismError
from backends.files import make_directory, unwritable
from backends.installers.installer import Banks, Surroundings, Tested

SHORT: Final = 30.0
WAIT, WAITS = 5.0, 60
LONG: Final = 1800.0
WAITING, GOOD, FORMER = "waiting.deb", "good.deb", "former.deb"
FIELDS: Final = ("Package", "Version", "Architecture")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}")
RUNNING, SPARE = "running", "next"


class Debian:
    """See Installer. There is a way back from the second package on: the first one's former is nowhere."""

    name = "debian"
    is_signed_inside = False

    def __init__(self, given: Surroundings, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._given = given
        self._folder = given.directory / "packages"

    @property
    def keeps_former(self) -> bool:
        """Whether the package of before was ours, and is here."""
        return (self._folder / FORMER).exists()

    def room(self) -> Path | None:
        """Anywhere."""
        return None

    def test(self, image: Path) -> Tested:
        """It is a package for this architecture, and every package that it needs is installed."""
        package, version, architecture = self._fields(image)
        here = self._given.start(("dpkg", "--print-architecture"), seconds=SHORT).strip()
        if architecture not in ("all", here):
            raise MechanismError(f"the package is for {architecture}, this is {here}")
        self._given.start(("dpkg", "--dry-run", "--install", str(image)), seconds=SHORT, lines=2)
        return Tested(version[:64], package[:64], replaces=self._installed(package).partition(" ")[2])

    def intended(self, image: Path) -> str:
        """The package may be the agent's own, which is ended while it is installed and started anew."""
        package, version, _ = self._fields(image)
        return f"{package} {version}"

    def install(self, image: Path) -> str:
        """``dpkg --install``, outside of the agent's own service; one that is still at work is waited for."""
        intended = self.intended(image)
        waiting = self._folder / WAITING
        try:
            make_directory(self._folder)
            if image != waiting:
                shutil.copyfile(image, waiting)
            with suppress(FileNotFoundError):
                shutil.copyfile(self._folder / GOOD, self._folder / FORMER)
        except OSError as error:
            raise unwritable(waiting, error) from error
        self._dpkg(waiting)
        return intended

    def is_running(self, installed: str) -> bool:
        """Whether that version is installed as a whole."""
        package, _, version = installed.partition(" ")
        return self._installed(package) == f"installed {version}"

    def start(self, reboot: Callable[[], None]) -> None:
        """What runs was loaded before."""
        reboot()

    def confirm(self) -> None:
        """It is what the next one can go back to."""
        with suppress(FileNotFoundError):
            (self._folder / WAITING).replace(self._folder / GOOD)
        with suppress(FileNotFoundError):
            (self._folder / FORMER).unlink()

    def go_back(self) -> None:
        """Install the package of before."""
        if not self.keeps_former:
            raise MechanismError("the package of before is not kept here")
        self._dpkg(self._folder / FORMER)

    def banks(self) -> Banks:
        """A package has a row of its own until it is installed."""
        return Banks(RUNNING, SPARE, RUNNING)

    def boot_next(self, key: str) -> None:
        """There is one system only."""
        if key == SPARE:
            raise MechanismError("a package is installed by its download alone")

    def _dpkg(self, file: Path) -> None:
        command: tuple[str, ...] = ("dpkg", "--install", "--force-confold", str(file))
        if self._given.has("systemd-run") and (self._given.root / "run/systemd/system").is_dir():
            command = ("systemd-run", "--quiet", "--collect", "--wait", "--pipe", *command)
        for _ in range(WAITS):
            try:
                self._given.start(command, seconds=LONG, lines=3)
            except MechanismError as refused:
                if "lock" not in refused.reason:
                    raise
                self._sleep(WAIT)
            else:
                return
        raise MechanismError("dpkg is at work for somebody else")

    def _installed(self, package: str) -> str:
        """State and version of a package; "" where it is unknown."""
        query = ("dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", package)
        try:
            return self._given.start(query, seconds=SHORT).strip()
        except MechanismError:
            return ""

    def _fields(self, image: Path) -> list[str]:
        told = self._given.start(("dpkg-deb", "--field", str(image), *FIELDS), seconds=SHORT)
        found = dict(re.findall(r"^(\w+): (\S+)$", told, re.MULTILINE))
        if not all(field in found for field in FIELDS) or not NAME.fullmatch(found["Package"]):
            raise MechanismError("the package lacks its name, its version or its architecture")
        return [found[field] for field in FIELDS]
