"""On which interfaces the page is served: those named, else loopback and those that are known to be the home's."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple, Protocol

log = logging.getLogger(__name__)

DOCUMENT: Final = "page_places"
MOST: Final = 32
MOST_KEPT: Final = 256
HOMES: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""The addresses that homes give themselves (RFC 1918, RFC 4193)."""
WIDE: Final = {4: 8, 6: 7}
"""By family: a prefix shorter than this is a part of the Internet, as 0.0.0.0/1 beside 128.0.0.0/1 and 2000::/3 are."""
PPP: Final = 512  # ARPHRD_PPP
CABLES: Final = frozenset({"", "vlan", "bridge", "bond", "team", "macvlan", "ipvlan", "veth", "dsa", "wwan"})
"""The kinds of links that are a cable, or a part of one; a tunnel's other end can be reached over any of them."""
ONE_CABLE: Final = frozenset({"bridge", "bond", "team"})
NEXT: Final = "[web] interfaces in the settings file names the links where it is to be served"


class Link(Protocol):
    """A network interface, as backends.netlink_types has it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """What it is; "" for hardware."""

    @property
    def type(self) -> int:
        """ARPHRD_…"""

    @property
    def loopback(self) -> bool:
        """Whether it is lo."""

    @property
    def up(self) -> bool:
        """Whether it is to be up."""

    @property
    def lower(self) -> str | None:
        """The link below it."""

    @property
    def master(self) -> str | None:
        """The bridge that it is a port of."""

    @property
    def switch_id(self) -> str:
        """The switch chip that it is a port of, "" for none."""


class Route(Protocol):
    """A route."""

    @property
    def family(self) -> int:
        """4 or 6."""

    @property
    def destination(self) -> str:
        """A prefix; "" is the default route."""

    @property
    def interface(self) -> str | None:
        """The link that it leads through."""

    @property
    def protocol(self) -> str:
        """Who has made it; "ra": a router's advertisement."""


class Address(Protocol):
    """An address of an interface."""

    @property
    def interface(self) -> str:
        """The link that has it."""

    @property
    def address(self) -> str:
        """The address as text."""

    @property
    def valid_lifetime(self) -> int | None:
        """Seconds, None for ever."""


class Ground(NamedTuple):
    """What is known of the machine's links.

    ``apart``: links that are for others than the home whatever the routes say; ``named_out``: those that a person calls
    the WAN; ``leased``: those with a DHCP client's lease; ``below_ppp``: those that carry PPPoE; ``serving``: those on
    which this machine gives addresses to others.
    """

    links: Sequence[Link]
    routes: Iterable[Route]
    addresses: Collection[Address]
    apart: Collection[str] = ()
    named_out: Collection[str] = ()
    leased: Collection[str] = ()
    below_ppp: Collection[str] = ()
    serving: Collection[str] = ()


class PagePlaces:
    """A link is the home's when this machine gives addresses there, or when it has a fixed address of the kind that
    homes give themselves while another cable is known to lead out. One that has ever led out never is, nor what carried
    it then, until factory reset; nor is what shares a cable with one of them now: a bridge is free again when the port
    that leads out has left it. ``left_out`` says why a link is not served.

    Everybody on a link can send a router's advertisement or answer a DHCP client there. Of a link with such an address
    nothing follows from that but that it is not served meanwhile.

    ``read`` and ``write`` keep one document, so that the same holds from the start on.
    """

    def __init__(self, read: Callable[[], Any], write: Callable[[Mapping[str, Any]], None]) -> None:
        kept = read() or {}
        self._out, self._cables = (frozenset(kept.get(one, ())) for one in ("out", "cables"))
        self._write = write
        self.left_out: dict[str, str] = {}

    @property
    def cables(self) -> list[str]:
        """The cables that lead out or have led out."""
        return sorted(self._cables)

    def forget(self) -> None:
        """Factory reset: what led out is learned anew."""
        self._keep(frozenset(), frozenset())

    def interfaces(self, named: Sequence[str], ground: Ground) -> tuple[str, ...]:
        """The names, loopback first."""
        loopback = [link.name for link in ground.links if link.loopback][:1]
        others = [link for link in ground.links if not link.loopback]
        links = {link.name: link for link in others}
        led_out, cables = self._led_out(ground, links)
        out = _with_their_cables(led_out | {*ground.apart}, links)
        hinted = _with_their_cables({name for name, _ in _hints(ground, links)}, links) - {*ground.serving}
        reachable = {one.interface for one in ground.addresses if not ip_address(one.address).is_link_local}
        candidates = [one for one in others if one.up and not one.master and one.name in reachable]
        against = {one.name: _against(one, ground, out, hinted, has_way_out=bool(cables)) for one in candidates}
        inside = [name for name, why in against.items() if not why] if len(others) > 1 else []
        self._keep(led_out - {*ground.apart}, cables)
        only = dict.fromkeys(against, ONLY) if len(others) < 2 else against
        self._tell({} if named else {name: why for name, why in only.items() if why})
        return tuple(dict.fromkeys([*loopback, *(named or inside)]))[:MOST]

    def _led_out(self, ground: Ground, links: Mapping[str, Link]) -> tuple[frozenset[str], frozenset[str]]:
        """The links that lead or have led out, with what carries or carried them; and those that are cables."""
        like_home = with_home_address(ground.addresses)
        now = {name for name, is_sure in _hints(ground, links) if is_sure or name not in like_home}
        if any(links[name].type == PPP for name in now):
            now.update(ground.below_ppp)
        now.update(ground.named_out)
        cables = {name for name in now - {*ground.apart} if name in links and _is_cable(links[name])}
        carried = _with_all(now | {*ground.apart}, _carriers(links))
        return self._out | carried, self._cables | cables

    def _keep(self, out: frozenset[str], cables: frozenset[str]) -> None:
        if (out, cables) != (self._out, self._cables):
            self._out, self._cables = out, cables
            kept = {"out": out, "cables": cables}
            self._write({"version": 1, **{name: sorted(some)[:MOST_KEPT] for name, some in kept.items()}})

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
    if not _is_cable(link):
        return "it is a tunnel"
    if not has_way_out:
        return "no cable is known yet that leads out, and it could be the one"
    return "" if link.name in with_home_address(ground.addresses) else "it has no fixed private address"


def with_home_address(addresses: Iterable[Address]) -> frozenset[str]:
    """The links that have an address which stays, and is of the kind that homes give themselves."""
    fixed = (one for one in addresses if one.valid_lifetime is None)
    return frozenset(one.interface for one in fixed if any(ip_address(one.address) in home for home in HOMES))


def _hints(ground: Ground, links: Collection[str]) -> Iterator[tuple[str, bool]]:
    """The links of which something says that they lead out; and whether that is more than a word of somebody there."""
    for route in ground.routes:
        if route.interface in links and _is_wide(route):
            yield str(route.interface), route.protocol != "ra"
    for name in ground.leased:
        if name in links:
            yield name, False


def _is_wide(route: Route) -> bool:
    return not route.destination or int(route.destination.partition("/")[2] or 128) < WIDE[route.family]


def _is_cable(link: Link) -> bool:
    return link.kind in CABLES and link.type != PPP


def _carriers(links: Mapping[str, Link]) -> list[tuple[str, str]]:
    """What stands over what: a VLAN over its port, a bridge over each of its ports.

    The ports of a switch chip stand over one link and are cables of their own.
    """
    found = []
    for link in links.values():
        is_port = bool(link.switch_id) and link.kind in ("", "dsa")
        if link.lower and _is_cable(link) and not is_port:
            found.append((link.name, link.lower))
        above = links.get(link.master or "")
        if above and above.kind in ONE_CABLE:
            found.append((above.name, link.name))
    return found


def _with_their_cables(names: Collection[str], links: Mapping[str, Link]) -> frozenset[str]:
    """With all that shares a cable with them: the port below a VLAN, the VLANs beside it, a bridge and its ports."""
    down = _carriers(links)
    return _with_all(names, [*down, *((below, above) for above, below in down)])


def _with_all(names: Collection[str], ways: Iterable[tuple[str, str]]) -> frozenset[str]:
    """With all that is reached from them."""
    nearby: dict[str, set[str]] = {}
    for one, other in ways:
        nearby.setdefault(one, set()).add(other)
    found, waiting = set(names), list(names)
    while waiting:
        new = nearby.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found)
