"""netifd as parts of the machine: its events, and changes of its configuration, are told as one topic to all services.

A part whose objects are declared with topics of their own says in its ``look`` which of them "netifd" means.
"""

from collections.abc import Callable, Collection, Hashable
from typing import Final

from backends.desired_state import Pointer
from backends.lan.file_watch import FileWatch
from backends.openwrt.netifd import TOPIC
from backends.openwrt.protocols.sections import Ground
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.service import pointer_of

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


def ground_of(given: Mechanisms, surface: Surface, *tables: str) -> Ground:
    """What the protocols' mappings read by; ``tables`` are those whose rows they point to."""
    netlink, links, network = given.netlink, given.links, given.network

    def row_of(link: str, table: str) -> Pointer | None:
        return pointer_of(links.row_of(link, table))

    def on_the_way() -> Collection[str]:
        path = given.management_path()
        return {path.interface, *network.topology.below(path.interface)} if path else ()

    def around() -> Hashable:
        there = [link.name for link in netlink.links()]
        return tuple((table, tuple((link, row_of(link, table)) for link in there)) for table in tables)

    return Ground(row_of, links.link_of, links.may_change, surface.netifd.links, on_the_way, around)


def news_for(topic: str, forget: Callable[[], None]) -> Callable[[frozenset[str]], frozenset[str]]:
    """A part's ``look``: what netifd tells is news of its own topic."""

    def look(topics: frozenset[str]) -> frozenset[str]:
        if TOPIC not in topics:
            return frozenset()
        forget()
        return frozenset({topic})

    return look


ALWAYS: Final = (netifd_events, network_package)
