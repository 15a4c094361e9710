"""What installs firmware on this machine: little, for a machine where nothing does."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agent.settings import Settings
from backends.errors import MechanismError
from backends.firmware import Told
from backends.installers import installer as installers
from backends.installers.installer import Installer

if TYPE_CHECKING:
    from agent.firmware.upgrade import Upgrade

log = logging.getLogger(__name__)


def installer_of(settings: Settings, root: Path = Path("/")) -> Installer | None:
    """The one that the settings name, or this machine has; None where there is none, or where it cannot be."""
    chosen = settings.firmware
    given = installers.Surroundings(
        root,
        settings.state.directory / "firmware",
        laboratory=chosen.directory,
        banks=chosen.banks,
        variable=chosen.bank_variable,
    )
    try:
        return installers.installer(chosen.installer, given)
    except MechanismError as refused:
        log.error("firmware cannot be installed: %s", refused.reason)
        return None


def told_by(find: Callable[[], "Upgrade | None"]) -> Callable[[], Told]:
    """What became of the last image, for whoever is built before the destination is."""

    def told() -> Told:
        made = find()
        return made.told() if made else Told()

    return told
