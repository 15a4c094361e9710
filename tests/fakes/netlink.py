"""A kernel in memory behind the interface of Netlink. What it does is what tests/backend_contract found Linux to do."""

import ipaddress
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from backends.errors import MechanismError, Missing, TimedOut
from backends.netlink import Netlink, Stop, check_interface_name
from backends.netlink_codec import ip_of, options_of
from backends.netlink_links import BRIDGE_OPTIONS, PORT_OPTIONS
from backends.netlink_rows import PORT_STATES
from backends.netlink_types import (
    MAIN_TABLE,
    VLAN_8021AD,
    VLAN_8021Q,
    Address,
    BridgePortState,
    BridgeState,
    BridgeVlan,
    Link,
    Neighbour,
    Route,
    RouteTo,
    Rule,
    Station,
)

LOOPBACK = Link(1, "lo", type=772, up=True, running=True, loopback=True, mac="00:00:00:00:00:00", mtu=65536)


class FakeKernel:
    """The tables that several FakeNetlinks can look at. ``no_carrier`` names ports whose cable is out."""

    def __init__(self, links: Iterable[Link] = (LOOPBACK,)) -> None:
        self.links: dict[str, Link] = {link.name: link for link in links}
        self.addresses: list[Address] = []
        self.routes: list[Route] = []
        self.rules: list[Rule] = []
        self.neighbours: list[Neighbour] = []
        self.bridge_vlans: list[BridgeVlan] = []
        self.stations: list[Station] = []
        self.no_carrier: set[str] = set()
        self.since: dict[str, float] = {}
        self._were_up: set[str] = set()
        self.watchers: list[queue.Queue[str]] = []
        self.fail_next: MechanismError | None = None
        self.is_slow = False
        """Whether nothing is read but by who is patient."""
        self.settle()

    def add_link(self, name: str, kind: str = "", **fields: object) -> Link:
        """Put a link in place without anybody having asked for it: a card was plugged in."""
        index = 1 + max((link.index for link in self.links.values()), default=0)
        mac = f"02:00:00:00:{index >> 8:02x}:{index & 255:02x}"
        self.links[name] = replace(Link(index, name, kind, operstate="down", mac=mac), **fields)
        self.changed("link")
        return self.links[name]

    def changed(self, *topics: str) -> None:
        """Let what depends on links follow, and tell the watchers."""
        self.settle()
        for watcher in self.watchers:
            for topic in topics:
                watcher.put(topic)

    def settle(self) -> None:
        """Carry carrier upwards, and take away what a link that went down cannot keep."""
        for _ in range(4):  # as deep as stacks get here: vlan, bridge, veth
            for name, link in self.links.items():
                state = self._operstate(link)
                if state != link.operstate or link.running != (link.up and state in {"up", "unknown"}):
                    self.since[name] = time.monotonic()
                self.links[name] = replace(link, operstate=state, running=link.up and state in {"up", "unknown"})
        up = {name for name, link in self.links.items() if link.up}
        fallen, self._were_up = self._were_up - up, up
        self.addresses = [
            row
            for row in self.addresses
            if row.interface in self.links and not (row.family == 6 and row.interface in fallen)
        ]
        self.routes = [row for row in self.routes if row.interface is None or row.interface in up]
        running = {name for name, link in self.links.items() if link.running}
        self.routes = [
            replace(row, linkdown=row.interface is not None and row.interface not in running) for row in self.routes
        ]

    def _operstate(self, link: Link) -> str:
        if link.loopback:
            return "unknown" if link.up else "down"
        if not link.up or link.name in self.no_carrier:
            return "down"
        if link.kind == "veth":
            peer = next((one for one in self.links.values() if one.index == link.peer_index), None)
            return "up" if peer is not None and peer.up else "lowerlayerdown"
        if link.kind == "bridge":
            members = [one for one in self.links.values() if one.master == link.name]
            return "unknown" if not members else "up" if any(one.running for one in members) else "down"
        if link.lower is not None:
            return "up" if link.lower in self.links and self.links[link.lower].running else "lowerlayerdown"
        return "up"


class FakeNetlink(Netlink):
    """Every public method of Netlink over a FakeKernel, cached until ``forget`` like the real one."""

    def __init__(self, kernel: FakeKernel | None = None) -> None:
        self.kernel = kernel or FakeKernel()
        self._reads: dict[str, tuple[object, ...]] = {}
        self._is_patient = False

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        self._reads.clear()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        self._is_patient = True
        yield
        self._is_patient = False

    def _read(self, key: str, rows: Iterable[object]) -> Sequence[object]:
        self._fail()
        if self.kernel.is_slow and not self._is_patient:
            raise TimedOut(f"{key}: the kernel has not answered for 0.3 s")
        if key not in self._reads:
            self._reads[key] = tuple(rows)
        return self._reads[key]

    def _fail(self) -> None:
        if self.kernel.fail_next is not None:
            error, self.kernel.fail_next = self.kernel.fail_next, None
            raise error

    def links(self) -> Sequence[Link]:
        return self._read("links", sorted(self.kernel.links.values(), key=lambda link: link.index))

    def state_age(self, name: str) -> int:
        self._present(name)
        return int(time.monotonic() - self.kernel.since.get(name, time.monotonic()))

    def addresses(self) -> Sequence[Address]:
        return self._read("addresses", self.kernel.addresses)

    def routes(self, table: int = MAIN_TABLE) -> Sequence[Route]:
        return self._read(f"routes {table}", [row for row in self.kernel.routes if row.table == table])

    def rules(self) -> Sequence[Rule]:
        return self._read("rules", sorted(self.kernel.rules, key=lambda rule: (rule.family, rule.priority)))

    def neighbours(self) -> Sequence[Neighbour]:
        return self._read("neighbours", self.kernel.neighbours)

    def bridge_vlans(self) -> Sequence[BridgeVlan]:
        return self._read("bridge vlans", self.kernel.bridge_vlans)

    def stations(self) -> Sequence[Station]:
        return self._read("stations", self.kernel.stations)

    def route_to(self, address: str, through: str = "") -> RouteTo | None:
        wanted = ip_of(address)
        if through and self.link(through) is None:
            return None
        own = [row for row in self.kernel.addresses if row.address == str(wanted)]
        if own:
            return RouteTo("lo", own[0].address)
        found = [
            row
            for row in self.kernel.routes
            if row.family == wanted.version
            and row.table == MAIN_TABLE
            and (not row.destination or wanted in _net(row.destination))
            and through in ("", row.interface)
        ]
        best = max(found, key=lambda row: (_length(row), -row.metric), default=None)
        if best is None or best.type != "unicast" or best.interface is None:
            return None
        here = [
            row.address
            for row in self.kernel.addresses
            if row.interface == best.interface and row.family == best.family
        ]
        return RouteTo(best.interface, best.source or next(iter(here), ""), best.gateway)

    # --- links

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
        link = self._changing(name)
        if mtu is not None and not 68 <= mtu <= 65535:
            raise MechanismError(f"set {name}: Invalid argument", "EINVAL")
        if mac is not None and len(mac.split(":")) != 6:
            raise MechanismError(f"{mac!r} is no MAC address", "EINVAL")
        port = link.port
        if master:
            self._present(master)
            if link.kind == "bridge":
                raise MechanismError(f"set {name}: Too many levels of symbolic links", "ELOOP")
            port = link.port if link.master == master else BridgePortState(state="disabled", number=1)
        elif master == "":
            port = None
        if master is not None and master != link.master:
            self.kernel.bridge_vlans = [row for row in self.kernel.bridge_vlans if row.interface != name]
            above = self.kernel.links.get(master)
            if above is not None and above.bridge is not None:
                self._give_default_vlan(name, above.bridge.default_pvid)
        self._put(
            replace(
                link,
                up=link.up if up is None else up,
                arp=link.arp if arp is None else arp,
                mtu=link.mtu if mtu is None else mtu,
                mac=link.mac if mac is None else mac.lower(),
                master=link.master if master is None else master or None,
                port=port,
            )
        )
        if up:
            self._connect(name)

    def add_vlan(self, name: str, lower: str, vlan_id: int, protocol: int = VLAN_8021Q) -> None:
        if not 0 <= vlan_id <= 4094 or protocol not in {VLAN_8021Q, VLAN_8021AD}:
            raise MechanismError(f"VLAN {vlan_id} cannot be", "EINVAL")
        below = self._present(lower)
        same = [one for one in self.kernel.links.values() if one.lower == lower and one.vlan_id == vlan_id]
        if any(one.vlan_protocol == protocol for one in same):
            raise MechanismError(f"add vlan {name}: File exists", "EEXIST")
        self._new(name, "vlan", lower=lower, vlan_id=vlan_id, vlan_protocol=protocol, mac=below.mac, mtu=below.mtu)

    def add_bridge(self, name: str, **options: int) -> None:
        state = _bridge(BridgeState(bridge_id="8000.000000000000", root_id="8000.000000000000"), options)
        self._new(name, "bridge", bridge=state)
        self._give_default_vlan(name, state.default_pvid)

    def add_veth(self, name: str, peer: str) -> None:
        for one in (name, peer):
            self._absent(one)
        self.forget()
        left, right = self.kernel.add_link(name, "veth"), self.kernel.add_link(peer, "veth")
        self._put(replace(left, peer_index=right.index))
        self._put(replace(right, peer_index=left.index))

    def delete_link(self, name: str) -> None:
        link = self._changing(name)
        if not link.kind:
            raise MechanismError(f"delete {name}: Operation not supported", "EOPNOTSUPP")
        gone = {name} | {one.name for one in self.kernel.links.values() if one.lower == name}
        gone |= {one.name for one in self.kernel.links.values() if link.kind == "veth" and one.index == link.peer_index}
        for one in gone:
            self.kernel.links.pop(one, None)
        for one in list(self.kernel.links.values()):
            if one.master in gone:
                self.kernel.links[one.name] = replace(one, master=None, port=None)
        self.kernel.bridge_vlans = [row for row in self.kernel.bridge_vlans if row.interface in self.kernel.links]
        self.kernel.changed("link", "address", "route")

    def set_bridge(self, name: str, **options: int) -> None:
        link = self._changing(name)
        if link.bridge is None:
            raise MechanismError(f"set bridge {name}: Operation not supported", "EOPNOTSUPP")
        was, state = link.bridge, _bridge(link.bridge, options)
        self._put(replace(link, bridge=state))
        if state.default_pvid != was.default_pvid:
            names = {name} | {one.name for one in self.kernel.links.values() if one.master == name}
            default = BridgeVlan("", was.default_pvid, untagged=True, pvid=True)
            self.kernel.bridge_vlans = [
                row
                for row in self.kernel.bridge_vlans
                if row.interface not in names or replace(row, interface="") != default
            ]
            for one in names:
                self._give_default_vlan(one, state.default_pvid)

    def _give_default_vlan(self, name: str, vlan_id: int) -> None:
        if vlan_id:
            self.kernel.bridge_vlans.append(BridgeVlan(name, vlan_id, untagged=True, pvid=True))

    def set_bridge_port(self, name: str, **options: int) -> None:
        options_of(options, PORT_OPTIONS)
        link = self._changing(name)
        if link.port is None:
            raise MechanismError(f"set bridge port {name}: Invalid argument", "EINVAL")
        state = PORT_STATES[options.pop("state")] if "state" in options else link.port.state
        self._put(replace(link, port=replace(link.port, state=state, **options)))

    def add_bridge_vlan(self, interface: str, vlan_id: int, *, untagged: bool = False, pvid: bool = False) -> None:
        self._changing(interface)
        if not 0 < vlan_id < 4095:
            raise MechanismError(f"VLAN {vlan_id} of {interface}: Invalid argument", "EINVAL")
        rows = [row for row in self.kernel.bridge_vlans if (row.interface, row.vlan_id) != (interface, vlan_id)]
        if pvid:
            rows = [replace(row, pvid=False) if row.interface == interface else row for row in rows]
        self.kernel.bridge_vlans = [*rows, BridgeVlan(interface, vlan_id, untagged, pvid)]
        self.kernel.changed("link")

    def delete_bridge_vlan(self, interface: str, vlan_id: int) -> None:
        self._changing(interface)
        rows = [row for row in self.kernel.bridge_vlans if (row.interface, row.vlan_id) != (interface, vlan_id)]
        self.kernel.bridge_vlans = rows
        self.kernel.changed("link")

    # --- addresses and routes

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
        self._changing(interface)
        wanted = ip_of(address)
        if not 0 <= prefix_length <= wanted.max_prefixlen:
            raise MechanismError(f"{address}/{prefix_length}: no such prefix length", "EINVAL")
        if valid_lifetime is not None and (preferred_lifetime is None or preferred_lifetime > valid_lifetime):
            raise MechanismError(f"add {address}: Invalid argument", "EINVAL")
        row = Address(
            interface=interface,
            family=wanted.version,
            address=str(wanted),
            prefix_length=prefix_length,
            peer=str(ip_of(peer)) if peer else None,
            scope="link"
            if wanted.is_link_local and wanted.version == 6
            else "host"
            if wanted.is_loopback and wanted.version == 6
            else scope
            if wanted.version == 4
            else "global",
            flags=frozenset({"permanent"} if valid_lifetime is None else ())
            | frozenset(() if prefix_route else {"noprefixroute"}),
            preferred_lifetime=preferred_lifetime,
            valid_lifetime=valid_lifetime,
        )
        same = [one for one in self.kernel.addresses if _same_address(one, row)]
        if same and not replace:
            raise MechanismError(f"add {address}/{prefix_length} to {interface}: File exists", "EEXIST")
        self.kernel.addresses = [one for one in self.kernel.addresses if one not in same] + [row]
        self._connect(interface)
        self.kernel.changed("address", "route")

    def delete_address(self, interface: str, address: str, prefix_length: int) -> None:
        self._changing(interface)
        wanted = str(ip_of(address))
        for row in self.kernel.addresses:
            if (row.interface, row.address, row.prefix_length) == (interface, wanted, prefix_length):
                self._remove(row)
                self.kernel.changed("address", "route")
                return
        raise Missing(
            f"delete {address}/{prefix_length} from {interface}: Cannot assign requested address", "EADDRNOTAVAIL"
        )

    def _remove(self, row: Address) -> None:
        """An address goes: of IPv4 the first of a subnet takes the others along, the last of a link its routes."""
        connected = _connected(row)
        alike = [
            one for one in self.kernel.addresses if one.interface == row.interface and _same(_connected(one), connected)
        ]
        gone = alike if row.family == 4 and alike[0] == row else [row]
        self.kernel.addresses = [one for one in self.kernel.addresses if one not in gone]
        left = [one for one in self.kernel.addresses if (one.interface, one.family) == (row.interface, row.family)]
        sources = {one.address for one in gone} - {one.address for one in self.kernel.addresses}
        self.kernel.routes = [
            one
            for one in self.kernel.routes
            if not (one.protocol == "kernel" and _same(one, connected) and len(gone) == len(alike))
            and (one.source is None or one.source not in sources)
            and not (not left and row.family == 4 and (one.family, one.interface) == (4, row.interface))
        ]

    def add_route(self, route: Route, *, replace: bool = False) -> None:
        self.forget()
        self._fail()
        made = self._resolved(route)
        same = [one for one in self.kernel.routes if _same_place(one, made)]
        if same and not replace:
            raise MechanismError(f"add route {route.destination or 'default'}: File exists", "EEXIST")
        self.kernel.routes = [one for one in self.kernel.routes if one not in same] + [made]
        self.kernel.changed("route")

    def delete_route(self, route: Route) -> None:
        self.forget()
        self._fail()
        if route.interface is not None:
            self._present(route.interface)
        for one in self.kernel.routes:
            if _matches(one, route):
                self.kernel.routes.remove(one)
                self.kernel.changed("route")
                return
        raise Missing(f"delete route {route.destination or 'default'}: No such process", "ESRCH")

    def add_rule(self, rule: Rule) -> None:
        self.forget()
        self._fail()
        if rule in self.kernel.rules:
            raise MechanismError(f"add rule {rule.priority}: File exists", "EEXIST")
        self.kernel.rules.append(rule)

    def delete_rule(self, rule: Rule) -> None:
        self.forget()
        self._fail()
        if rule not in self.kernel.rules:
            raise Missing(f"delete rule {rule.priority}: No such file or directory", "ENOENT")
        self.kernel.rules.remove(rule)

    # --- watching

    def watch(self, on_change: Callable[[frozenset[str]], None], stop: Stop) -> None:
        news: queue.Queue[str] = queue.Queue()
        self.kernel.watchers.append(news)
        try:
            on_change(frozenset({"everything"}))
            while not stop.is_set():
                topics = set()
                try:
                    topics.add(news.get(timeout=0.1))
                    while True:
                        topics.add(news.get(timeout=0.05))
                except queue.Empty:
                    if topics:
                        on_change(frozenset(topics))
        finally:
            self.kernel.watchers.remove(news)

    def watch_in_thread(self, on_change: Callable[[frozenset[str]], None], stop: threading.Event) -> threading.Thread:
        """``watch`` in a thread that has begun to listen when this returns."""
        before = len(self.kernel.watchers)
        thread = threading.Thread(target=self.watch, args=(on_change, stop), daemon=True)
        thread.start()
        while len(self.kernel.watchers) == before and thread.is_alive():
            time.sleep(0.001)
        return thread

    # --- inside

    def _present(self, name: str) -> Link:
        link = self.kernel.links.get(check_interface_name(name))
        if link is None:
            raise Missing(f"{name}: no such interface", "ENODEV")
        return link

    def _absent(self, name: str) -> None:
        if check_interface_name(name) in self.kernel.links:
            raise MechanismError(f"add {name}: File exists", "EEXIST")

    def _changing(self, name: str) -> Link:
        self.forget()
        self._fail()
        return self._present(name)

    def _new(self, name: str, kind: str, **fields: object) -> None:
        self.forget()
        self._fail()
        self._absent(name)
        self.kernel.add_link(name, kind, **fields)

    def _put(self, link: Link) -> None:
        self.kernel.links[link.name] = link
        self.kernel.changed("link", "address", "route")

    def _connect(self, interface: str) -> None:
        """The routes that the kernel makes for the addresses of a link that is up."""
        if self.kernel.links[interface].up:
            for row in self.kernel.addresses:
                route = _connected(row)
                full = row.prefix_length == ip_of(row.address).max_prefixlen
                if (
                    row.interface == interface
                    and "noprefixroute" not in row.flags
                    and not (full and row.family == 4)
                    and not any(_same(one, route) for one in self.kernel.routes)
                ):
                    self.kernel.routes.append(route)

    def _resolved(self, route: Route) -> Route:
        what = f"add route {route.destination or 'default'}"
        if route.destination and _net(route.destination).version != route.family:
            raise MechanismError(f"{route.destination} is not of IPv{route.family}", "EINVAL")
        if route.type != "unicast":
            return replace(
                route, interface="lo" if route.family == 6 else None, metric=route.metric or 1024 * (route.family == 6)
            )
        interface = route.interface
        if interface is not None and not self._present(interface).up:
            raise MechanismError(f"{what}: Network is down", "ENETDOWN")
        if route.gateway is not None:
            gateway = ip_of(route.gateway)
            if gateway.version == 6 and any(one.address == str(gateway) for one in self.kernel.addresses):
                raise MechanismError(f"{what}: Invalid argument", "EINVAL")
            near = [
                one for one in self.kernel.routes if not one.gateway and one.family == route.family and one.destination
            ]
            near = [
                one
                for one in near
                if ip_of(route.gateway) in _net(one.destination) and interface in {None, one.interface}
            ]
            is_on_link = gateway.version == 6 and gateway.is_link_local and interface is not None
            if not near and not is_on_link:
                raise MechanismError(
                    f"{what}: Network is unreachable", "ENETUNREACH" if route.family == 4 else "EHOSTUNREACH"
                )
            interface = interface or near[0].interface
        elif interface is None:
            raise MechanismError(f"{what}: No such device", "ENODEV")
        scope = "link" if route.gateway is None and route.family == 4 and route.scope == "global" else route.scope
        metric = route.metric or (1024 if route.family == 6 else 0)
        return replace(route, interface=interface, scope=scope, metric=metric)


def _net(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise MechanismError(str(error), "EINVAL") from error


def _length(route: Route) -> int:
    return _net(route.destination).prefixlen if route.destination else 0


def _connected(row: Address) -> Route:
    network = ipaddress.ip_network((row.peer or row.address, row.prefix_length), strict=False)
    return Route(
        family=row.family,
        destination=str(network),
        interface=row.interface,
        metric=256 if row.family == 6 else 0,
        protocol="kernel",
        scope="link" if row.family == 4 else "global",
        source=row.address if row.family == 4 else None,
        expires=row.valid_lifetime if row.family == 6 else None,
    )


def _same_address(one: Address, other: Address) -> bool:
    if (one.interface, one.address) != (other.interface, other.address):
        return False
    return one.family == 6 or (one.prefix_length, one.peer) == (other.prefix_length, other.peer)


def _same(one: Route, other: Route) -> bool:
    return (one.family, one.destination, one.interface, one.metric, one.table) == (
        other.family, other.destination, other.interface, other.metric, other.table,
    )  # fmt: skip


def _same_place(one: Route, other: Route) -> bool:
    """IPv4 keeps one route of a metric; IPv6 takes another next hop of the same metric for a multipath route."""
    same = (one.family, one.destination, one.metric, one.table) == (
        other.family,
        other.destination,
        other.metric,
        other.table,
    )
    return same and (one.family == 4 or (one.gateway, one.interface) == (other.gateway, other.interface))


def _matches(one: Route, wanted: Route) -> bool:
    return (
        (one.family, one.destination, one.table) == (wanted.family, wanted.destination, wanted.table)
        and wanted.metric in {0, one.metric}
        and wanted.gateway in {None, one.gateway}
        and wanted.interface in {None, one.interface}
        and one.type == wanted.type
        and wanted.protocol in {"unspecified", one.protocol}
        and (one.family == 6 or wanted.source in {None, one.source})
    )


def _bridge(state: BridgeState, options: dict[str, int]) -> BridgeState:
    options_of(options, BRIDGE_OPTIONS)
    flags = {
        name: bool(value) for name, value in options.items() if name in {"stp", "vlan_filtering", "multicast_snooping"}
    }
    return replace(state, **{**options, **flags})
