"""Opens the firewall for the ACS's requests and tests while there is one that could come: a chore of the daemon's."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from backends.fw4_door import Fw4Door, Opening

log = logging.getLogger(__name__)


class Facts(NamedTuple):
    """``choice`` is [connection_request] firewall; ``acs`` the ACS's address as far as it is known; port 0: none.

    ``others``: where else the ACS has something listen.
    """

    choice: str
    url: str
    port: int
    acs: str
    others: tuple[Opening, ...] = ()


class RequestDoor:
    """Called by the owner's thread only. It is shut as long as the setting never said otherwise."""

    def __init__(self, door: Fw4Door, facts: Callable[[], Facts]) -> None:
        self._door = door
        self._facts = facts
        self._made: tuple[Opening, ...] = ()

    def due(self, now: float) -> float | None:
        """At once where something else is to be open than is."""
        return now if self._wanted() != self._made else None

    def act(self, _now: float) -> frozenset[str]:
        """Open and shut."""
        wanted = self._wanted()
        self._door.let_in(wanted)
        self._made = wanted
        for port, source, protocol in wanted:
            log.info("the firewall lets %s in to %s port %d", source or "everybody", protocol, port)
        return frozenset()

    def _wanted(self) -> tuple[Opening, ...]:
        choice, url, port, acs, others = self._facts()
        if not choice or not url:
            return ()
        source = acs if choice == "acs" else ""
        return (*([Opening(port, source)] if port and (source or choice == "open") else []), *others)
