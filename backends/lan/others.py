"""Where somebody else serves already: the links that are left to them, so that all others are served. Pure.

dnsmasq ends where it cannot listen on one of its links, and serves names on all of them or on none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backends.desired_state import Wanted
from backends.lan.records import DnsRelay
from backends.lan.rendering import LinkOf, served_pools4, served_pools6

DHCP_PORT, DHCP6_PORT, DNS_PORT = 67, 547, 53

Blocking = Callable[[int, str], str | None]
"""Which other program has a port on a link, with its process id; None where nobody has."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """By link, who is in the way, in words: of the names and of the addresses of each family that are wanted there."""

    names: Mapping[str, str] = field(default_factory=dict)
    pools4: Mapping[str, str] = field(default_factory=dict)
    pools6: Mapping[str, str] = field(default_factory=dict)

    def is_as(self, other: "LeftOut") -> bool:
        """Whether the same is left out, whoever is in the way."""
        return all(one.keys() == two.keys() for one, two in zip(self._parts(), other._parts(), strict=True))

    def reasons(self) -> list[str]:
        """Each once, in a steady order."""
        return sorted({reason for part in self._parts() for reason in part.values()})

    def _parts(self) -> tuple[Mapping[str, str], ...]:
        return self.names, self.pools4, self.pools6


NOBODY: Final = LeftOut()


def left_out(wanted: Wanted, link_of: LinkOf, name_links: Sequence[str], blocking: Blocking) -> LeftOut:
    """What others have taken of what is wanted; ``name_links``: where names would be served.

    Where somebody else serves names nothing of ours is, as long as names are served on any other link.
    """
    names = _taken(name_links if wanted.get(DnsRelay).enable else (), DNS_PORT, blocking)
    with_names = names if set(name_links) - names.keys() else {}
    pools4 = served_pools4(wanted, link_of).values()
    pools6 = served_pools6(wanted, link_of).values()
    return LeftOut(
        names,
        {**_some(with_names, pools4), **_taken(pools4, DHCP_PORT, blocking)},
        {**_some(with_names, pools6), **_taken(pools6, DHCP6_PORT, blocking)},
    )


def _taken(links: Iterable[str], port: int, blocking: Blocking) -> dict[str, str]:
    found = ((link, blocking(port, link)) for link in dict.fromkeys(links))
    return {link: f"{who} has port {port} on {link}" for link, who in found if who}


def _some(reasons: Mapping[str, str], links: Iterable[str]) -> dict[str, str]:
    return {link: reasons[link] for link in links if link in reasons}
