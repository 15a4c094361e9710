"""Who keeps the clock of a machine with OpenWrt right: BusyBox's ntpd, over /etc/config/system."""

import threading
from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from backends.clock_watch import watch_clock
from backends.desired_state import Record
from backends.ntp import Client, Clock, Server
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.host import SYSTEM
from backends.openwrt.system.ntp import Ground, NtpMapping, NtpOnOpenWrt
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface, ground_of
from backends.tr181.openwrt_system import TOPIC
from backends.tr181.parts import Part
from backends.tr181.time import NtpClock

CHRONY: Final = "chrony"
"""The package of UCI that only who has installed chrony has."""
NTP_ONLY: Final = ("Device.Time.Enable", "Device.Time.Client.", "Device.Time.Server.", "Device.Time.NTPServer")
ANOTHER: Final = "chrony keeps the clock right, by a configuration of its own"


class UciClock(NtpClock, UciDesired):
    """The tables over UCI; its changes by a person are told of as those of the package system."""

    kinds: ClassVar[Sequence[type[Record]]] = (Clock, Client, Server)
    topics: ClassVar[tuple[str, ...]] = ("clock", TOPIC, "netifd")


def openwrt_time(given: Mechanisms, surface: Surface) -> Part | None:
    """The NTP daemon as a service, and the clock as something that tells when it is set."""
    if SYSTEM not in surface.uci.packages():
        return None
    system, netifd, lan = given.system, surface.netifd, ground_of(given, surface)

    def watch(tell: Callable[[frozenset[str]], None], stop: threading.Event) -> None:
        watch_clock(tell, stop, system.is_synchronised)

    if CHRONY in surface.uci.packages():
        lacks = {**given.lacks, **dict.fromkeys(NTP_ONLY, ANOTHER)}
        return Part("time", {"lacks": lacks}, watch=watch, follows=frozenset())
    ground = Ground(lan.row_of, lan.link_of, lan.present, lan.links)
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
