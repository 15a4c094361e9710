"""A scan of the neighbourhood on every radio in turn, asked for once and ready some seconds later."""

import time
from collections.abc import Callable
from typing import Final

from backends.errors import MechanismError
from backends.netlink import Netlink
from backends.nl80211 import Nl80211
from backends.wireless_types import Neighbour, Radio, WirelessLink

PATIENCE: Final = 15.0
"""Seconds for one radio: a scan of all bands takes five."""
MOST_NEIGHBOURS: Final = 256
NONE, REQUESTED, CANCELED, COMPLETE, ERROR = "None", "Requested", "Canceled", "Complete", "Error"


class NeighbourScan:
    """The diagnostic's state and what it found. ``finished`` is called in the owner's thread at its end."""

    def __init__(
        self,
        nl80211: Nl80211,
        netlink: Netlink,
        may_change: Callable[[str], bool],
        finished: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``may_change``: only a link that is given to us is brought up to listen; ``clock``: monotonic seconds."""
        self.state = NONE
        self.found: tuple[tuple[str, Neighbour], ...] = ()
        self.finished = finished
        self._nl80211 = nl80211
        self._netlink = netlink
        self._may_change = may_change
        self._clock = clock
        self._left: list[Radio] = []
        self._at: tuple[Radio, WirelessLink, bool, float] | None = None
        self._ended: set[int] = set()
        self._has_heard = False

    def begin(self) -> None:
        """Start; what was found before is forgotten."""
        self.cancel()
        self.state, self._left, self._has_heard = REQUESTED, list(self._nl80211.radios()), False
        self._next()

    def cancel(self) -> None:
        """Forget about a scan under way, and what was found."""
        self._leave()
        self.state, self.found, self._left = NONE, (), []

    def ended(self, links: frozenset[int]) -> None:
        """The kernel says that scans on these links (indices) have ended. May be called by another thread."""
        self._ended |= links

    def go_on(self) -> bool:
        """See whether the radio under way is ready, and go to the next; whether ``state`` is another one now."""
        if self._at is None:
            return False
        radio, link, _, until = self._at
        is_over = link.index in self._ended
        if not is_over and self._clock() < until:
            return False
        if is_over:
            self._nl80211.forget()
            heard = [(radio.key, one) for one in self._nl80211.neighbours(link.name)]
            own = {one.mac for one in self._nl80211.links()}
            new = {one.bssid: (key, one) for key, one in (*self.found, *heard) if one.bssid not in own}
            self.found = tuple(new.values())[:MOST_NEIGHBOURS]
            self._has_heard = True
        self._leave()
        self._next()
        return self._at is None

    # -- time (a chore) -----------------------------------------------------------------------------------------------

    def due(self, now: float) -> float | None:  # noqa: ARG002 - as every chore is asked
        """When to give a radio up; monotonic seconds."""
        return self._at[3] if self._at else None

    def act(self, now: float) -> frozenset[str]:  # noqa: ARG002
        """Give it up."""
        return frozenset({"scan"}) if self.go_on() else frozenset()

    # -- inside -------------------------------------------------------------------------------------------------------

    def _next(self) -> None:
        while self._left:
            radio = self._left.pop(0)
            for link, is_up in self._listeners(radio):
                if self._start(radio, link, is_up):
                    return
        self.state = COMPLETE if self._has_heard else ERROR
        self.finished()

    def _listeners(self, radio: Radio) -> list[tuple[WirelessLink, bool]]:
        """The links that can listen: those that are up, stations first; else one that we may bring up."""
        on_it = [one for one in self._nl80211.links() if one.radio == radio.index and one.mode in ("station", "ap")]
        there = {link.name: link for link in self._netlink.links()}
        up = [one for one in on_it if one.name in there and there[one.name].up]
        up.sort(key=lambda one: one.mode != "station")
        return [(one, True) for one in up] or [(one, False) for one in on_it if self._may_change(one.name)][:1]

    def _start(self, radio: Radio, link: WirelessLink, is_up: bool) -> bool:
        self._ended.discard(link.index)
        try:
            if not is_up:
                self._netlink.set_link(link.name, up=True)
            self._nl80211.scan(link.name)
        except MechanismError:
            if not is_up:
                self._set_down(link.name)
            return False
        self._at = (radio, link, is_up, self._clock() + PATIENCE)
        return True

    def _leave(self) -> None:
        if self._at is not None and not self._at[2]:
            self._set_down(self._at[1].name)
        self._at = None

    def _set_down(self, link: str) -> None:
        try:
            self._netlink.set_link(link, up=False)
        except MechanismError:
            return  # it went by itself
