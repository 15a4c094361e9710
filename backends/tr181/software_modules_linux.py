"""Software modules on plain Linux: signed archives, run by systemd where it is at work."""

from typing import TYPE_CHECKING

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

if TYPE_CHECKING:
    from backends.modules.archives import Archives


def linux_modules(given: Mechanisms) -> Part | None:
    """The environment of archives; None where the owner wants no modules, and then nothing of it is loaded."""
    if given.module_rules is None:
        return None
    from backends.tr181.software_modules import software_modules_part

    return software_modules_part(given, [archives_of(given)])


def archives_of(given: Mechanisms) -> "Archives":
    """The environment of archives, by the owner's rules where modules are wanted."""
    from backends.modules.archives import Archives
    from backends.modules.runner import runner_of
    from backends.tr181.software_modules import FOLDER, place_of
    from backends.versions import is_older

    rules = given.module_rules
    runner = runner_of(given.directory / FOLDER / "units")
    verify, version = (rules.verify, rules.version) if rules else (None, "")
    return Archives(place_of(given) / "archives", runner, verify, is_older, version)
