"""What is heard of leases without a hook: networkd's lease files, the agent's own dhcpcd, its own DHCPINFORM.

Each tells events as a DHCP client's hook would: which client, why, and variables by the client's names.
"""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from backends.dhcp_client.instance import Folders, Instance
from backends.dhcp_client.packets import lease4, lease6
from backends.dhcp_inform import WAITS, Answer, Place, Vendor, ask, place_of
from backends.errors import MechanismError
from backends.files import names_in, read_text
from backends.inotify import watched

log = logging.getLogger(__name__)

Event = Mapping[str, Any]
Tell = Callable[[Event], None]

NETWORKD: Final = Path("/run/systemd/netif/leases")
OPTION43, OPTION125, OPTION17 = 43, 125, 17
TOLD: Final[tuple[str, ...]] = ("VENDOR_SPECIFIC", "DNS", "ROUTER")
"""What of networkd's lease file is told on (its assignments)."""
BROADBAND_FORUM: Final = (3561).to_bytes(4, "big")
LOOK: Final = 1.0
"""Seconds after which a watch looks whether it is to end, and whether a folder has come to be."""
SETTLED: Final = 0.05
"""Seconds without another change: a lease is put in place in pieces."""
LOOKS: Final = 5
"""After so many of those without news the agent's own clients are looked at: one that was killed leaves its file."""
AGAIN: Final = 3600.0
"""Seconds after which the server is asked anew: an operator may have changed what it says."""
ROUTES: Final = Path("/proc/net/route")
MOST_NEWS: Final = 1000
RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE = 0x10, 0x40


class LeaseWatch(Protocol):
    """Something that tells of leases, in a thread of its own."""

    def watch(self, tell: Tell, stop: threading.Event) -> None:
        """Tell events until ``stop`` is set."""


class Way(NamedTuple):
    """On which link is asked: this one, or with "" the one that the IPv4 default route takes; not at all otherwise."""

    may_ask: bool
    interface: str = ""


def sources(
    own: Folders | None, way: Callable[[], Way], vendor: Callable[[], Vendor], networkd: Path = NETWORKD
) -> Mapping[str, LeaseWatch]:
    """The watches by name. ``own``: where the agent's own dhcpcds live, None where there are none.

    ``way`` and ``vendor`` are called in a thread of the watch's own.
    """
    return {"lease-files": LeaseFiles(networkd, own), "dhcpinform": Inform(way, vendor)}


class LeaseFiles:
    """Reads leases as they are written, and tells what is new in them."""

    def __init__(self, networkd: Path, own: Folders | None) -> None:
        self._networkd, self._own = networkd, own
        self._told: dict[tuple[str, str, int], Event] = {}
        """By client, link and family, what was told last."""

    def watch(self, tell: Tell, stop: threading.Event) -> None:
        """See LeaseWatch. MechanismError without inotify."""
        folders = [self._networkd, *([self._own.leases] if self._own else [])]
        with watched(()) as changes:
            missing = self._add(changes.add, folders)
            self._compare(tell)
            looks = 0
            while not stop.is_set():
                changed = changes.wait(LOOK)
                looks += 1
                if missing and len(still := self._add(changes.add, missing)) < len(missing):
                    missing, changed = still, {self._networkd}
                if changed:
                    changes.wait(SETTLED)
                if changed or looks >= LOOKS:
                    looks = 0
                    self._compare(tell)

    @staticmethod
    def _add(add: Callable[[Path], bool], folders: list[Path]) -> list[Path]:
        """Watch folders; those that are not there yet."""
        return [folder for folder in folders if not add(folder)]

    def _compare(self, tell: Tell) -> None:
        """Tell every lease that is new or different, and each that is no more."""
        now = {(client, link, family): event for client, link, family, event in self._leases()}
        for key, event in now.items():
            if self._told.get(key) != event:
                tell(event)
        for key in self._told.keys() - now.keys():
            client, link, family = key
            tell(_event(client, _ended(client, family), link, {}))
        self._told = now

    def _leases(self) -> Iterator[tuple[str, str, int, Event]]:
        for name in names_in(self._networkd):
            with suppress(OSError, OverflowError):  # the link is gone
                if name.isdecimal():
                    link = socket.if_indextoname(int(name))
                    said = _assignments(read_text(self._networkd / name) or "")
                    kept = {name: said[name] for name in TOLD if name in said}
                    yield "networkd", link, 4, _event("networkd", "lease", link, kept)
        for name in names_in(self._own.leases) if self._own else ():
            link, dot, kind = name.rpartition(".")
            if dot and kind in ("lease", "lease6") and self._own:
                instance = Instance(self._own, link, 6 if kind == "lease6" else 4)
                packet = instance.lease() if instance.is_running else None
                options = _options_of(packet, instance.family) if packet else None
                if options is not None:
                    reason = "BOUND6" if instance.family == 6 else "BOUND"
                    yield "dhcpcd", link, instance.family, _event("dhcpcd", reason, link, options)


class Inform:
    """Asks the WAN's server whenever the WAN has another address, and once in a while."""

    def __init__(
        self,
        way: Callable[[], Way],
        vendor: Callable[[], Vendor],
        waits: tuple[float, ...] = WAITS,
        again: float = AGAIN,
    ) -> None:
        self._way, self._vendor, self._waits, self._again = way, vendor, waits, again
        self._place: Place | None = None
        self._ask_at = 0.0
        self._complaint = ""

    def watch(self, tell: Tell, stop: threading.Event) -> None:
        """See LeaseWatch."""
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as news:
            news.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE))
            news.setblocking(False)
            while not stop.is_set():
                self._turn(tell, stop)
                if select.select([news], [], [], LOOK)[0]:
                    stop.wait(SETTLED)  # an address comes with its routes
                    _drain(news)

    def ask_again(self) -> None:
        """Ask within a second, as the lease may be another one; from any thread."""
        self._ask_at = 0.0

    def _turn(self, tell: Tell, stop: threading.Event) -> None:
        """Look where the WAN is, and ask where that is due."""
        way = self._way()
        link = (way.interface or default_link(read_text(ROUTES) or "")) if way.may_ask else ""
        place = place_of(link) if link else None
        if place == self._place and (place is None or time.monotonic() < self._ask_at):
            return
        if self._place is not None and (place is None or place.interface != self._place.interface):
            tell(_event("dhcpinform", "unanswered", self._place.interface, {}))
        self._place = place
        if place is None:
            return
        self._ask_at = time.monotonic() + self._again
        answer = self._asked(place, stop)
        if stop.is_set():
            return
        if answer is None:
            tell(_event("dhcpinform", "unanswered", place.interface, {}))
        else:
            options = {"option43": answer.options.get(OPTION43), "option125": answer.options.get(OPTION125)}
            said = {name: value.hex() for name, value in options.items() if value}
            tell(_event("dhcpinform", "answered", place.interface, said))

    def _asked(self, place: Place, stop: threading.Event) -> Answer | None:
        try:
            answer = ask(place, self._vendor(), stop, self._waits)
        except MechanismError as trouble:
            if trouble.reason != self._complaint:
                log.warning("%s; its options are not asked for", trouble.reason)
            self._complaint = trouble.reason
            return None
        self._complaint = ""
        return answer


def default_link(routes: str) -> str:
    """The link of the best IPv4 default route in the text of /proc/net/route; "" without one."""
    best = ("", 1 << 32)
    for line in routes.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == words[7] == "00000000" and int(words[3], 16) & 1 and int(words[6]) < best[1]:
            best = (words[0], int(words[6]))
    return best[0]


def _options_of(packet: bytes, family: int) -> dict[str, str] | None:
    """What dhcpcd's lease file has of the options, by the names that its hooks have for them; None: no lease."""
    if family == 6:
        reply = lease6(packet)
        if reply is None:
            return None
        told = [value for tag, value in reply.options if tag == OPTION17]
        told.sort(key=lambda value: not value.startswith(BROADBAND_FORUM))
        return {"new_dhcp6_vivso": b"".join(told).hex()} if told else {}
    lease = lease4(packet)
    if lease is None:
        return None
    named = {"new_vivso": lease.options.get(OPTION125), "new_vendor_encapsulated_options": lease.options.get(OPTION43)}
    return {name: value.hex() for name, value in named.items() if value}


def _ended(client: str, family: int) -> str:
    return "ended" if client == "networkd" else "STOP6" if family == 6 else "STOP"


def _event(client: str, reason: str, link: str, variables: Mapping[str, str]) -> Event:
    return {"client": client, "reason": reason, "environment": {"interface": link, **variables}}


def _assignments(text: str) -> dict[str, str]:
    return {name: value for name, mark, value in (line.partition("=") for line in text.splitlines()) if mark}


def _drain(news: socket.socket) -> None:
    """Read away what was told: the kernel's own tables are what counts."""
    for _ in range(MOST_NEWS):
        try:
            news.recv(65_536)
        except BlockingIOError:
            return
        except OSError:  # more was told than was kept
            continue
