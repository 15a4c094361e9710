"""Opens the firewall for connection requests while there is an ACS that could make some: a chore of the daemon's."""

import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from backends.fw4_door import Fw4Door

log = logging.getLogger(__name__)

SHUT: Final = (0, None)


class Facts(NamedTuple):
    """``choice`` is [connection_request] firewall; ``acs`` the ACS's address as far as it is known; port 0: none."""

    choice: str
    url: str
    port: int
    acs: str


class RequestDoor:
    """Called by the owner's thread only. It is shut as long as the setting never said otherwise."""

    def __init__(self, door: Fw4Door, facts: Callable[[], Facts]) -> None:
        self._door = door
        self._facts = facts
        self._made: tuple[int, tuple[str, ...] | None] = SHUT

    def due(self, now: float) -> float | None:
        """At once where something else is to be open than is."""
        return now if self._wanted() != self._made else None

    def act(self, _now: float) -> frozenset[str]:
        """Open and shut."""
        wanted = self._wanted()
        self._door.let_in(*wanted)
        self._made = wanted
        port, sources = wanted
        if port:
            whom = "everybody" if sources is None else " ".join(sources) or "nobody yet"
            log.info("the firewall lets connection requests to port %d in from %s", port, whom)
        return frozenset()

    def _wanted(self) -> tuple[int, tuple[str, ...] | None]:
        facts = self._facts()
        if not facts.choice or not facts.url or not facts.port:
            return SHUT
        if facts.choice == "open":
            return facts.port, None
        return facts.port, (facts.acs,) if facts.acs else ()
