"""What of OpenWrt's configuration no service configures, as a part of what is kept and brought back."""

from backends.openwrt.other_packages import OtherPackages
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part


def other_packages(given: Mechanisms, surface: Surface) -> Part:  # noqa: ARG001 - see Build
    """It has no objects: it comes and goes with configuration files."""
    made = OtherPackages(surface.uci, surface.reloads.note)
    return Part("uci", {}, made, follows=frozenset(), settle=surface.reloads.settle)
