"""netifd as parts of the machine: its events, and changes of its configuration, are told as one topic to all services.

A part whose objects are declared with topics of their own says in its ``look`` which of them "netifd" means.
"""

from typing import Final

from backends.lan.file_watch import FileWatch
from backends.openwrt.netifd import TOPIC
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part

PACKAGE: Final = "network"


def netifd_events(_: Mechanisms, surface: Surface) -> Part | None:
    """What netifd notifies of on the bus."""
    if PACKAGE not in surface.uci.packages():
        return None
    return Part("netifd", {}, forget=[surface.netifd.forget], watch=surface.netifd.watch, follows=frozenset())


def network_package(_: Mechanisms, surface: Surface) -> Part | None:
    """What a person does to /etc/config/network."""
    if PACKAGE not in surface.uci.packages():
        return None
    watch = FileWatch({surface.root / "etc/config" / PACKAGE: TOPIC})
    return Part("network package", {}, watch=watch.watch, settle=surface.reloads.settle, follows=frozenset())


ALWAYS: Final = (netifd_events, network_package)
