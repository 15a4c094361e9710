"""Software modules on plain Linux: signed archives, run by systemd where it is at work."""

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part


def linux_modules(given: Mechanisms) -> Part | None:
    """The environment of archives; None where the owner wants no modules, and then nothing of it is loaded."""
    rules = given.module_rules
    if rules is None:
        return None
    from backends.modules.archives import Archives
    from backends.modules.runner import runner_of
    from backends.tr181.software_modules import FOLDER, place_of, software_modules_part
    from backends.versions import is_older

    runner = runner_of(given.directory / FOLDER / "units")
    made = Archives(place_of(given) / "archives", runner, rules.verify, is_older, rules.version)
    return software_modules_part(given, [made])
