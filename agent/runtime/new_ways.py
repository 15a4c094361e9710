"""Which failed sessions need not wait for their retry: those that a new way to the ACS may help."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final

SETTLING: Final = 2.0
"""Seconds that a new way has until the session that it brings: name servers come a little later than routes."""
MOST: Final = 8
"""Ways that bring a session at once until one succeeds: what changes without end waits as it should."""
TOPICS: Final = frozenset({"link", "address", "route", "lease", "dhcp", "everything"})
"""Of the system, after which there may be a new way."""


@dataclass(slots=True)
class NewWays:
    """Each way ends one wait until a session succeeds, so that a link that flaps brings no storm."""

    may_help: bool = False
    _gone: set[Hashable] = field(default_factory=set)

    def begun(self, way: Hashable | None) -> None:
        """A session begins, and goes this way (``None``: there is none)."""
        if way is not None and len(self._gone) < MOST:
            self._gone.add(way)

    def failed(self, was_reached: bool) -> None:
        """It failed; ``was_reached``: the ACS's host answered, so that it was not for the way."""
        self.may_help = not was_reached

    def has_come(self, way: Hashable | None) -> bool:
        """Whether the way that there is now is one to try at once; it counts as tried from now on."""
        if not self.may_help or not self.is_new(way):
            return False
        self._gone.add(way)
        return True

    def is_new(self, way: Hashable | None) -> bool:
        """Whether no session has gone this way, and there is one; nothing is counted."""
        return way is not None and way not in self._gone and len(self._gone) < MOST

    def succeeded(self) -> None:
        """A session succeeded, or it is another ACS: what was is forgotten."""
        self.may_help = False
        self._gone.clear()
