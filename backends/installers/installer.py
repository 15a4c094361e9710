"""What every installer of firmware can do, and which one is at work on this machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

from backends.commands import Run, run
from backends.errors import MechanismError
from backends.programs import find_program


@dataclass(frozen=True, slots=True)
class Tested:
    """What an image says of itself, "" where it is silent.

    ``replaces`` is the version of what it takes the place of under its name, None where that is the system as a whole.
    """

    version: str = ""
    name: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Banks:
    """The keys (backends.firmware.Image) of the image that runs, of the place for another, and of what comes next."""

    running: str
    spare: str
    next: str
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Name and version of what is in one, where the system that runs cannot tell (see ``Laboratory.label``)."""


class Installer(Protocol):
    """Puts images into the machine. MechanismError where it cannot; nothing of the running image is touched before
    ``start`` where the machine keeps two. What was interrupted anywhere may be called again.

    ``keeps_former``: there is a way back. ``is_signed_inside``: it takes only what has a signature of its own kind.
    """

    name: str
    keeps_former: bool
    is_signed_inside: bool

    def room(self) -> Path | None:
        """Where an image has to lie to be installed; None: it is all the same."""

    def test(self, image: Path) -> Tested:
        """Return if the image can be installed on this machine; MechanismError says why not. Nothing is changed."""

    def intended(self, image: Path) -> str:
        """What ``install`` will answer, where it is known before and can be told from what was before; else ""."""

    def install(self, image: Path) -> str:
        """Write it, or put it ready where it can only be written at the start. What ``is_running`` has to be told."""

    def is_running(self, installed: str) -> bool:
        """Whether what was installed is what runs now."""

    def start(self, reboot: Callable[[], None]) -> None:
        """Restart the machine with what was installed; ``reboot`` restarts it otherwise."""

    def confirm(self) -> None:
        """What runs is good: it is started from now on."""

    def go_back(self) -> None:
        """Let the next start be one of the former image. MechanismError where there is none."""

    def banks(self) -> "Banks | None":
        """Where images are; None where the system itself tells that (backends.firmware)."""

    def boot_next(self, key: str) -> None:
        """Let the next start be one of this image (backends.firmware.Image.key)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What installers are made of. ``directory`` is the agent's own, durable; ``laboratory`` that of [firmware].

    ``banks`` are the block devices of U-Boot's two banks, and ``variable`` the one that says which is taken.
    """

    root: Path
    directory: Path
    laboratory: Path | None = None
    banks: tuple[str, ...] = ()
    variable: str = "bank"
    start: Run = run
    find: Callable[[str], Path | None] = find_program

    def has(self, program: str) -> bool:
        """Whether it is installed."""
        return self.find(program) is not None


WAYS: Final[Mapping[str, str]] = {
    "laboratory": "backends.installers.laboratory:Laboratory",
    "sysupgrade": "backends.installers.sysupgrade:Sysupgrade",
    "rauc": "backends.installers.rauc:Rauc",
    "mender": "backends.installers.mender:Mender",
    "uboot": "backends.installers.uboot:UBoot",
    "debian": "backends.installers.debian:Debian",
}
"""By their names in the settings, in the order in which "auto" looks for them; each is loaded where it is at work."""


def installer(choice: str, given: Surroundings) -> Installer | None:
    """The one of that name, or with "auto" the one that this machine has. None where it has none."""
    if choice == "none":
        return None
    if choice == "auto":
        choice = _found(given)
    return _made(WAYS[choice], given) if choice else None


def _found(given: Surroundings) -> str:
    """Debian's packages are never guessed: a whole system is not to be replaced because dpkg is there."""
    if given.laboratory is not None:
        return "laboratory"
    if (given.root / "etc/openwrt_release").exists() and given.has("sysupgrade"):
        return "sysupgrade"
    if (given.root / "etc/rauc/system.conf").exists() and given.has("rauc"):
        return "rauc"
    if given.has("mender-update") or ((given.root / "etc/mender").is_dir() and given.has("mender")):
        return "mender"
    if len(given.banks) == 2 and given.has("fw_setenv"):
        return "uboot"
    return ""


def _made(place: str, given: Surroundings) -> Installer:
    module, _, name = place.partition(":")
    try:
        kind = getattr(import_module(module), name)
    except ImportError as absent:
        raise MechanismError(f"[firmware] installer: this build has no {name}") from absent
    made: Installer = kind(given)
    return made
