"""Software modules on OpenWrt: packages of opkg or apk, whichever this system has."""

import logging

from backends.commands import run
from backends.modules.packages import Manager, Packages
from backends.modules.procd import Procd
from backends.programs import find_program
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.software_modules import place_of, software_modules_part
from backends.versions import is_older

log = logging.getLogger(__name__)


def package_manager(given: Mechanisms, surface: Surface) -> Part | None:
    """The package manager as an execution environment; None where there is none."""
    rules = given.module_rules
    manager = _manager()
    if rules is None or manager is None:
        return None
    place = place_of(given) / manager.name
    release = given.system.release().version
    services = Procd(surface.bus)
    made = Packages(manager, place, services, is_older, rules.verify, run, surface.root, release)
    return software_modules_part(given, [made])


def _manager() -> Manager | None:
    """apk where there is one: OpenWrt has either of the two."""
    if find_program("apk"):
        from backends.modules.apk import Apk

        return Apk(run)
    if find_program("opkg"):
        from backends.modules.opkg import Opkg

        return Opkg(run)
    return None
