"""Device.Hosts.: who is on the LAN, by what the kernel has heard of them, by their leases and their associations.

A machine that forwards packets is a gateway: the links of its default routes are its WAN, and who is there is no host
of the LAN. A machine that does not is itself a host: all its links lead to the LAN, only its gateways are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.netlink_types import Link, Neighbour, Station
from backends.tr181.host_leases import NOTHING_LEASED, Leased, Leases
from backends.tr181.layers import ETHERNET_INTERFACE, IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.presence import HEARD, Evidence, Seen, is_heard, judged, silence

MOST_HOSTS: Final = 1024
LONGEST_NAME: Final = 64
UNHEARD: Final = frozenset({"none", "incomplete", "failed", "noarp"})
DEEPEST: Final = 4
LOOK: Final = 5.0
"""Seconds between two looks at who comes and goes while nobody asks."""


@dataclass(frozen=True, slots=True)
class Host:
    """One MAC address on the LAN, with the best evidence first. ``member``: the bridge's port behind which it is."""

    mac: str
    interface: str
    neighbours: tuple[Neighbour, ...]
    member: str | None
    active: bool
    since: datetime | None
    leased: Leased = NOTHING_LEASED
    association: Target | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its IP addresses, the one that it is known by first: that of an IPv4 lease, whoever was heard last.

        The kernel keeps an address that a host has left for minutes, and hears IPv6 at other times than IPv4.
        """
        heard = [one.address for one in self.neighbours]
        leased = [one for one in self.leased.addresses if ip_address(one).version == 4]
        leased.sort(key=lambda one: heard.index(one) if one in heard else len(heard))
        return tuple(dict.fromkeys([*leased, *heard, *self.leased.addresses]))


@dataclass(frozen=True, slots=True)
class HostAddress:
    """One IP address of a host."""

    mac: str
    address: str


def hosts(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Host and its addresses. Numbers are volatile: who comes and goes writes nothing to flash."""
    return (mechanisms.hosts or HostTable(mechanisms)).objects()


def host_watch(given: Mechanisms) -> Part:
    """Looks at the hosts when something happens to them, so that it is known when that was."""
    table = HostTable(given)
    return Part("hosts", {"hosts": table}, chores=[table], look=table.look)


class HostTable:
    """The table; remembers of each host since when it is active or not. A chore: see parts.Chore."""

    def __init__(self, mechanisms: Mechanisms) -> None:
        self._netlink = mechanisms.netlink
        self._procfs = mechanisms.procfs
        self._sysfs = mechanisms.sysfs
        self._system = mechanisms.system
        self._network = mechanisms.network
        self._seen: dict[str, Seen] = {}
        self._looked: datetime | None = None
        self._is_news = False
        self._next = 0.0
        self._leases = Leases(mechanisms.lan, mechanisms.netlink)
        self._associations = mechanisms.associations
        self._known: tuple[tuple[Any, ...], Mapping[str, Target], list[Host]] = ((), {}, [])

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """A link that lost its carrier counts at once; of neighbours there are many, so their news are gathered."""
        if topics & {"link", "everything"}:
            self._is_news, self._next = True, 0.0
        self._is_news |= bool(topics & {"neighbour", "lease", "station"})
        return frozenset()

    def due(self, now: float) -> float | None:  # noqa: ARG002 - it has times of its own
        """When those who came or went are looked at."""
        return self._next if self._is_news else None

    def act(self, now: float) -> frozenset[str]:
        """Look at them."""
        self._is_news, self._next = False, now + LOOK
        self.rows()
        return frozenset()

    def objects(self) -> list[Object[Any]]:
        """Hosts., Host.{i}., IPv4Address.{i}. and IPv6Address.{i}."""
        parameters: list[Parameter[Host, Any]] = [
            Parameter("PhysAddress", lambda host: host.mac),
            Parameter("IPAddress", lambda host: next(iter(host.addresses), None)),
            Parameter("HostName", lambda host: host.leased.name[:LONGEST_NAME]),
            Parameter("DHCPClient", lambda host: list(host.leased.clients)),
            Parameter("AssociatedDevice", lambda host: host.association),
            Parameter("Layer1Interface", self.layer_1),
            Parameter("Layer3Interface", self.layer_3),
            Parameter("InterfaceType", self.type),
            Parameter("Active", lambda host: host.active),
            Parameter("ActiveLastChange", lambda host: host.since),
        ]
        table = Object(
            path="Device.Hosts.Host.{i}.",
            rows=self.rows,
            keys=lambda host: (host.mac,),
            parameters=parameters,
            changed_by=("neighbour", "lease", "station", "link"),
            durable=False,
            source=lambda host: f"neighbours, bridge tables and leases of {host.interface}",
        )
        itself: Object[None] = Object("Device.Hosts.", lambda: (None,), lambda _: (), ())
        return [itself, table, self.addresses(4), self.addresses(6)]

    def addresses(self, family: int) -> Object[HostAddress]:
        """The table of a host's addresses of one family."""
        return Object(
            path=f"Device.Hosts.Host.{{i}}.IPv{family}Address.{{i}}.",
            rows=partial(self.address_rows, family),
            keys=lambda row: (row.mac, row.address),
            parameters=[Parameter("IPAddress", lambda row: row.address)],
            changed_by=("neighbour", "lease", "station", "link"),
            durable=False,
            source=lambda _: "neighbours and leases",
        )

    def address_rows(self, family: int) -> Iterator[HostAddress]:
        """A row for each address of one family."""
        for host in self.rows():
            for address in host.addresses:
                if ip_address(address).version == family:
                    yield HostAddress(host.mac, address)

    def rows(self) -> list[Host]:
        """The hosts, those heard last first when there are too many; found once for each reading of the kernel."""
        netlink = self._netlink
        evidence = (netlink.neighbours(), netlink.stations(), netlink.links(), netlink.routes(), self._leases.by_mac())
        associated = self._associations() if self._associations else {}
        is_other = any(one is not other for one, other in zip(evidence, self._known[0] or ((),) * 5, strict=True))
        if is_other or associated != self._known[1]:
            found = self.found(evidence[0], evidence[1], evidence[4], associated)
            self._known = (evidence, associated, found)
        return self._known[2]

    def found(
        self,
        neighbours: Sequence[Neighbour],
        stations: Sequence[Station],
        leased: Mapping[str, Leased],
        associated: Mapping[str, Target],
    ) -> list[Host]:
        """The hosts by what speaks for them."""
        lan, gateways = self.lan()
        own = {link.mac for link in self._netlink.links()}
        heard: dict[str, list[Neighbour]] = {}
        for neighbour in neighbours:
            if neighbour.interface in lan and neighbour.mac not in own and _is_somebody(neighbour):
                heard.setdefault(neighbour.mac, []).append(neighbour)
        behind = {one.mac: one for one in stations if not one.is_own and one.bridge in lan and one.mac not in own}
        routers = {one.mac for one in neighbours if one.address in gateways}
        macs = {*heard, *behind, *associated, *leased} - routers - own
        last_first = sorted(macs, key=lambda mac: (silence(heard.get(mac, ()), behind.get(mac)), mac))
        now = self._system.clock()
        found = [
            self.host(
                mac, heard.get(mac, []), behind.get(mac), now, leased.get(mac, NOTHING_LEASED), associated.get(mac)
            )
            for mac in last_first[:MOST_HOSTS]
        ]
        self._seen = {host.mac: self._seen[host.mac] for host in found}
        self._looked = now
        return found

    def host(
        self,
        mac: str,
        neighbours: list[Neighbour],
        station: Station | None,
        now: datetime,
        leased: Leased,
        association: Target | None,
    ) -> Host:
        """One of them, with what is remembered of it."""
        before = self._seen.get(mac)
        best_first = tuple(sorted(neighbours, key=_preference))
        heard_on = best_first[0].interface if best_first else str(station.bridge if station else "")
        interface = heard_on or leased.interface
        member = station.interface if station else None
        last_member = member or (before.member if before and before.interface == interface else None)
        way = self.link(last_member or interface)
        evidence = Evidence(
            silence=silence(neighbours, station),
            is_heard=is_heard(neighbours, station),
            is_associated=association is not None,
            is_cut=way is not None and not way.running and way.kind != "bridge",  # which of its ports led there?
        )
        seen = judged(evidence, before, self._looked, now, interface, last_member)
        self._seen[mac] = seen
        return Host(
            mac=mac,
            interface=interface,
            neighbours=best_first,
            member=member,
            active=seen.active,
            since=seen.since,
            leased=leased,
            association=association,
        )

    def lan(self) -> tuple[set[str], set[str]]:
        """The links on which hosts are looked for, and the gateways that are none."""
        defaults = [route for route in self._netlink.routes() if not route.destination and route.interface]
        upstream = {str(route.interface) for route in defaults} if self.is_gateway() else set()
        links = {link.name for link in self._netlink.links() if not (link.loopback or link.point_to_point)}
        return links - upstream, {route.gateway for route in defaults if route.gateway}

    def is_gateway(self) -> bool:
        """Whether the machine forwards packets of either family."""
        settings = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")
        return any(self._procfs.setting(name) == "1" for name in settings)

    def layer_1(self, host: Host) -> Target | None:
        """The Ethernet port through which the host is seen, as far as that is known."""
        name = self.port(host) if host.association is None else None
        return Target(ETHERNET_INTERFACE, (name,)) if name else None

    def port(self, host: Host) -> str | None:
        """The name of the Ethernet port through which a host is seen."""
        link = self.link(host.member or host.interface)
        for _ in range(DEEPEST):
            if link is None or self._network.topology.is_port(link):
                break
            link = self.link(link.lower) if link.lower else None
        return link.name if link and not self._sysfs.net_device(link.name).is_wireless else None

    def layer_3(self, host: Host) -> Target | None:
        """The IP interface of the link on which the host is."""
        known = self.link(host.interface) is not None
        return Target(IP_INTERFACE, (self._network.topology.ip_key(host.interface),)) if known else None

    def type(self, host: Host) -> str:
        """Ethernet, Wi-Fi, or Other where nobody knows."""
        link = self.link(host.member or host.interface)
        if host.association is not None:
            return "Wi-Fi"
        if link is not None and self._sysfs.net_device(link.name).is_wireless:
            return "Wi-Fi"
        return "Ethernet" if self.port(host) else "Other"

    def link(self, name: str) -> Link | None:
        """The link of a name, if it is there."""
        return self._netlink.link(name)


def _is_somebody(neighbour: Neighbour) -> bool:
    """Whether there is a station behind an entry: no group's address, none made up, none that never answered."""
    first = neighbour.mac[:2]
    is_group = not first or bool(int(first, 16) & 1)
    return neighbour.state not in UNHEARD and not is_group and neighbour.mac != "00:00:00:00:00:00"


def _preference(neighbour: Neighbour) -> tuple[bool, bool, bool, float, str]:
    """A host's primary address: one that is heard, IPv4, not of the link only, confirmed last."""
    address = ip_address(neighbour.address)
    age = float("inf") if neighbour.confirmed_age is None else neighbour.confirmed_age
    return (neighbour.state not in HEARD, address.version == 6, address.is_link_local, age, neighbour.address)
