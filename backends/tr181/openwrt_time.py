"""Who keeps the clock of a machine with OpenWrt right: BusyBox's ntpd, over /etc/config/system."""

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from backends.clock_watch import watch_clock
from backends.desired_state import Pointer, Record
from backends.ntp import Client, Clock, Server
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.host import SYSTEM
from backends.openwrt.system.ntp import Ground, NtpMapping, NtpOnOpenWrt
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_system import TOPIC
from backends.tr181.parts import Part
from backends.tr181.service import pointer_of
from backends.tr181.time import NtpClock


class UciClock(NtpClock, UciDesired):
    """The tables over UCI; its changes by a person are told of as those of the package system."""

    kinds: ClassVar[Sequence[type[Record]]] = (Clock, Client, Server)
    topics: ClassVar[tuple[str, ...]] = ("clock", TOPIC, "netifd")


def openwrt_time(given: Mechanisms, surface: Surface) -> Part | None:
    """The NTP daemon as a service, and the clock as something that tells when it is set."""
    if SYSTEM not in surface.uci.packages():
        return None
    links, netlink, netifd, system = given.links, given.netlink, surface.netifd, given.system

    def row_of(link: str) -> Pointer | None:
        return pointer_of(links.row_of(link, IP_INTERFACE))

    def around() -> Hashable:
        return tuple((link.name, row_of(link.name)) for link in netlink.links())

    def watch(tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        watch_clock(tell, stop, system.is_synchronised)

    ground = Ground(row_of, links.link_of, netifd.links, around)
    served = NtpOnOpenWrt(surface.uci, NtpMapping(ground), surface.reloads.note, surface.bus, netifd)
    clock = UciClock(served)
    return Part(
        name="time",
        provides={"ntp": clock},
        backend=clock,
        forget=[netifd.forget, clock.forget],
        watch=watch,
        follows=frozenset(),
        settle=surface.reloads.settle,
    )
