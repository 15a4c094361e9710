"""Which links lead outside: to strangers, and to routers that this machine heeds for its own way."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from backends.desired_state import Desired
from backends.dhcp_client.records import Client4, Client6
from backends.firewall.records import InterfaceNat
from backends.lan.records import Advertised, Forwarding4, Pool4, Pool6
from backends.lan.service import ON_LINKS
from backends.netlink_types import Route
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

ASKING: Final = (InterfaceNat, Client4, Client6)
"""What is enabled on links that lead outside: our own address there is translated to, or asked for."""

OnLink = InterfaceNat | Client4 | Client6 | Pool4 | Pool6 | Advertised | Forwarding4


def ways_out(mechanisms: Mechanisms) -> Part:
    """Tells the network of the links that lead outside, whenever what makes them so has changed."""
    network = mechanisms.network
    network.ways_out = WaysOut(mechanisms)
    if mechanisms.firewall is not None:
        network.translating = partial(links_with_nat, mechanisms.firewall, mechanisms.links)
    if mechanisms.lan is not None:
        network.serving = mechanisms.lan.links_served
    if mechanisms.firewall is not None and mechanisms.lan is not None:
        mechanisms.firewall.followers.append(mechanisms.lan.reapply)  # it serves nobody outside
    for service in (mechanisms.firewall, mechanisms.lan, mechanisms.dhcp_clients):
        if service is not None:
            service.followers.append(network.ways_changed)
    return Part(name="ways_out", provides={})


def links_with_nat(firewall: Desired, links: Links) -> frozenset[str]:
    """The links on which addresses are translated, or will be when what is staged is made."""
    rows = [row for wanted in (firewall.wanted, firewall.in_force) for row in wanted.of(InterfaceNat).values()]
    found = (links.link_of(row.interface) for row in rows if row.enable)
    return frozenset(link for link in found if link)


class WaysOut:
    """The links with NAT, with a DHCP client of ours or with an IPv4 default route, but for those of a home: bridges,
    and those on which addresses are given or a router is advertised.

    An IPv6 default route may have come of any host's router advertisement: it counts where there is nothing else.
    """

    def __init__(self, mechanisms: Mechanisms) -> None:
        self._mechanisms = mechanisms
        self._led_outside: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        """As it is now. A way out stays one when its route goes: the link is coming back."""
        here = self._mechanisms
        routes = [route for route in here.netlink.routes() if not route.destination and route.type == "unicast"]
        self._led_outside |= _links_of(routes, 4)
        asking = {link for service in (here.firewall, here.dhcp_clients) for link in self._enabled(service, ASKING)}
        bridges = {link.name for link in here.netlink.links() if link.kind == "bridge"}
        inside = bridges.union(self._enabled(here.lan, ON_LINKS))
        return ((self._led_outside | asking) - inside) or (_links_of(routes, 6) - inside)

    def _enabled(self, service: Desired | None, kinds: tuple[type[OnLink], ...]) -> Iterator[str]:
        """The links on which a service has something enabled."""
        records = [record for kind in kinds for record in service.wanted.of(kind).values()] if service else []
        for record in records:
            if record.enable and (link := self._mechanisms.links.link_of(record.interface)):
                yield link


def _links_of(routes: list[Route], family: int) -> frozenset[str]:
    return frozenset(route.interface for route in routes if route.family == family and route.interface)
