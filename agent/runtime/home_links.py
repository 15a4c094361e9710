"""Which links look like the home's; and which cables links share."""

from collections.abc import Collection, Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple, Protocol

HOMES: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""The addresses that homes give themselves (RFC 1918, RFC 4193)."""
WIDE: Final = {4: 8, 6: 7}
"""By family: a prefix shorter than this is a part of the Internet, as 0.0.0.0/1 beside 128.0.0.0/1 and 2000::/3 are."""
PPP: Final = 512  # ARPHRD_PPP
CABLES: Final = frozenset({"", "vlan", "bridge", "bond", "team", "macvlan", "ipvlan", "veth", "dsa", "wwan"})
"""The kinds of links that are a cable, or a part of one; a tunnel's other end can be reached over any of them."""
ONE_CABLE: Final = frozenset({"bridge", "bond", "team"})
MOST_KNOWN: Final = 64


class Link(Protocol):
    """A network interface, as backends.netlink_types has it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """What it is; "" for hardware."""

    @property
    def mac(self) -> str:
        """Its address, "" for none."""

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


class Same(NamedTuple):
    """A link by what it is called and what it is: a name alone is another link's after a renaming."""

    name: str
    mac: str = ""


class HomeLinks:
    """The links that look like the home's: this machine gives addresses there, or has one that stays and is of the kind
    that homes give themselves; with all that shares their cables. What a router's advertisement or a DHCP server says
    there may be anybody's word. A link stays one of them over a moment without an address, until a default route of
    another origin leads through it.
    """

    def __init__(self) -> None:
        self._known: dict[Same, None] = {}

    def now(
        self, links: Iterable[Link], routes: Iterable[Route], addresses: Iterable[Address], serving: Collection[str]
    ) -> frozenset[str]:
        """Their names."""
        present = {link.name: link for link in links if not link.loopback}
        sure = {str(route.interface) for route in routes if is_wide(route) and route.protocol != "ra"}
        like = with_home_address(addresses) | {*serving}
        known = {one: None for one in self._known if one.name not in sure}
        known.update(dict.fromkeys(Same(name, link.mac) for name, link in present.items() if name in like - sure))
        self._known = dict.fromkeys([*known][-MOST_KNOWN:])
        found = {one.name for one in self._known if one.name in present and present[one.name].mac == one.mac}
        return with_their_cables(found, present) - sure


def with_home_address(addresses: Iterable[Address]) -> frozenset[str]:
    """The links that have an address which stays, and is of the kind that homes give themselves."""
    fixed = (one for one in addresses if one.valid_lifetime is None)
    return frozenset(one.interface for one in fixed if any(ip_address(one.address) in home for home in HOMES))


def is_wide(route: Route) -> bool:
    """Whether it leads to the Internet, or to a good part of it."""
    return not route.destination or int(route.destination.partition("/")[2] or 128) < WIDE[route.family]


def is_cable(link: Link) -> bool:
    """Whether it is a cable, or a part of one."""
    return link.kind in CABLES and link.type != PPP


def carriers(links: Mapping[str, Link]) -> list[tuple[str, str]]:
    """What stands over what: a VLAN over its port, a bridge over each of its ports.

    The ports of a switch chip stand over one link and are cables of their own.
    """
    found = []
    for link in links.values():
        is_port = bool(link.switch_id) and link.kind in ("", "dsa")
        if link.lower and is_cable(link) and not is_port:
            found.append((link.name, link.lower))
        above = links.get(link.master or "")
        if above and above.kind in ONE_CABLE:
            found.append((above.name, link.name))
    return found


def with_their_cables(names: Collection[str], links: Mapping[str, Link]) -> frozenset[str]:
    """With all that shares a cable with them: the port below a VLAN, the VLANs beside it, a bridge and its ports."""
    down = carriers(links)
    return with_all(names, [*down, *((below, above) for above, below in down)])


def with_all(names: Collection[str], ways: Iterable[tuple[str, str]]) -> frozenset[str]:
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
