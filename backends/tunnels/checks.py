"""What is wanted of tunnels is looked through before anything is made: each refusal names the record and its fields."""

import ipaddress
from collections.abc import Iterator
from typing import Final

from backends.desired_state import Record, Refused, Wanted
from backends.tunnels.names import is_name, version_of
from backends.tunnels.options import delegated
from backends.tunnels.records import (
    ETHERNET_PAYLOAD,
    IPV6,
    DsLite,
    GreInterface,
    GreTunnel,
    SixRd,
    VxlanInterface,
    VxlanTunnel,
    WireGuardInterface,
    WireGuardPeer,
)
from backends.wireguard import Network, key_of

ONE: Final = "1"
"""The key of the one row of IPv6rd and of DS-Lite in their tables."""
LAST_CODEPOINT: Final = 63
NO_ADDRESS: Final = str(ipaddress.IPv4Address(0))
LAST_KEY: Final = 0xFFFFFFFF
LAST_SOURCE_PORT: Final = 65_534
MOST_ENDPOINTS: Final = 8


def check(wanted: Wanted) -> None:
    """Refused where something of it cannot be."""
    for kind in (GreTunnel, VxlanTunnel):
        for key, tunnel in wanted.of(kind).items():
            check_tunnel(kind, key, tunnel)
    for key, vxlan in wanted.of(VxlanTunnel).items():
        if vxlan.source_port > LAST_SOURCE_PORT:
            raise Refused(f"{LAST_SOURCE_PORT} is the last source port", VxlanTunnel, key, ("source_port",))
        if not vxlan.remote_port:
            raise Refused("the remote port cannot be 0", VxlanTunnel, key, ("remote_port",))
    for key, interface in wanted.of(GreInterface).items():
        if interface.protocol_id_override not in (0, ETHERNET_PAYLOAD):
            reason = f"Linux sends IP (0) or Ethernet frames ({ETHERNET_PAYLOAD}) through GRE"
            raise Refused(reason, GreInterface, key, ("protocol_id_override",))
        if interface.key_identifier > LAST_KEY:
            raise Refused("a key has 32 bits", GreInterface, key, ("key_identifier",))
    check_alone(wanted)
    check_six_rd(wanted.get(SixRd))
    check_ds_lite(wanted.get(DsLite))
    check_wireguard(wanted)


def check_tunnel(kind: type[Record], key: str, tunnel: GreTunnel) -> None:
    """Its endpoints are hosts, of the IP version that it is delivered by where they are addresses."""
    version = 6 if tunnel.delivery_header_protocol == IPV6 else 4
    if len(tunnel.remote_endpoints) > MOST_ENDPOINTS:
        raise Refused(f"{MOST_ENDPOINTS} endpoints at most", kind, key, ("remote_endpoints",))
    for host in tunnel.remote_endpoints:
        if not is_host(host):
            raise Refused("a remote endpoint is neither an address nor a name", kind, key, ("remote_endpoints",))
        if version_of(host) not in (None, version):
            reason = f"{host} is not of {tunnel.delivery_header_protocol}"
            raise Refused(reason, kind, key, ("remote_endpoints", "delivery_header_protocol"))
    if tunnel.default_dscp_mark > LAST_CODEPOINT:
        raise Refused(f"{LAST_CODEPOINT} is the last code point", kind, key, ("default_dscp_mark",))


def check_alone(wanted: Wanted) -> None:
    """No two interfaces take the same packets."""
    seen: dict[tuple[object, ...], str] = {}
    for kind, key, field, ident in takes(wanted):
        if ident in seen:
            raise Refused("another interface takes the same packets", kind, key, (field,))
        seen[ident] = key


def takes(wanted: Wanted) -> Iterator[tuple[type[Record], str, str, tuple[object, ...]]]:
    """Of each enabled interface, by what the packets for it are known."""
    for key, one in wanted.of(GreInterface).items():
        tunnel = wanted.get(GreTunnel, one.parent)
        if one.enable and tunnel.enable and tunnel.remote_endpoints:
            way = (tunnel.delivery_header_protocol, tunnel.remote_endpoints[0])
            what = (one.protocol_id_override, one.key_policy, one.key_identifier)
            yield GreInterface, key, "key_identifier", ("gre", *way, *what)
    for key, other in wanted.of(VxlanInterface).items():
        vxlan = wanted.get(VxlanTunnel, other.parent)
        if other.enable and vxlan.enable:
            yield VxlanInterface, key, "vni", ("vxlan", vxlan.remote_port, other.vni)


def check_six_rd(record: SixRd) -> None:
    """Prefix and mask leave a /64; the relay has an IPv4 address."""
    if any(version_of(relay) != 4 for relay in record.border_relays):
        raise Refused("no IPv4 address", SixRd, ONE, ("border_relays",))
    if record.prefix:
        try:
            delegated(ipaddress.IPv6Network(record.prefix), record.mask_length, NO_ADDRESS)
        except ValueError as error:
            raise Refused(str(error), SixRd, ONE, ("prefix", "mask_length")) from None


def check_ds_lite(record: DsLite) -> None:
    """The endpoint is an IPv6 address, its name a name."""
    if record.endpoint_address and version_of(record.endpoint_address) != 6:
        raise Refused("no IPv6 address", DsLite, ONE, ("endpoint_address",))
    if record.endpoint_name and not is_name(record.endpoint_name):
        raise Refused("no name of a host", DsLite, ONE, ("endpoint_name",))


def check_wireguard(wanted: Wanted) -> None:
    """Keys are keys, networks networks, and no two peers of a link have one of either in common."""
    for key, one in wanted.of(WireGuardInterface).items():
        check_key(WireGuardInterface, key, one, "private_key")
        public, networks = set[bytes](), set[Network]()
        for peer_key, peer in wanted.children(WireGuardPeer, key).items():
            check_key(WireGuardPeer, peer_key, peer, "public_key")
            check_key(WireGuardPeer, peer_key, peer, "preshared_key")
            if peer.endpoint and not is_host(peer.endpoint):
                raise Refused("neither an address nor a name", WireGuardPeer, peer_key, ("endpoint",))
            try:
                own = allowed_of(peer)
            except ValueError as error:
                raise Refused(str(error), WireGuardPeer, peer_key, ("allowed_ips",)) from None
            if not peer.enable or not peer.public_key:
                continue
            if key_of(peer.public_key) in public:
                raise Refused("another peer has this key", WireGuardPeer, peer_key, ("public_key",))
            if own & networks:
                raise Refused("another peer has one of these networks", WireGuardPeer, peer_key, ("allowed_ips",))
            public.add(key_of(peer.public_key))
            networks |= own


def check_key(kind: type[Record], key: str, record: Record, field: str) -> None:
    """A key that is told is one; the refusal does not tell it."""
    words = getattr(record, field)
    try:
        if words:
            key_of(words)
    except ValueError as error:
        raise Refused(str(error), kind, key, (field,)) from None


def allowed_of(peer: WireGuardPeer) -> frozenset[Network]:
    """The networks that a peer may send from. ValueError."""
    return frozenset(ipaddress.ip_network(text) for text in peer.allowed_ips)


def is_host(text: str) -> bool:
    """An address or a name."""
    return version_of(text) is not None or is_name(text)
