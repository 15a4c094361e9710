"""A prefix that a DHCPv6 server delegated to this machine, as whoever asked for it tells whoever hands it on."""

from typing import NamedTuple


class Delegation(NamedTuple):
    """In force on a link; the ends are seconds since 1970, 0 for ever. ``number`` counts those of one link from 1."""

    link: str
    number: int
    prefix: str
    preferred_until: int = 0
    valid_until: int = 0

    @property
    def key(self) -> str:
        """What it is known by, whichever prefix it is at present: a server that renumbers leaves it what it is."""
        return f"{self.link} delegated {self.number}"
