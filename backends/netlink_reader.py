"""The kernel's links, addresses, routes, rules, neighbours and bridges: read, each table at most once a request."""

import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from backends import netlink_rows
from backends.errors import MechanismError, Missing
from backends.netlink_codec import check_interface_name, decoded, ip_of, new_message
from backends.netlink_rows import ROUTE_TYPES, Names
from backends.netlink_socket import ACK, REQUEST, NetlinkSocket, inside, open_route_socket
from backends.netlink_types import MAIN_TABLE, Address, BridgeVlan, Link, Neighbour, Route, RouteTo, Rule, Station

T = TypeVar("T")

GETLINK, GETADDR, GETROUTE, GETNEIGH, GETRULE = 18, 22, 26, 30, 34
DUMP = 0x300
FAMILY = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}
AF_BRIDGE = 7
EXT_MASK_VLANS, EXT_MASK_NO_PROTOCOL_STATISTICS = 1 << 1, 1 << 3
NO_WAY = frozenset({"ENETUNREACH", "EHOSTUNREACH", "ENODEV", "EACCES", "EINVAL"})  # the last: prohibit, blackhole
RT_TABLE_COMPAT = 252  # "see the attribute": the header's field has eight bits


class NetlinkReader:
    """The kernel's network tables of one namespace. Reads are cached until ``forget``; one thread owns an instance.

    Every exchange raises MechanismError (or Missing) as the kernel refuses, and TimedOut after ``deadline`` seconds;
    a change after ``change_deadline``: it may wait for the kernel's lock (RTNL), and may yet happen when given up.
    """

    def __init__(
        self,
        namespace: str | None = None,
        *,
        deadline: float = 0.3,
        change_deadline: float = 3.0,
        open_socket: Callable[[], socket.socket] = open_route_socket,
    ) -> None:
        """``namespace``: a name below /run/netns or a path, else this process's; ``open_socket`` makes the sockets."""
        self._open: Callable[[], socket.socket] = (lambda: inside(namespace, open_socket)) if namespace else open_socket
        self._socket = NetlinkSocket(self._open, deadline)
        self._change_deadline = change_deadline
        self._patience: float | None = None
        self._cache: dict[str, Any] = {}
        self._seen_states: dict[int, tuple[str, float]] = {}

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def forget(self) -> None:
        """Let the next reads ask the kernel again."""
        self._cache.clear()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Let reads take as long as changes: for one that has to succeed, whoever holds the kernel's lock meanwhile."""
        self._patience = self._change_deadline
        try:
            yield
        finally:
            self._patience = None

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
        message = new_message("ifinfmsg", family=AF_BRIDGE)
        message["attrs"] = [("IFLA_EXT_MASK", EXT_MASK_VLANS)]
        return self._cached("bridge vlans", lambda: self._read_bridges(message, GETLINK, netlink_rows.bridge_vlans))

    def stations(self) -> Sequence[Station]:
        """The bridges' forwarding databases: behind which member a MAC address was seen."""
        message = new_message("ndmsg", family=AF_BRIDGE)
        return self._cached("stations", lambda: self._read_bridges(message, GETNEIGH, netlink_rows.stations))

    def route_to(self, address: str, through: str = "") -> RouteTo | None:
        """The interface, source and gateway that the kernel would use to reach an address; None: it is unreachable.

        ``through``: for a socket that is bound to this link; by one that is not there nothing is reached.
        """
        parsed = ip_of(address)
        message = new_message("rtmsg", family=FAMILY[parsed.version], dst_len=parsed.max_prefixlen)
        message["attrs"] = [("RTA_DST", str(parsed))]
        try:
            if through:
                message["attrs"].append(("RTA_OIF", self._index(through)))
            answer = self._exchange(message, GETROUTE, 0, f"route to {address}")
        except MechanismError as error:
            if error.code in NO_WAY:
                return None
            raise
        for row in answer:
            attributes = netlink_rows.attributes_of(row, netlink_rows.ROUTE_ATTRIBUTES)
            interface = self._names().get(attributes.get("RTA_OIF", 0))
            if interface is not None and ROUTE_TYPES[row["type"]] in {"unicast", "local"}:
                return RouteTo(interface, attributes.get("RTA_PREFSRC", ""), netlink_rows.gateway_of(attributes))
        return None

    # --- inside

    def _cached(self, key: str, read: Callable[[], Iterable[T]]) -> Sequence[T]:
        rows: Sequence[T] | None = self._cache.get(key)
        if rows is None:
            rows = self._cache[key] = tuple(read())
        return rows

    def _exchange(self, message: Any, kind: int, flags: int, what: str, deadline: float | None = None) -> list[Any]:
        header = message["header"]
        header["type"], header["flags"] = kind, REQUEST | flags | (0 if flags & DUMP == DUMP else ACK)
        try:
            message.encode()
        except (struct.error, ValueError, TypeError, KeyError, OSError) as error:
            raise MechanismError(f"{what}: {error}", "EINVAL") from error
        answer = self._socket.exchange(bytearray(message.data), what, deadline or self._patience)
        return [decoded(type(message), buffer, offset, what) for _, buffer, offset in answer]

    def _change(self, message: Any, kind: int, flags: int, what: str, changed: tuple[str, ...] | None = None) -> None:
        """Send a change; what it may have changed (None: anything) is read again."""
        if changed is None:
            self.forget()
        for key in [key for key in self._cache if changed is not None and key.startswith(changed)]:
            del self._cache[key]
        self._exchange(message, kind, flags, what, self._change_deadline)

    def _dump(self, message: Any, kind: int, what: str, rows: Callable[[list[Any]], Iterable[T]]) -> Sequence[T]:
        answer = self._exchange(message, kind, DUMP, what)
        try:
            return tuple(rows(answer))
        except MechanismError:
            raise
        except Exception as error:  # values are decoded as they are touched, and pyroute2 raises what it stumbles over
            raise MechanismError(f"{what}: the kernel's answer cannot be read: {error!r}") from error

    def _rows(self, codec: str, kind: int, rows: Callable[[list[Any], Names], Iterable[T]]) -> Sequence[T]:
        return self._dump(new_message(codec), kind, codec, lambda found: rows(found, self._names()))

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

    def _read_links(self) -> Sequence[Link]:
        message = new_message("ifinfmsg")
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
            message = new_message("rtmsg", family=family, table=table if table < 256 else RT_TABLE_COMPAT)
            message["attrs"] = [("RTA_TABLE", table)]
            with suppress(Missing):  # strict kernels refuse to dump a table that does not exist
                yield from self._dump(
                    message, GETROUTE, "routes", lambda rows: netlink_rows.routes(rows, self._names(), table)
                )

    def _read_rules(self) -> Iterator[Rule]:
        for family in FAMILY.values():
            with suppress(MechanismError):  # a kernel without policy routing, or without one family
                message = new_message("fibmsg", family=family)
                yield from self._dump(message, GETRULE, "rules", netlink_rows.rules)

    def _read_bridges(self, message: Any, kind: int, rows: Callable[[list[Any], Names], Iterable[T]]) -> Sequence[T]:
        try:
            return self._dump(message, kind, "bridges", lambda found: rows(found, self._names()))
        except MechanismError as error:
            if error.code in {"EOPNOTSUPP", "EAFNOSUPPORT"}:  # a kernel without bridges
                return ()
            raise
