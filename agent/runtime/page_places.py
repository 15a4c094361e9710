"""On which interfaces the page is served: those named, else loopback and those that are known to be the home's."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from agent.runtime.home_links import (
    PPP,
    Address,
    Link,
    Route,
    Same,
    carriers,
    is_cable,
    is_wide,
    with_all,
    with_home_address,
    with_their_cables,
)

log = logging.getLogger(__name__)

DOCUMENT: Final = "page_places"
MOST: Final = 32
MOST_KEPT: Final = 256
NEXT: Final = "[web] interfaces in the settings file names the links where it is to be served"


class Ground(NamedTuple):
    """What is known of the machine's links.

    ``apart``: links that are for others than the home whatever the routes say; ``named_out``: those that a person calls
    the WAN; ``leased``: those with a DHCP client's lease; ``below_ppp``: those that carry PPPoE; ``serving``: those on
    which this machine gives addresses to others; ``home``: those that look like the home's (see HomeLinks).
    """

    links: Sequence[Link]
    routes: Iterable[Route]
    addresses: Collection[Address]
    apart: Collection[str] = ()
    named_out: Collection[str] = ()
    leased: Collection[str] = ()
    below_ppp: Collection[str] = ()
    serving: Collection[str] = ()
    home: Collection[str] = ()


class PagePlaces:
    """A link is the home's when this machine gives addresses there, or when it has a fixed address of the kind that
    homes give themselves while another cable is known to lead out. One that has ever led out never is, nor what carried
    it then, until factory reset; nor is what shares a cable with one of them now: a bridge is free again when the port
    that leads out has left it. ``left_out`` says why a link is not served.

    Everybody on a link can send a router's advertisement or answer a DHCP client there. Nothing is remembered of that:
    meanwhile the link is not served, and where it does not look like the home's it is another cable that leads out.

    ``read`` and ``write`` keep one document, so that the same holds from the start on.
    """

    def __init__(self, read: Callable[[], Any], write: Callable[[Mapping[str, Any]], None]) -> None:
        kept = read() or {}
        self._out, self._cables = (frozenset(map(_read, kept.get(one, ()))) for one in ("out", "cables"))
        self._write = write
        self.left_out: dict[str, str] = {}

    @property
    def cables(self) -> list[str]:
        """The cables that lead out or have led out."""
        return sorted(one.name for one in self._cables)

    def forget(self) -> None:
        """Factory reset: what led out is learned anew."""
        self._keep(frozenset(), frozenset())

    def interfaces(self, named: Sequence[str], ground: Ground) -> tuple[str, ...]:
        """The names, loopback first."""
        loopback = [link.name for link in ground.links if link.loopback][:1]
        others = [link for link in ground.links if not link.loopback]
        links = {link.name: link for link in others}
        self._learn(ground, links)
        hints = {name for name, is_sure in _hints(ground, links) if not is_sure}
        out = with_their_cables(_present(self._out, links) | {*ground.apart}, links)
        hinted = with_their_cables(hints, links) - {*ground.serving}
        has_way_out = bool(self._cables) or any(is_cable(links[name]) for name in hints - {*ground.home, *ground.apart})
        reachable = {one.interface for one in ground.addresses if not ip_address(one.address).is_link_local}
        candidates = [one for one in others if one.up and not one.master and one.name in reachable]
        against = {one.name: _against(one, ground, out, hinted, has_way_out=has_way_out) for one in candidates}
        inside = [name for name, why in against.items() if not why] if len(others) > 1 else []
        only = dict.fromkeys(against, ONLY) if len(others) < 2 else against
        self._tell({} if named else {name: why for name, why in only.items() if why})
        return tuple(dict.fromkeys([*loopback, *(named or inside)]))[:MOST]

    def _learn(self, ground: Ground, links: Mapping[str, Link]) -> None:
        """Remember the links that lead out, with what carries them; and those of them that are cables."""
        now = {name for name, is_sure in _hints(ground, links) if is_sure}
        if any(links[name].type == PPP for name in now):
            now.update(ground.below_ppp)
        now.update(ground.named_out)
        apart = {*ground.apart}
        cables = {name for name in now - apart if name in links and is_cable(links[name])}
        carried = with_all(now | apart, carriers(links)) - apart
        self._keep(_with(self._out, carried, links, apart), _with(self._cables, cables, links, apart))

    def _keep(self, out: frozenset[Same], cables: frozenset[Same]) -> None:
        if (out, cables) != (self._out, self._cables):
            self._out, self._cables = out, cables
            kept = {
                name: sorted(" ".join(one).strip() for one in some) for name, some in (("out", out), ("cables", cables))
            }
            self._write({"version": 1, **{name: some[:MOST_KEPT] for name, some in kept.items()}})

    def _tell(self, left_out: dict[str, str]) -> None:
        for name, why in left_out.items():
            if why not in (self.left_out.get(name), LEADS_OUT, ONLY):
                log.info("the page is not served on %s: %s; %s", name, why, NEXT)
        self.left_out = left_out


LEADS_OUT: Final = "it leads out, has led out, or shares a cable with one that does"
ONLY: Final = "it is the only interface, so its network may be the provider's"
HINTED: Final = "a router's advertisement or a DHCP lease there says that it leads out"


def _against(link: Link, ground: Ground, out: Collection[str], hinted: Collection[str], *, has_way_out: bool) -> str:
    """Why a link is not known to be the home's, "" when it is."""
    if link.name in out:
        return LEADS_OUT
    if link.name in ground.serving:
        return ""
    if link.name in hinted:
        return HINTED
    if not is_cable(link):
        return "it is a tunnel"
    if not has_way_out:
        return "no cable is known yet that leads out, and it could be the one"
    return "" if link.name in with_home_address(ground.addresses) else "it has no fixed private address"


def _hints(ground: Ground, links: Collection[str]) -> Iterator[tuple[str, bool]]:
    """The links of which something says that they lead out; and whether that is more than a word of somebody there."""
    for route in ground.routes:
        if route.interface in links and is_wide(route):
            yield str(route.interface), route.protocol != "ra"
    for name in ground.leased:
        if name in links:
            yield name, False


def _read(text: str) -> Same:
    name, _, mac = text.partition(" ")
    return Same(name, mac)


def _with(
    known: Iterable[Same], names: Collection[str], links: Mapping[str, Link], apart: Collection[str]
) -> frozenset[Same]:
    """With these as they are now, in place of others of their names that are no longer there."""
    macs = {link.mac for link in links.values()}
    kept = (one for one in known if one.name not in apart and (one.name not in names or one.mac in macs))
    return frozenset([*kept, *(Same(name, links[name].mac) for name in names if name in links)])


def _present(known: Iterable[Same], links: Mapping[str, Link]) -> set[str]:
    """What they are called now: one that was renamed is known by its address, one with another address by its name."""
    found = set()
    for one in known:
        here = links.get(one.name)
        renamed = {name for name, link in links.items() if one.mac and link.mac == one.mac}
        found |= {one.name} if not renamed or (here and here.mac == one.mac) else renamed
    return found
