"""The links that records come to, as the network is now: which carrier, which addresses, which routes."""

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from backends.desired_state import Pointer, Record, Wanted
from backends.netlink_types import Address, Route, RouteTo
from backends.tunnels.checks import ONE, allowed_of
from backends.tunnels.names import Question, ResolvedNames
from backends.tunnels.options import GreHeader, TunnelLink, Way, delegated, ds_lite, gre, six_rd, vxlan
from backends.tunnels.records import (
    DHCPV6,
    ETHERNET_PAYLOAD,
    IPV6,
    NAME,
    PROVISIONED,
    STATIC,
    UNSET_VNI,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.wireguard import NO_KEY, Device, Peer, key_of

SIX_RD, DS_LITE = "6rd-wan", "dslite-wan"
PREFIXES: Final[dict[type[Record], str]] = {GreInterface: "gre-", VxlanInterface: "vxlan-", WireGuardInterface: "wg-"}
LAST_RESORT: Final = 2048
"""The metric of default routes through a tunnel: any native one is better, a router advertisement's (1024) too."""
B4_ADDRESS, B4_LENGTH = "192.0.0.2", 29
"""The well-known address of a DS-Lite home gateway (RFC 6333 10)."""


class Kernel(Protocol):
    """What is asked of netlink, and changed."""

    def route_to(self, address: str) -> RouteTo | None:
        """How the kernel would send there."""

    def addresses(self) -> Iterable[Address]:
        """The addresses of this machine."""

    def routes(self) -> Iterable[Route]:
        """The routes of the main table."""

    def add_address(self, interface: str, address: str, prefix_length: int) -> None:
        """Give a link an address."""

    def add_route(self, route: Route) -> None:
        """Make a route."""

    def forget(self) -> None:
        """Read anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """What tunnels stand on: which link a row is, whether it is given to the agent, how the ACS is reached, which
    IPv4 address a row is, and the name that DHCPv6 gave for the DS-Lite relay ("": none).
    """

    link_of: Callable[[Pointer], str | None]
    may_change: Callable[[str], bool]
    management_path: Callable[[], RouteTo | None] = lambda: None
    address_of: Callable[[Pointer], str | None] = lambda _: None
    aftr_name: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A link that is to be there. Without ``link`` it stays as it is: how it is to be is not known at present.

    ``carriers`` are the links that packets of it leave by, as far as that is known.
    """

    kind: type[Record]
    key: str
    carriers: frozenset[str] = frozenset()
    link: TunnelLink | None = None
    device: Device | None = None
    remote: str = ""
    addresses: tuple[tuple[str, int], ...] = ()
    routes: tuple[Route, ...] = ()


def link_name(kind: type[Record], key: str) -> str:
    """The name of the link of a record."""
    return f"{PREFIXES[kind]}{key.removeprefix('+')}"


def aftr_of(record: DsLite, aftr_name: str) -> tuple[str, str]:
    """The DS-Lite relay that is to be used ("": none), and who told it."""
    by_name = (record.endpoint_name, record.endpoint_address)
    told = next(filter(None, by_name if record.type_precedence == NAME else reversed(by_name)), "")
    if aftr_name and (record.precedence == DHCPV6 or not told):
        return aftr_name, DHCPV6
    return told, STATIC


def questions(wanted: Wanted, aftr_name: str) -> Iterator[Question]:
    """The hosts whose addresses are needed."""
    for kind in (GreTunnel, VxlanTunnel):
        for tunnel in wanted.of(kind).values():
            if tunnel.enable:
                yield from ((host, version_of(tunnel)) for host in tunnel.remote_endpoints)
    for peer in wanted.of(WireGuardPeer).values():
        if peer.enable and peer.endpoint:
            yield peer.endpoint, 0
    ds_lite_record = wanted.get(DsLite)
    if ds_lite_record.enable and ds_lite_record.setting_enable:
        yield aftr_of(ds_lite_record, aftr_name)[0], 6


def version_of(tunnel: GreTunnel) -> int:
    """The IP version of the packets outside."""
    return 6 if tunnel.delivery_header_protocol == IPV6 else 4


class Wishes:
    """``index`` tells a link's number, None for one that is not there; ``ours`` are the tunnels that there are."""

    def __init__(
        self,
        kernel: Kernel,
        place: Place,
        names: ResolvedNames,
        index: Callable[[str], int | None],
        ours: Collection[str],
    ) -> None:
        self._kernel, self._place, self._names = kernel, place, names
        self._index, self._ours = index, ours

    def all(self, wanted: Wanted) -> dict[str, Wish]:
        """Every link that is wanted, by its name."""
        found = {}
        for key, one in wanted.of(GreInterface).items():
            tunnel = wanted.get(GreTunnel, one.parent)
            if one.enable and tunnel.enable:
                found[link_name(GreInterface, key)] = self.gre(key, one, tunnel)
        for key, other in wanted.of(VxlanInterface).items():
            over = wanted.get(VxlanTunnel, other.parent)
            if other.enable and over.enable and other.vni != UNSET_VNI:
                found[link_name(VxlanInterface, key)] = self.vxlan(key, other, over)
        if wanted.get(SixRd).enable and wanted.get(SixRd).setting_enable:
            found[SIX_RD] = self.six_rd(wanted.get(SixRd))
        if wanted.get(DsLite).enable and wanted.get(DsLite).setting_enable:
            found[DS_LITE] = self.ds_lite(wanted.get(DsLite))
        for key, interface in wanted.of(WireGuardInterface).items():
            if interface.enable and interface.private_key:
                found[link_name(WireGuardInterface, key)] = self.wireguard(key, interface, wanted)
        return found

    def gre(self, key: str, one: GreInterface, tunnel: GreTunnel) -> Wish:
        """A GRE link."""
        carrier, way = self._first_way(tunnel, one.lower)
        if way is None:
            return Wish(GreInterface, key, carrier)
        header = GreHeader(
            one.key_identifier if one.key_policy == PROVISIONED else None,
            one.use_checksum,
            one.use_sequence_number,
            one.protocol_id_override == ETHERNET_PAYLOAD,
        )
        return Wish(GreInterface, key, carrier, gre(way, header, tunnel.default_dscp_mark), remote=way.remote)

    def vxlan(self, key: str, one: VxlanInterface, tunnel: VxlanTunnel) -> Wish:
        """A VXLAN link."""
        carrier, way = self._first_way(tunnel, one.lower)
        if way is None:
            return Wish(VxlanInterface, key, carrier)
        link = vxlan(way, one.vni, (tunnel.source_port, tunnel.remote_port), tunnel.default_dscp_mark)
        return Wish(VxlanInterface, key, carrier, link, remote=way.remote)

    def six_rd(self, record: SixRd) -> Wish:
        """A 6rd link with the address and the routes of its own part of the provider's prefix."""
        source = self._place.address_of(record.address_source) if record.address_source else None
        relay = next(iter(record.border_relays), "")
        if relay and not record.address_source:
            _, way = self._way(relay, None)
            source = way.local if way else None
        carriers = {one.interface for one in self._kernel.addresses() if one.address == source}
        carrier = next(iter(carriers), "")
        index = self._index(carrier)
        if source is None or index is None or not (record.prefix and relay):
            return Wish(SixRd, ONE, frozenset(carriers))
        prefix = ipaddress.IPv6Network(record.prefix)
        own = delegated(prefix, record.mask_length, source)
        routes = [Route(6, "", f"::{relay}", SIX_RD, metric=LAST_RESORT)]
        if record.all_to_border_relay:
            routes.append(Route(6, str(prefix), f"::{relay}", SIX_RD, metric=LAST_RESORT))
        length = 128 if record.all_to_border_relay else prefix.prefixlen
        return Wish(
            SixRd,
            ONE,
            frozenset(carriers),
            six_rd(index, source, prefix, record.mask_length),
            remote=relay,
            addresses=((str(own.network_address + 1), length),),
            routes=tuple(routes),
        )

    def ds_lite(self, record: DsLite) -> Wish:
        """A DS-Lite link with the well-known address and a default route."""
        host, _ = aftr_of(record, self._place.aftr_name())
        address = self._names.address(host, 6) if host else None
        carrier, way = self._way(address, None) if address else (frozenset[str](), None)
        if way is None:
            return Wish(DsLite, ONE, carrier)
        default = Route(4, "", None, DS_LITE, metric=LAST_RESORT, scope="link")
        return Wish(
            DsLite, ONE, carrier, ds_lite(way), remote=way.remote, addresses=((B4_ADDRESS, B4_LENGTH),),
            routes=(default,),
        )  # fmt: skip

    def wireguard(self, key: str, record: WireGuardInterface, wanted: Wanted) -> Wish:
        """A WireGuard link. One without a known endpoint only answers: where the default routes lead, or it itself if
        that was given to the agent. One whose peers have no endpoints needs no way out for that: what it has an address
        on, and was given to the agent, will do.
        """
        peers, carriers, asks = {}, set[str](), False
        for peer in wanted.children(WireGuardPeer, key).values():
            if not peer.enable or not peer.public_key:
                continue
            asks = asks or bool(peer.endpoint)
            host = self._names.address(peer.endpoint) if peer.endpoint else None
            if host and (route := self._kernel.route_to(host)):
                carriers.add(route.interface)
            peers[key_of(peer.public_key)] = Peer(
                preshared_key=key_of(peer.preshared_key) if peer.preshared_key else NO_KEY,
                allowed=allowed_of(peer),
                endpoint=(host, peer.endpoint_port) if host and peer.endpoint_port else None,
                keepalive=peer.persistent_keepalive,
            )
        name = link_name(WireGuardInterface, key)
        carriers -= {name}
        if not carriers:
            carriers = {route.interface for route in self._kernel.routes() if not route.destination and route.interface}
            carriers -= set(self._ours)
        if not carriers and not asks:
            carriers = {one.interface for one in self._kernel.addresses() if one.scope == "global"} - set(self._ours)
            carriers = set(filter(self._place.may_change, carriers))
        device = Device(key_of(record.private_key), listen_port=record.listen_port, peers=peers)
        return Wish(WireGuardInterface, key, frozenset(carriers), TunnelLink("wireguard", {}), device)

    def _first_way(self, tunnel: GreTunnel, lower: Pointer | None) -> tuple[frozenset[str], Way | None]:
        """To the first of the endpoints that has an address and can be reached."""
        known = (self._names.address(host, version_of(tunnel)) for host in tunnel.remote_endpoints)
        ways = [self._way(address, lower) for address in known if address]
        return next((found for found in ways if found[1]), ways[0] if ways else (frozenset(), None))

    def _way(self, remote: str, lower: Pointer | None) -> tuple[frozenset[str], Way | None]:
        """By which link, and from which address; the link may be known where there is no address yet."""
        route = self._kernel.route_to(remote)
        carrier = self._place.link_of(lower) if lower else route.interface if route else None
        # The kernel would send by a tunnel of ours: most of all by the one that is made with the answer.
        if carrier is None or carrier in self._ours:
            return frozenset(), None
        local = route.source if route and route.interface == carrier else self._address(carrier, ":" in remote)
        index = self._index(carrier)
        if not local or index is None:
            return frozenset((carrier,)), None
        return frozenset((carrier,)), Way(index, local, remote)

    def _address(self, link: str, ipv6: bool) -> str:
        family = 6 if ipv6 else 4
        own = (one for one in self._kernel.addresses() if (one.interface, one.family) == (link, family))
        return next((one.address for one in own if one.scope == "global"), "")
