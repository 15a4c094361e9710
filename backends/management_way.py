"""The management interface's own way out: a routing table for what is bound to it, and for what answers from it.

The subscriber's default route may lead elsewhere, or nowhere: sockets bound to the interface, and packets that have one
of its addresses, are routed by a table that repeats the main table's routes over this interface.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import Final

from backends.errors import MechanismError, Missing
from backends.netlink import Netlink
from backends.netlink_types import Route, Rule

log = logging.getLogger(__name__)

TABLE: Final = 12900
"""The table, and the priority of its rules: asked before the main table's 32766 and those of forwarding policies."""
NOWHERE: Final = ("host", "link", "nowhere")


class ManagementWay:
    """``interface`` tells the link, "" for none; ``gateways`` those that leases on it named, where no route says so."""

    def __init__(
        self, netlink: Netlink, interface: Callable[[], str], gateways: Callable[[str], Iterable[str]] = lambda _: ()
    ) -> None:
        self._netlink = netlink
        self._interface = interface
        self._gateways = gateways
        self._said = ""

    def apply(self) -> bool:
        """Bring table and rules to what they should be; whether something was changed. What fails is logged once."""
        try:
            changed = self._apply(self._interface())
        except MechanismError as refused:
            if str(refused) != self._said:
                log.warning("the management interface has no routes of its own: %s", refused)
            self._said = str(refused)
            return False
        return changed

    def _apply(self, interface: str) -> bool:
        rules = set(self._rules(interface)) if interface else set()
        there = {rule for rule in self._netlink.rules() if rule.priority == TABLE and rule.table == TABLE}
        if not rules and not there:
            return False
        wanted = {_identity(route): route for route in self._routes(interface)} if interface else {}
        present = {_identity(route): route for route in self._netlink.routes(TABLE)}
        for route in (present[one] for one in present.keys() - wanted.keys()):
            with suppress(Missing):  # somebody else took it away meanwhile
                self._netlink.delete_route(route)
        # The way to a gateway comes before the routes that it is the gateway of.
        for route in sorted((wanted[one] for one in wanted.keys() - present.keys()), key=lambda one: bool(one.gateway)):
            self._add(route)
        for rule in there - rules:
            with suppress(Missing):
                self._netlink.delete_rule(rule)
        for rule in rules - there:
            self._netlink.add_rule(rule)
        return bool(wanted.keys() ^ present.keys() or rules ^ there)

    def _add(self, route: Route) -> None:
        """One that the kernel refuses keeps no other from being made: a lease may name a gateway that is not there."""
        try:
            self._netlink.add_route(route)
        except MechanismError as refused:
            if str(refused) != self._said:
                log.warning("the management interface has not all its routes: %s", refused)
            self._said = str(refused)

    def _rules(self, interface: str) -> Iterator[Rule]:
        own = [one for one in self._netlink.addresses() if one.interface == interface and one.scope not in NOWHERE]
        for family in {one.family for one in own}:
            yield Rule(family, TABLE, TABLE, output=interface)
        for one in own:
            yield Rule(one.family, TABLE, TABLE, source=f"{one.address}/{32 if one.family == 4 else 128}")

    def _routes(self, interface: str) -> Iterator[Route]:
        main = [
            one
            for one in self._netlink.routes()
            if one.interface == interface and one.type == "unicast" and not one.multipath
        ]
        yield from (_in_table(one) for one in main)
        if not any(one.destination == "" and one.family == 4 for one in main):
            links = [ip_network(one.destination) for one in main if one.family == 4 and not one.gateway]
            gateways = (one for one in self._gateways(interface) if any(ip_address(one) in link for link in links))
            yield from (Route(4, "", gateway, interface, table=TABLE) for gateway in islice(gateways, 1))


def _in_table(route: Route) -> Route:
    """The same in our table: as long as the main table has it, so it has no time of its own."""
    return replace(route, table=TABLE, protocol="static", expires=None, preference="medium", linkdown=False)


def _identity(route: Route) -> tuple[object, ...]:
    gateway = str(ip_address(route.gateway)) if route.gateway else ""
    return route.family, route.destination, gateway, route.interface, route.metric, route.source, route.metrics
