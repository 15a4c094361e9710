"""The leases of the machine's DHCP clients as they have told of them, and the links by which a lease may count."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from agent.discovery.handed_over import Handed, NotUsable, name_servers, read, routers
from agent.discovery.offer import Neighbour, Offer, Source
from agent.runtime.lease_events import LeaseEvents

log = logging.getLogger(__name__)

MOST_LEASES: Final = 32
INDEX: Final = "link_index"
"""In an event that is kept: which link it was."""
ASKER: Final = "dhcpinform"
"""The client that is the agent itself."""

Ways = Mapping[int, tuple[str, ...]]
"""By family (4, 6), the links that lead out."""


class Route(Protocol):
    """A route as the kernel has it; ``destination`` "" is the default one."""

    @property
    def family(self) -> int:
        """4 or 6."""

    @property
    def destination(self) -> str:
        """Where it leads."""

    @property
    def interface(self) -> str | None:
        """By which link."""

    @property
    def metric(self) -> int:
        """The lowest is taken."""

    @property
    def protocol(self) -> str:
        """Who has made it; "ra": a router's advertisement."""


class Lease(NamedTuple):
    """What one client has last told of one link; ``link_index`` is the kernel's number of it, 0 while it is away."""

    offer: Offer
    event: Mapping[str, Any]
    link_index: int = 0


def ways_out(routes: Iterable[Route], chosen: str = "", like_home: Collection[str] = ()) -> dict[int, tuple[str, ...]]:
    """By family, the links of the best default route; ``chosen`` is the only one where a person has said so.

    Anybody on a link can advertise a router: on those that are ``like_home``, on which this machine gives addresses or
    has such a one as homes give themselves, that makes a way out only beside a default route of another origin.
    """
    if chosen:
        return {4: (chosen,), 6: (chosen,)}
    default = [route for route in routes if not route.destination and route.interface]
    sure = {route.interface for route in default if route.protocol != "ra"}
    believed = [route for route in default if route.interface in sure or route.interface not in like_home]
    found: dict[int, tuple[str, ...]] = {}
    for family in (4, 6):
        ours = [route for route in believed if route.family == family]
        best = min((route.metric for route in ours), default=0)
        found[family] = tuple(dict.fromkeys(str(route.interface) for route in ours if route.metric == best))
    return found


class Leases:
    """Bounded, and kept for the next start of the agent. ``by_client``: by link, client and family."""

    def __init__(self, events: LeaseEvents, ways: Callable[[], Ways], index_of: Callable[[str], int]) -> None:
        self._events = events
        self._ways = ways
        self._index_of = index_of
        self.by_client: dict[tuple[str, str, int], Lease] = {}
        self.heard_of: set[tuple[str, Source]] = set()
        """Links and sources that were heard of since the start."""

    def __len__(self) -> int:
        return len(self.by_client)

    def begin(self) -> None:
        """Take over the leases that were in force, and what clients left since."""
        for event in self._events.in_force():
            index = event.get(INDEX)
            self._hear(event, asks=True, index=index if isinstance(index, int) else 0)
        self.links_seen()
        for event in self._events.take_left():
            self._hear(event, asks=True)
        self._keep()

    def hear(self, event: Mapping[str, Any], asks: bool) -> tuple[Handed | None, str]:
        """A client told of a lease: what it means, or why it is of no use. ``asks``: so does the agent itself."""
        handed, why = self._hear(event, asks)
        if handed is not None:
            self._keep()
        return handed, why

    def links_seen(self) -> bool:
        """Links came, went or were renamed: what was told of another link of the same name is no lease of this one.

        Whether a lease was forgotten for that.
        """
        known = [(key, lease.link_index) for key, lease in self.by_client.items() if lease.link_index]
        others = [key for key, link_index in known if self._index_of(key[0]) not in (0, link_index)]
        for key in others:
            log.info("the lease on %s is forgotten: another link is called so now", key[0])
            del self.by_client[key]
        if others:
            self._keep()
        return bool(others)

    def links(self) -> set[str]:
        """The links on which this machine is somebody's DHCP client."""
        return {name for name, _, _ in self.by_client}

    def offers(self) -> list[Offer]:
        """What the leases say."""
        return [lease.offer for lease in self.by_client.values()]

    def neighbour(self) -> Neighbour | None:
        """Who the gateway says it is in the WAN's lease (TR-069 Annex F)."""
        ways = self._links()
        told = (offer.neighbour for offer in self.offers() if offer.interface in ways)
        return next((neighbour for neighbour in told if neighbour is not None), None)

    def name_servers(self, link: str) -> list[str]:
        """Whom the leases on a link say to ask for names."""
        return [one for event in self._on(link) for one in name_servers(event)]

    def routers(self, link: str) -> list[str]:
        """The gateways that the leases on a link name."""
        return [one for event in self._on(link) for one in routers(event)]

    def _on(self, link: str) -> list[Mapping[str, Any]]:
        return [lease.event for (name, _, _), lease in self.by_client.items() if name == link]

    def is_told_of(self, links: Iterable[str]) -> bool:
        """Whether a client of the machine hands over what the DHCPv4 server of one of these links says."""
        ways = frozenset(links)
        return any(
            not lease.offer.is_silent
            for (link, client, family), lease in self.by_client.items()
            if client != ASKER and family == 4 and link in ways
        )

    def _hear(self, event: Mapping[str, Any], asks: bool, index: int | None = None) -> tuple[Handed | None, str]:
        try:
            handed = read(event)
        except NotUsable as useless:
            return None, str(useless)
        source = Source.DHCPV6 if handed.family == 6 else Source.DHCPV4
        key = (handed.interface, handed.client, handed.family)
        if not handed.is_bound and handed.client == ASKER and not asks:
            pass  # nobody asks any more: what was answered last stays
        elif not handed.is_bound:
            self.by_client.pop(key, None)
        elif key not in self.by_client and not self._has_room():
            return None, f"{MOST_LEASES} leases are known already"
        else:
            offer = handed.offer or Offer(source, handed.client, handed.interface)
            index = self._index_of(handed.interface) if index is None else index
            self.by_client[key] = Lease(offer, {**event, INDEX: index}, index)
            if handed.offer is not None and handed.client != ASKER:
                self.by_client.pop((handed.interface, ASKER, handed.family), None)  # a client's word is the newer one
        if len(self.heard_of) < 2 * MOST_LEASES:
            self.heard_of.add((handed.interface, source))
        return handed, ""

    def _has_room(self) -> bool:
        """Whether one more can be kept; of links that do not lead out the oldest makes room."""
        if len(self.by_client) < MOST_LEASES:
            return True
        ways = self._links()
        oldest = next((key for key in self.by_client if key[0] not in ways), None)
        if oldest is not None:
            del self.by_client[oldest]
        return oldest is not None

    def _links(self) -> set[str]:
        return {link for links in self._ways().values() for link in links}

    def _keep(self) -> None:
        self._events.keep([lease.event for lease in self.by_client.values()])
