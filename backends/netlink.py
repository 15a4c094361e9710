"""The kernel's links, addresses, routes, neighbours and bridges: read, changed and watched. The only user of pyroute2.

Sockets, deadlines and framing are ours (netlink_socket); pyroute2 encodes and decodes messages. Its own sockets differ
between 0.7 and 0.9, and 0.9 runs an event loop behind every call.
"""

import errno
import importlib
import importlib.util
import ipaddress
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Protocol, TypeVar

from backends import netlink_rows
from backends.errors import MechanismError, Missing
from backends.netlink_rows import ROUTE_PROTOCOLS, ROUTE_TYPES, SCOPES, Names
from backends.netlink_socket import (
    ACK,
    REQUEST,
    NetlinkSocket,
    from_os_error,
    inside,
    messages,
    open_route_socket,
)
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

T = TypeVar("T")

NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19
NEWADDR, DELADDR, GETADDR = 20, 21, 22
NEWROUTE, DELROUTE, GETROUTE = 24, 25, 26
NEWNEIGH, DELNEIGH, GETNEIGH = 28, 29, 30
NEWRULE, DELRULE, GETRULE = 32, 33, 34
DUMP, REPLACE, EXCLUSIVE, CREATE = 0x300, 0x100, 0x200, 0x400
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

FAMILY = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}
AF_BRIDGE = 7
EXT_MASK_VLANS, EXT_MASK_NO_PROTOCOL_STATISTICS = 1 << 1, 1 << 3
IFF_UP, IFF_NOARP = 0x1, 0x80
FOREVER = 0xFFFFFFFF
RT_TABLE_COMPAT = 252  # "see the attribute": the header's field has eight bits
NO_PREFIX_ROUTE = 0x200  # IFA_F_NOPREFIXROUTE
SCOPE_NOWHERE = 255  # a deletion then matches any scope
VLAN_MASTER, VLAN_SELF, VLAN_PVID, VLAN_UNTAGGED = 1, 2, 2, 4
NESTED = 0x8000
BRIDGE_OPTIONS = {
    "stp": "IFLA_BR_STP_STATE", "priority": "IFLA_BR_PRIORITY", "forward_delay": "IFLA_BR_FORWARD_DELAY",
    "hello_time": "IFLA_BR_HELLO_TIME", "max_age": "IFLA_BR_MAX_AGE", "ageing_time": "IFLA_BR_AGEING_TIME",
    "vlan_filtering": "IFLA_BR_VLAN_FILTERING", "vlan_protocol": "IFLA_BR_VLAN_PROTOCOL",
    "default_pvid": "IFLA_BR_VLAN_DEFAULT_PVID", "multicast_snooping": "IFLA_BR_MCAST_SNOOPING",
}  # fmt: skip
PORT_OPTIONS = {
    "state": "IFLA_BRPORT_STATE", "priority": "IFLA_BRPORT_PRIORITY", "path_cost": "IFLA_BRPORT_COST",
}  # fmt: skip


class Stop(Protocol):
    """Anything that says when to stop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop now."""


def check_interface_name(name: str) -> str:
    """``name`` if the kernel could take it for an interface (dev_valid_name), else MechanismError."""
    if (
        not 0 < len(name.encode("utf-8", "replace")) < 16
        or name in {".", ".."}
        or any(c in "/:" or c.isspace() or c < " " for c in name)
    ):
        raise MechanismError(f"{name!r} is no interface name", "EINVAL")
    return name


class Netlink:
    """The kernel's network tables of one namespace. Reads are cached until ``forget``; one thread owns an instance.

    Every exchange raises MechanismError (or Missing) as the kernel refuses, and TimedOut after ``deadline`` seconds.
    """

    def __init__(
        self,
        namespace: str | None = None,
        *,
        deadline: float = 0.3,
        open_socket: Callable[[], socket.socket] = open_route_socket,
    ) -> None:
        """``namespace``: a name below /run/netns or a path, else this process's; ``open_socket`` makes the sockets."""
        self._open: Callable[[], socket.socket] = (lambda: inside(namespace, open_socket)) if namespace else open_socket
        self._socket = NetlinkSocket(self._open, deadline)
        self._cache: dict[str, Any] = {}
        self._seen_states: dict[int, tuple[str, float]] = {}

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def forget(self) -> None:
        """Let the next reads ask the kernel again."""
        self._cache.clear()

    # --- reading

    def links(self) -> Sequence[Link]:
        """Every link, by index."""
        return self._cached("links", self._read_links)

    def link(self, name: str) -> Link | None:
        """The link of this name."""
        return next((link for link in self.links() if link.name == name), None)

    def state_age(self, name: str) -> int:
        """Seconds that a link has been seen in its operational state (the kernel keeps no time of its own)."""
        link = self.link(name)
        if link is None:
            raise Missing(f"{name}: no such interface", "ENODEV")
        return int(time.monotonic() - self._seen_states[link.index][1])

    def addresses(self) -> Sequence[Address]:
        """Every IPv4 and IPv6 address."""
        return self._cached("addresses", lambda: self._rows("ifaddrmsg", GETADDR, netlink_rows.addresses))

    def routes(self, table: int = MAIN_TABLE) -> Sequence[Route]:
        """The routes of one table, both families, next hops listed singly; without the kernel's cached ones."""
        return self._cached(f"routes {table}", lambda: self._read_routes(table))

    def rules(self) -> Sequence[Rule]:
        """The policy rules of both families that lead to a table, by priority as the kernel keeps them."""
        return self._cached("rules", self._read_rules)

    def neighbours(self) -> Sequence[Neighbour]:
        """The ARP and NDP tables of both families, without proxied entries."""
        return self._cached("neighbours", lambda: self._rows("ndmsg", GETNEIGH, netlink_rows.neighbours))

    def bridge_vlans(self) -> Sequence[BridgeVlan]:
        """The VLANs of every bridge member and bridge (none where the kernel cannot filter VLANs)."""
        message = _message("ifinfmsg", family=AF_BRIDGE)
        message["attrs"] = [("IFLA_EXT_MASK", EXT_MASK_VLANS)]
        return self._cached("bridge vlans", lambda: self._read_bridges(message, GETLINK, netlink_rows.bridge_vlans))

    def stations(self) -> Sequence[Station]:
        """The bridges' forwarding databases: behind which member a MAC address was seen."""
        message = _message("ndmsg", family=AF_BRIDGE)
        return self._cached("stations", lambda: self._read_bridges(message, GETNEIGH, netlink_rows.stations))

    def route_to(self, address: str) -> RouteTo | None:
        """The interface, source and gateway that the kernel would use to reach an address; None: it is unreachable."""
        parsed = _ip(address)
        message = _message("rtmsg", family=FAMILY[parsed.version], dst_len=parsed.max_prefixlen)
        message["attrs"] = [("RTA_DST", str(parsed))]
        try:
            answer = self._exchange(message, GETROUTE, 0, f"route to {address}")
        except MechanismError as error:
            if error.code in {
                "ENETUNREACH",
                "EHOSTUNREACH",
                "EACCES",
                "EINVAL",
            }:  # also unreachable, prohibit, blackhole
                return None
            raise
        for row in answer:
            attributes = netlink_rows.attributes_of(row, netlink_rows.ROUTE_ATTRIBUTES)
            interface = self._names().get(attributes.get("RTA_OIF", 0))
            if interface is not None and ROUTE_TYPES[row["type"]] in {"unicast", "local"}:
                return RouteTo(interface, attributes.get("RTA_PREFSRC", ""), netlink_rows.gateway_of(attributes))
        return None

    # --- changing links

    def set_link(
        self,
        name: str,
        *,
        up: bool | None = None,
        arp: bool | None = None,
        mtu: int | None = None,
        mac: str | None = None,
        master: str | None = None,
    ) -> None:
        """Change what is not None; ``master`` "" takes the link out of its bridge."""
        message = _message("ifinfmsg", index=self._index(name))
        flags = {IFF_UP: up, IFF_NOARP: None if arp is None else not arp}
        message["change"] = sum(flag for flag, wanted in flags.items() if wanted is not None)
        message["flags"] = sum(flag for flag, wanted in flags.items() if wanted)
        if mtu is not None:
            message["attrs"].append(("IFLA_MTU", mtu))
        if mac is not None:
            message["attrs"].append(("IFLA_ADDRESS", _mac(mac)))
        if master is not None:
            message["attrs"].append(("IFLA_MASTER", self._index(master) if master else 0))
        self._change(message, NEWLINK, 0, f"set {name}")

    def add_vlan(self, name: str, lower: str, vlan_id: int, protocol: int = VLAN_8021Q) -> None:
        """Make a VLAN link on ``lower``, down; ``vlan_id`` 0–4094, ``protocol`` 0x8100 or 0x88a8."""
        if not 0 <= vlan_id <= 4094 or protocol not in {VLAN_8021Q, VLAN_8021AD}:
            raise MechanismError(f"VLAN {vlan_id} of protocol {protocol:#x} cannot be", "EINVAL")
        data = [("IFLA_VLAN_ID", vlan_id), ("IFLA_VLAN_PROTOCOL", protocol)]
        self._add_link(name, "vlan", data, [("IFLA_LINK", self._index(lower))])

    def add_bridge(self, name: str, **options: int) -> None:
        """Make a bridge, down, with the options of ``set_bridge``."""
        self._add_link(name, "bridge", _options(options, BRIDGE_OPTIONS), [])

    def add_veth(self, name: str, peer: str) -> None:
        """Make a pair of virtual Ethernet ports, down."""
        self._add_link(name, "veth", [("VETH_INFO_PEER", {"attrs": [("IFLA_IFNAME", check_interface_name(peer))]})], [])

    def delete_link(self, name: str) -> None:
        """Take away a link that is not a physical one."""
        self._change(_message("ifinfmsg", index=self._index(name)), DELLINK, 0, f"delete {name}")

    def set_bridge(self, name: str, **options: int) -> None:
        """Change options named as in BridgeState: stp, priority, forward_delay, hello_time, max_age, ageing_time,
        vlan_filtering, vlan_protocol, default_pvid, multicast_snooping.
        """
        message = _message("ifinfmsg", index=self._index(name))
        message["attrs"] = [_link_info("bridge", _options(options, BRIDGE_OPTIONS))]
        self._change(message, NEWLINK, 0, f"set bridge {name}")

    def set_bridge_port(self, name: str, **options: int) -> None:
        """Change a bridge member: priority, path_cost, state (an index of disabled … blocking; only without STP)."""
        message = _message("ifinfmsg", index=self._index(name), family=AF_BRIDGE)
        message["attrs"] = [("IFLA_PROTINFO", {"attrs": _options(options, PORT_OPTIONS)}, NESTED)]
        self._change(message, SETLINK, 0, f"set bridge port {name}")

    def add_bridge_vlan(self, interface: str, vlan_id: int, *, untagged: bool = False, pvid: bool = False) -> None:
        """Let a VLAN pass a bridge member or the bridge itself; an existing entry takes these flags."""
        flags = (VLAN_UNTAGGED if untagged else 0) | (VLAN_PVID if pvid else 0)
        self._change_bridge_vlan(SETLINK, interface, vlan_id, flags)

    def delete_bridge_vlan(self, interface: str, vlan_id: int) -> None:
        """Stop a VLAN at a bridge member or at the bridge itself."""
        self._change_bridge_vlan(DELLINK, interface, vlan_id, 0)

    # --- changing addresses and routes

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
        message["scope"] = _number(scope, SCOPES)  # IPv4's; IPv6 derives it from the address
        if not prefix_route:
            message["attrs"].append(("IFA_FLAGS", NO_PREFIX_ROUTE))
        parsed = _ip(address)
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
        """Route packets with a mark by another table. EEXIST when there is such a rule."""
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

    def _cached(self, key: str, read: Callable[[], Iterable[T]]) -> Sequence[T]:
        rows: Sequence[T] | None = self._cache.get(key)
        if rows is None:
            rows = self._cache[key] = tuple(read())
        return rows

    def _exchange(self, message: Any, kind: int, flags: int, what: str) -> list[Any]:
        header = message["header"]
        header["type"], header["flags"] = kind, REQUEST | flags | (0 if flags & DUMP == DUMP else ACK)
        try:
            message.encode()
        except (struct.error, ValueError, TypeError, KeyError, OSError) as error:
            raise MechanismError(f"{what}: {error}", "EINVAL") from error
        answer = self._socket.exchange(bytearray(message.data), what)
        return [_decoded(type(message), buffer, offset, what) for _, buffer, offset in answer]

    def _change(self, message: Any, kind: int, flags: int, what: str, changed: tuple[str, ...] | None = None) -> None:
        """Send a change; what it may have changed (None: anything) is read again."""
        if changed is None:
            self.forget()
        for key in [key for key in self._cache if changed is not None and key.startswith(changed)]:
            del self._cache[key]
        self._exchange(message, kind, flags, what)

    def _dump(self, message: Any, kind: int, what: str, rows: Callable[[list[Any]], Iterable[T]]) -> Sequence[T]:
        answer = self._exchange(message, kind, DUMP, what)
        try:
            return tuple(rows(answer))
        except MechanismError:
            raise
        except Exception as error:  # values are decoded as they are touched, and pyroute2 raises what it stumbles over
            raise MechanismError(f"{what}: the kernel's answer cannot be read: {error!r}") from error

    def _rows(self, codec: str, kind: int, rows: Callable[[list[Any], Names], Iterable[T]]) -> Sequence[T]:
        return self._dump(_message(codec), kind, codec, lambda found: rows(found, self._names()))

    def _names(self) -> Names:
        names: Names | None = self._cache.get("names")
        if names is None:
            names = self._cache["names"] = {link.index: link.name for link in self.links()}
        return names

    def _index(self, name: str) -> int:
        link = self.link(check_interface_name(name))
        if link is None:
            raise Missing(f"{name}: no such interface", "ENODEV")
        return link.index

    def _add_link(self, name: str, kind: str, data: list[Any], attributes: list[Any]) -> None:
        message = _message("ifinfmsg")
        message["attrs"] = [("IFLA_IFNAME", check_interface_name(name)), *attributes, _link_info(kind, data)]
        self._change(message, NEWLINK, CREATE | EXCLUSIVE, f"add {kind} {name}")

    def _change_bridge_vlan(self, kind: int, interface: str, vlan_id: int, flags: int) -> None:
        link = self.link(check_interface_name(interface))
        if link is None:
            raise Missing(f"{interface}: no such interface", "ENODEV")
        target = VLAN_SELF if link.kind == "bridge" and link.master is None else VLAN_MASTER
        message = _message("ifinfmsg", index=link.index, family=AF_BRIDGE)
        entry = ("IFLA_BRIDGE_VLAN_INFO", {"flags": flags, "vid": vlan_id})
        message["attrs"] = [("IFLA_AF_SPEC", {"attrs": [("IFLA_BRIDGE_FLAGS", target), entry]})]
        self._change(message, kind, 0, f"VLAN {vlan_id} of {interface}")

    def _address_message(self, interface: str, address: str, prefix_length: int, peer: str | None) -> Any:
        parsed = _ip(address)
        if not 0 <= prefix_length <= parsed.max_prefixlen:
            raise MechanismError(f"{address}/{prefix_length}: no such prefix length", "EINVAL")
        index = self._index(interface)
        message = _message("ifaddrmsg", family=FAMILY[parsed.version], prefixlen=prefix_length, index=index)
        message["attrs"] = [("IFA_LOCAL", str(parsed)), ("IFA_ADDRESS", str(_ip(peer)) if peer else str(parsed))]
        return message

    def _route_message(self, route: Route) -> Any:
        scope = "link" if route.scope == "global" and route.gateway is None and route.family == 4 else route.scope
        network = _network(route.destination, route.family)
        message = _message(
            "rtmsg",
            family=FAMILY[route.family],
            dst_len=network.prefixlen if network else 0,
            table=route.table if route.table < 256 else RT_TABLE_COMPAT,
            proto=_number(route.protocol, ROUTE_PROTOCOLS),
            scope=_number(scope, SCOPES),
            type=ROUTE_TYPES.index(route.type) if route.type in ROUTE_TYPES else 1,
        )
        message["attrs"] = [("RTA_TABLE", route.table)]
        if network:
            message["attrs"].append(("RTA_DST", str(network.network_address)))
        if route.gateway is not None:
            message["attrs"].append(("RTA_GATEWAY", str(_ip(route.gateway))))
        if route.interface is not None:
            message["attrs"].append(("RTA_OIF", self._index(route.interface)))
        if route.metric:
            message["attrs"].append(("RTA_PRIORITY", route.metric))
        if route.source is not None:
            message["attrs"].append(("RTA_PREFSRC", str(_ip(route.source))))
        if route.expires is not None:
            message["attrs"].append(("RTA_EXPIRES", struct.pack("=I", max(route.expires, 0))))  # IPv6's only
        return message

    def _read_links(self) -> Sequence[Link]:
        message = _message("ifinfmsg")
        message["attrs"] = [("IFLA_EXT_MASK", EXT_MASK_NO_PROTOCOL_STATISTICS)]
        found = self._dump(message, GETLINK, "links", netlink_rows.links)
        now, seen = time.monotonic(), self._seen_states
        self._seen_states = {
            link.index: before
            if (before := seen.get(link.index)) and before[0] == link.operstate
            else (link.operstate, now)
            for link in found
        }
        return found

    def _read_routes(self, table: int) -> Iterator[Route]:
        for family in FAMILY.values():
            message = _message("rtmsg", family=family, table=table if table < 256 else RT_TABLE_COMPAT)
            message["attrs"] = [("RTA_TABLE", table)]
            with suppress(Missing):  # strict kernels refuse to dump a table that does not exist
                yield from self._dump(
                    message, GETROUTE, "routes", lambda rows: netlink_rows.routes(rows, self._names(), table)
                )

    def _read_rules(self) -> Iterator[Rule]:
        for family in FAMILY.values():
            with suppress(MechanismError):  # a kernel without policy routing, or without one family
                message = _message("fibmsg", family=family)
                yield from self._dump(message, GETRULE, "rules", netlink_rows.rules)

    def _read_bridges(self, message: Any, kind: int, rows: Callable[[list[Any], Names], Iterable[T]]) -> Sequence[T]:
        try:
            return self._dump(message, kind, "bridges", lambda found: rows(found, self._names()))
        except MechanismError as error:
            if error.code in {"EOPNOTSUPP", "EAFNOSUPPORT"}:  # a kernel without bridges
                return ()
            raise


# --- messages and their attributes


def _message(codec: str, **fields: int) -> Any:
    message = _codec(codec)()
    message.update(fields)
    message["attrs"] = []
    return message


@contextmanager
def _only_what_is_named(package: str) -> Iterator[None]:
    """Import modules of a package without its ``__init__``: pyroute2's brings 136 modules and 20 MB that are not used.

    Whoever imports the package itself afterwards gets all of it.
    """
    found = None if package in sys.modules else importlib.util.find_spec(package)
    if found is None:
        yield
        return
    sys.modules[package] = importlib.util.module_from_spec(found)
    try:
        yield
    finally:
        del sys.modules[package]


@cache
def _codec(name: str) -> Any:
    """A message class of pyroute2's, imported here for the first time."""
    with _only_what_is_named("pyroute2"):
        codec: Any = getattr(importlib.import_module(f"pyroute2.netlink.rtnl.{name}"), name)
    if name == "ifaddrmsg" and len(codec.nla_map) < 12:  # 0.7: younger attributes are not named yet
        younger = (("IFA_RT_PRIORITY", "uint32"), ("IFA_TARGET_NETNSID", "int32"), ("IFA_PROTO", "uint8"))
        return type(name, (codec,), {"nla_map": (*codec.nla_map[:9], *younger)})
    return codec


def _decoded(codec: Callable[..., Any], buffer: bytes, offset: int, what: str) -> Any:
    message = codec(buffer, offset=offset)
    try:
        message.decode()
    except Exception as error:  # pyroute2's decoders raise whatever they stumble over
        raise MechanismError(f"{what}: the kernel's answer cannot be read: {error!r}") from error
    return message


def _rule_message(rule: Rule) -> Any:
    table = rule.table if rule.table < 256 else RT_TABLE_COMPAT
    message = _message("fibmsg", family=FAMILY[rule.family], table=table, action=netlink_rows.TO_TABLE)
    message["attrs"] = [("FRA_TABLE", rule.table), ("FRA_PRIORITY", rule.priority)]
    if rule.mask:
        message["attrs"] += [("FRA_FWMARK", rule.mark), ("FRA_FWMASK", rule.mask)]
    return message


def _link_info(kind: str, data: list[Any]) -> tuple[str, dict[str, Any]]:
    attributes: list[Any] = [("IFLA_INFO_KIND", kind)]
    if data:
        attributes.append(("IFLA_INFO_DATA", {"attrs": data}))
    return "IFLA_LINKINFO", {"attrs": attributes}


def _options(options: dict[str, int], names: dict[str, str]) -> list[tuple[str, int]]:
    unknown = set(options) - set(names)
    if unknown:
        raise MechanismError(f"no such option: {', '.join(sorted(unknown))}", "EINVAL")
    return [(names[name], int(value)) for name, value in options.items()]


def _number(text: str, names: dict[int, str]) -> int:
    known = next((number for number, name in names.items() if name == text), None)
    if known is None and not (text.isascii() and text.isdecimal() and int(text) < 256):
        raise MechanismError(f"{text!r} is not known here", "EINVAL")
    return int(text) if known is None else known


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise MechanismError(str(error), "EINVAL") from error


def _network(text: str, family: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not text:
        return None
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise MechanismError(str(error), "EINVAL") from error
    if network.version != family:
        raise MechanismError(f"{text} is not of IPv{family}", "EINVAL")
    return network


def _mac(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text):
        raise MechanismError(f"{text!r} is no MAC address", "EINVAL")
    return text.lower()


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
