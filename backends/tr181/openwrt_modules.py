"""Software modules on OpenWrt, where the owner wants them and has installed the package that handles them."""

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part


def openwrt_modules(given: Mechanisms, surface: Surface) -> Part | None:
    """The package manager as an execution environment; nothing of it is loaded where nobody wants it."""
    if given.module_rules is None:
        return None
    try:
        from backends.tr181.software_modules_openwrt import package_manager
    except ModuleNotFoundError:
        return None
    return package_manager(given, surface)
