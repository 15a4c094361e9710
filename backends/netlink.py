"""The kernel's network: links, addresses, routes, rules, neighbours and bridges, read, changed and watched.

Sockets, deadlines and framing are netlink_socket's, messages netlink_codec's.
"""

import errno
import ipaddress
import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from backends import netlink_rows
from backends.errors import MechanismError
from backends.netlink_codec import check_interface_name, ip_of, network_of, new_message, number_of
from backends.netlink_links import DELLINK, NEWLINK, LinkChanges
from backends.netlink_reader import FAMILY, RT_TABLE_COMPAT
from backends.netlink_rows import ROUTE_PROTOCOLS, ROUTE_TYPES, SCOPES
from backends.netlink_socket import from_os_error, messages
from backends.netlink_types import (
    MAIN_TABLE,
    VLAN_8021AD,
    VLAN_8021Q,
    Address,
    BridgePortState,
    BridgeState,
    BridgeVlan,
    Counters,
    Link,
    Neighbour,
    Route,
    RouteTo,
    Rule,
    Station,
)

__all__ = [
    "MAIN_TABLE",
    "VLAN_8021AD",
    "VLAN_8021Q",
    "Address",
    "BridgePortState",
    "BridgeState",
    "BridgeVlan",
    "Counters",
    "Link",
    "Neighbour",
    "Netlink",
    "Route",
    "RouteTo",
    "Rule",
    "Station",
    "check_interface_name",
]

NEWADDR, DELADDR = 20, 21
NEWROUTE, DELROUTE = 24, 25
NEWNEIGH, DELNEIGH = 28, 29
NEWRULE, DELRULE = 32, 33
REPLACE, EXCLUSIVE, CREATE = 0x100, 0x200, 0x400
TOPICS = {
    NEWLINK: "link", DELLINK: "link", NEWADDR: "address", DELADDR: "address",
    NEWROUTE: "route", DELROUTE: "route", NEWNEIGH: "neighbour", DELNEIGH: "neighbour",
}  # fmt: skip
EVERYTHING = "everything"
ADDRESSES, ROUTES, RULES = ("addresses", "routes", "neighbours"), ("routes",), ("rules",)
"""What is read again after an address, or a route, was changed: thousands of either ask for the links once."""
GROUPS = (1, 3, 5, 7, 9, 11)  # RTNLGRP_LINK NEIGH IPV4_IFADDR IPV4_ROUTE IPV6_IFADDR IPV6_ROUTE
WATCH_BUFFER = 1 << 20
QUIET, LONGEST_BURST, STOP_POLL = 0.05, 0.25, 0.25  # seconds
FOREVER = 0xFFFFFFFF
NO_PREFIX_ROUTE = 0x200  # IFA_F_NOPREFIXROUTE
SCOPE_NOWHERE = 255  # a deletion then matches any scope


class Stop(Protocol):
    """Anything that says when to stop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop now."""


class Netlink(LinkChanges):
    """All of it; see NetlinkReader for what every call raises."""

    def add_address(
        self,
        interface: str,
        address: str,
        prefix_length: int,
        *,
        peer: str | None = None,
        preferred_lifetime: int | None = None,
        valid_lifetime: int | None = None,
        scope: str = "global",
        prefix_route: bool = True,
        replace: bool = False,
    ) -> None:
        """Give an interface an address; lifetimes in seconds, None for ever. ``prefix_route`` False: no route to its
        subnet comes with it. ``replace`` changes the lifetimes of one that is there, else that is refused with EEXIST.
        """
        message = self._address_message(interface, address, prefix_length, peer)
        message["scope"] = number_of(scope, SCOPES)  # IPv4's; IPv6 derives it from the address
        if not prefix_route:
            message["attrs"].append(("IFA_FLAGS", NO_PREFIX_ROUTE))
        parsed = ip_of(address)
        if parsed.version == 4 and prefix_length < 31:
            network = ipaddress.ip_network((address, prefix_length), strict=False)
            message["attrs"].append(("IFA_BROADCAST", str(network.broadcast_address)))
        if preferred_lifetime is not None or valid_lifetime is not None:
            life = {
                "ifa_preferred": FOREVER if preferred_lifetime is None else preferred_lifetime,
                "ifa_valid": FOREVER if valid_lifetime is None else valid_lifetime,
                "cstamp": 0,
                "tstamp": 0,
            }
            message["attrs"].append(("IFA_CACHEINFO", life))
        flags = CREATE | (REPLACE if replace else EXCLUSIVE)
        self._change(message, NEWADDR, flags, f"add {address}/{prefix_length} to {interface}", ADDRESSES)

    def delete_address(self, interface: str, address: str, prefix_length: int) -> None:
        """Take an address away. Of IPv4, its secondaries go with a primary one unless promote_secondaries is set."""
        message = self._address_message(interface, address, prefix_length, None)
        self._change(message, DELADDR, 0, f"delete {address}/{prefix_length} from {interface}", ADDRESSES)

    def add_route(self, route: Route, *, replace: bool = False) -> None:
        """Make a route as described; a ``scope`` "global" without a gateway becomes "link" (IPv4)."""
        flags = CREATE | (REPLACE if replace else EXCLUSIVE)
        message = self._route_message(route)
        if route.metrics:
            metrics = [(f"RTAX_{name.upper()}", value) for name, value in route.metrics]
            message["attrs"].append(("RTA_METRICS", {"attrs": metrics}))
        self._change(message, NEWROUTE, flags, f"add route {route.destination or 'default'}", ROUTES)

    def delete_route(self, route: Route) -> None:
        """Take away the route that has this destination, metric, table, gateway, interface and protocol ("unspecified"
        stands for any); Missing when there is none such, although another one may lead to the same destination.
        """
        message = self._route_message(route)
        message["scope"] = SCOPE_NOWHERE
        self._change(message, DELROUTE, 0, f"delete route {route.destination or 'default'}", ROUTES)

    def add_rule(self, rule: Rule) -> None:
        """Route packets by another table. EEXIST when there is such a rule."""
        self._change(_rule_message(rule), NEWRULE, CREATE | EXCLUSIVE, f"add rule {rule.priority}", RULES)

    def delete_rule(self, rule: Rule) -> None:
        """Take such a rule away; Missing when there is none."""
        self._change(_rule_message(rule), DELRULE, 0, f"delete rule {rule.priority}", RULES)

    # --- watching

    def watch(self, on_change: Callable[[frozenset[str]], None], stop: Stop) -> None:
        """Call ``on_change`` with topics ("link" "address" "route" "neighbour"), in this thread, until ``stop`` is set.

        "everything" comes once at the start (what changed before is not known) and after the kernel had to drop news.
        A burst is one call: after 50 ms of quiet, or 250 ms. Returns within 0.5 s of the stop.
        """
        watcher = self._open()
        try:
            watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WATCH_BUFFER)
            watcher.bind((0, sum(1 << (group - 1) for group in GROUPS)))
            on_change(frozenset({EVERYTHING}))
            while not stop.is_set():
                topics = _next_topics(watcher)
                if topics:
                    on_change(topics)
        except OSError as error:
            raise from_os_error(error, "watching the kernel") from error
        finally:
            watcher.close()

    # --- inside

    def _address_message(self, interface: str, address: str, prefix_length: int, peer: str | None) -> Any:
        parsed = ip_of(address)
        if not 0 <= prefix_length <= parsed.max_prefixlen:
            raise MechanismError(f"{address}/{prefix_length}: no such prefix length", "EINVAL")
        index = self._index(interface)
        message = new_message("ifaddrmsg", family=FAMILY[parsed.version], prefixlen=prefix_length, index=index)
        message["attrs"] = [("IFA_LOCAL", str(parsed)), ("IFA_ADDRESS", str(ip_of(peer)) if peer else str(parsed))]
        return message

    def _route_message(self, route: Route) -> Any:
        scope = "link" if route.scope == "global" and route.gateway is None and route.family == 4 else route.scope
        network = network_of(route.destination, route.family)
        message = new_message(
            "rtmsg",
            family=FAMILY[route.family],
            dst_len=network.prefixlen if network else 0,
            table=route.table if route.table < 256 else RT_TABLE_COMPAT,
            proto=number_of(route.protocol, ROUTE_PROTOCOLS),
            scope=number_of(scope, SCOPES),
            type=ROUTE_TYPES.index(route.type) if route.type in ROUTE_TYPES else 1,
        )
        message["attrs"] = [("RTA_TABLE", route.table)]
        if network:
            message["attrs"].append(("RTA_DST", str(network.network_address)))
        if route.gateway is not None:
            message["attrs"].append(("RTA_GATEWAY", str(ip_of(route.gateway))))
        if route.interface is not None:
            message["attrs"].append(("RTA_OIF", self._index(route.interface)))
        if route.metric:
            message["attrs"].append(("RTA_PRIORITY", route.metric))
        if route.source is not None:
            message["attrs"].append(("RTA_PREFSRC", str(ip_of(route.source))))
        if route.expires is not None:
            message["attrs"].append(("RTA_EXPIRES", struct.pack("=I", max(route.expires, 0))))  # IPv6's only
        return message


def _rule_message(rule: Rule) -> Any:
    table = rule.table if rule.table < 256 else RT_TABLE_COMPAT
    source = network_of(rule.source, rule.family)
    message = new_message(
        "fibmsg",
        family=FAMILY[rule.family],
        table=table,
        action=netlink_rows.TO_TABLE,
        src_len=source.prefixlen if source else 0,
    )
    message["attrs"] = [("FRA_TABLE", rule.table), ("FRA_PRIORITY", rule.priority)]
    if rule.mask:
        message["attrs"] += [("FRA_FWMARK", rule.mark), ("FRA_FWMASK", rule.mask)]
    if source:
        message["attrs"].append(("FRA_SRC", str(source.network_address)))
    if rule.output:
        message["attrs"].append(("FRA_OIFNAME", check_interface_name(rule.output)))
    return message


def _next_topics(watcher: socket.socket) -> frozenset[str]:
    """The topics of one burst; empty when nothing came for a while."""
    topics: set[str] = set()
    ends = time.monotonic() + LONGEST_BURST
    watcher.settimeout(STOP_POLL)
    while True:
        try:
            buffer = watcher.recv(65536)
            topics.update(TOPICS[kind] for kind, *_ in messages(buffer) if kind in TOPICS)
        except TimeoutError:
            break
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            topics.add(EVERYTHING)
        left = ends - time.monotonic()
        if left <= 0:
            break
        watcher.settimeout(min(QUIET, left))
    return frozenset({EVERYTHING} if EVERYTHING in topics else topics)
