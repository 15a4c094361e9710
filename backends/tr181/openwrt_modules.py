"""Software modules on OpenWrt, where the owner wants them and has installed the package that handles them."""

import importlib

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part


def openwrt_modules(given: Mechanisms, surface: Surface) -> Part | None:
    """The package manager as an execution environment; nothing of it is loaded where nobody wants it."""
    if given.module_rules is None:
        return None
    try:
        there = importlib.import_module("backends.tr181.software_modules_openwrt")
    except ModuleNotFoundError:
        return None
    part: Part = there.package_manager(given, surface)
    return part
