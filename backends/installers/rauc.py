"""RAUC's slots: a bundle is checked against the system's keyring, written to the other slot and marked by who runs."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from backends.errors import MechanismError
from backends.installers.installer import Banks, Surroundings, Tested

SHORT: Final = 10.0
LONG: Final = 1800.0


class Rauc:
    """See Installer. The bootloader counts attempts, and falls back by itself from a slot that nobody marks good."""

    name = "rauc"
    is_signed_inside = True
    keeps_former = True

    def __init__(self, given: Surroundings) -> None:
        self._start = given.start

    def room(self) -> Path | None:
        """Anywhere."""
        return None

    def test(self, image: Path) -> Tested:
        """``rauc info``: signature and format; it has to be for the machine that ``rauc status`` names."""
        told = self._json("rauc", "info", "--output-format=json", str(image))
        here = self._status().get("compatible")
        if not isinstance(told, dict) or told.get("compatible") != here:
            raise MechanismError(f"the bundle is for {str(told.get('compatible'))[:64]!r}, this is {here!r}")
        return Tested(str(told.get("version") or "")[:64], str(told.get("description") or "")[:64])

    def intended(self, image: Path) -> str:  # noqa: ARG002 - see Installer
        """What was interrupted is begun anew."""
        return ""

    def install(self, image: Path) -> str:
        """Into the slot that does not run; RAUC makes it the next one."""
        self._start(("rauc", "install", str(image)), seconds=LONG, lines=2)
        spare = self._spare()
        if spare is None:
            raise MechanismError("rauc does not say into which slot it has written")
        return spare

    def is_running(self, installed: str) -> bool:
        """Whether that slot is booted."""
        return self._slot("booted") == installed

    def start(self, reboot: Callable[[], None]) -> None:
        """The next slot is chosen already."""
        reboot()

    def confirm(self) -> None:
        """``rauc status mark-good``: its attempts are counted no more."""
        self._start(("rauc", "status", "mark-good"), seconds=SHORT)

    def go_back(self) -> None:
        """The other slot is next, and this one is not tried again."""
        self._start(("rauc", "status", "mark-active", "other"), seconds=SHORT)
        self._start(("rauc", "status", "mark-bad", "booted"), seconds=SHORT)

    def banks(self) -> Banks | None:
        """backends.firmware asks RAUC itself."""
        return None

    def _spare(self) -> str | None:
        """The slot beside the one that is booted, where there are two."""
        booted = self._slot("booted")
        others = [name for name, facts in self._bootable() if name != booted]
        return others[0] if booted and len(others) == 1 else None

    def boot_next(self, key: str) -> None:
        """``rauc status mark-active``."""
        self._start(("rauc", "status", "mark-active", key), seconds=SHORT)

    def _slot(self, state: str) -> str:
        return next((name for name, facts in self._bootable() if facts.get("state") == state), "")

    def _bootable(self) -> Sequence[tuple[str, dict[str, Any]]]:
        slots = self._status().get("slots")
        try:
            return [(name, facts) for one in slots or () for name, facts in one.items() if facts.get("bootname")]
        except (AttributeError, TypeError):
            raise MechanismError("rauc tells its slots in a form that is not known") from None

    def _status(self) -> dict[str, Any]:
        told = self._json("rauc", "status", "--output-format=json")
        return told if isinstance(told, dict) else {}

    def _json(self, *arguments: str) -> Any:
        try:
            return json.loads(self._start(arguments, seconds=SHORT * 6, lines=2))
        except ValueError:
            raise MechanismError(f"{' '.join(arguments[:2])} printed no JSON") from None
