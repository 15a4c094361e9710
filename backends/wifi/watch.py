"""Waits for what the kernel and our daemons tell of Wi-Fi: stations, radios, links, scans."""

import selectors
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from backends import hostapd, wpa_supplicant
from backends.errors import MechanismError, Missing
from backends.generic_netlink import heard
from backends.nl80211 import Nl80211, scanned, topics
from backends.wpa_control import EventSocket, sockets_in

QUIET, LONGEST_BURST, STOP_POLL = 0.05, 0.25, 0.25  # seconds
EVENTS: Final = (*hostapd.EVENTS, *wpa_supplicant.EVENTS)


class Stop(Protocol):
    """Anything that says when to stop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop now."""


class WifiWatch:
    """One thread's ears. That a station may send data is hostapd's to say; that it came, the kernel's as well.

    ``directory`` holds the daemons' folders, each with its control sockets in ``control``: new ones are found within a
    quarter of a second, as nobody announces them.
    """

    def __init__(
        self,
        nl80211: Nl80211,
        directory: Path,
        scan_ended: Callable[[frozenset[int]], None],
        others: Sequence[Path] = (),
    ) -> None:
        """``others``: folders of sockets of the machine's own daemons."""
        self._nl80211, self._others = nl80211, others
        self._directory = directory
        self._scan_ended = scan_ended

    def watch(self, tell: Callable[[frozenset[str]], None], stop: Stop) -> None:
        """Tell topics ("station" "radio" "scan") until ``stop`` is set; returns within half a second of that."""
        with selectors.DefaultSelector() as selector:
            daemons: dict[Path, EventSocket] = {}
            try:
                listener = self._nl80211.listener()
            except Missing:
                return
            try:
                selector.register(listener, selectors.EVENT_READ, listener)
                while not stop.is_set():
                    self._attach(selector, daemons)
                    found = self._burst(selector, STOP_POLL)
                    if found:
                        tell(frozenset(found))
            finally:
                listener.close()
                for daemon in daemons.values():
                    daemon.close()

    def _burst(self, selector: selectors.BaseSelector, wait: float) -> set[str]:
        found: set[str] = set()
        ends = None
        while ready := selector.select(wait):
            for key, _ in ready:
                found |= self._heard(key.data)
            ends = ends or time.monotonic() + LONGEST_BURST
            wait = min(QUIET, ends - time.monotonic())
            if wait <= 0:
                break
        return found

    def _heard(self, source: object) -> frozenset[str]:
        if isinstance(source, EventSocket):
            return frozenset({"station"} if any(event.startswith(EVENTS) for event in source.heard()) else ())
        answers = heard(source)  # type: ignore[arg-type] # the only other one registered is the listener
        if ended := scanned(answers):
            self._scan_ended(ended)
        return topics(answers)

    def _attach(self, selector: selectors.BaseSelector, daemons: dict[Path, EventSocket]) -> None:
        """Hear every daemon that is there; one that was started anew has another socket under the same name."""
        there = {path: _made(path) for folder in self._folders() for path in sockets_in(folder)}
        for path, daemon in list(daemons.items()):
            if there.get(path) != daemon.made:
                selector.unregister(daemon)
                daemon.close()
                del daemons[path]
        for path, made in there.items():
            if path not in daemons:
                with suppress(MechanismError):  # not yet, or not any more; the next look will tell
                    daemons[path] = EventSocket(path, made)
                    selector.register(daemons[path], selectors.EVENT_READ, daemons[path])

    def _folders(self) -> list[Path]:
        try:
            return [*self._others, *(folder / "control" for folder in self._directory.iterdir())]
        except OSError:
            return [*self._others]


def _made(path: Path) -> int:
    """What tells one socket from a later one of the same name."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
