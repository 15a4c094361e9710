"""What the kernel is told of a tunnel of each kind (IFLA_INFO_DATA of if_tunnel.h and if_link.h), and tells of one."""

import ipaddress
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

GRE_LINK, GRE_IN_FLAGS, GRE_OUT_FLAGS, GRE_IN_KEY, GRE_OUT_KEY, GRE_LOCAL, GRE_REMOTE = 1, 2, 3, 4, 5, 6, 7
GRE_TTL, GRE_TOS, GRE_FLOW, GRE_TUNNEL_FLAGS = 8, 9, 12, 13
CHECKSUM, KEY, SEQUENCE = 0x8000, 0x2000, 0x1000
VXLAN_ID, VXLAN_GROUP, VXLAN_LINK, VXLAN_LOCAL, VXLAN_TTL, VXLAN_TOS = 1, 2, 3, 4, 5, 6
VXLAN_PORTS, VXLAN_PORT, VXLAN_GROUP6, VXLAN_LOCAL6 = 10, 15, 16, 17
LINK, LOCAL, REMOTE, TTL, FLAGS, PROTOCOL = 1, 2, 3, 4, 8, 9
RD_PREFIX, RD_RELAY_PREFIX, RD_PREFIX_LENGTH, RD_RELAY_LENGTH = 11, 12, 13, 14
IPV4_INSIDE: Final = 4
HOPS: Final = 64
ANY_IPV4: Final = bytes(4)
NO_ENCAPSULATION_LIMIT: Final = 1
"""IP6_TNL_F_IGN_ENCAP_LIMIT: without the destination option of RFC 2473, which relays drop or do not know."""
LINK_OF: Final = {"vxlan": VXLAN_LINK}
"""The number of the attribute that names the carrier, where it is not 1."""
FLAGS_OF: Final = {"ip6gre": GRE_TUNNEL_FLAGS, "ip6gretap": GRE_TUNNEL_FLAGS, "ip6tnl": FLAGS}
SETTABLE_FLAGS: Final = 0xFFFF
"""Above these are what the kernel found out of the addresses (IP6_TNL_F_CAP_*)."""


@dataclass(frozen=True, slots=True)
class TunnelLink:
    """A link as it is to be; options by attribute, as the kernel has them."""

    kind: str
    options: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Way:
    """Over which link (by index), and from which of its addresses to which remote one."""

    carrier: int
    local: str
    remote: str

    @property
    def is_ipv6(self) -> bool:
        """Whether the packets outside are IPv6."""
        return ":" in self.remote


@dataclass(frozen=True, slots=True)
class GreHeader:
    """What stands in a GRE header; no key is None."""

    key: int | None = None
    checksum: bool = False
    sequence: bool = False
    has_ethernet: bool = False


def settings(kind: str, told: dict[int, bytes]) -> dict[int, bytes]:
    """What the kernel tells of a link, without what was not set but found out."""
    number = FLAGS_OF.get(kind, 0)
    if len(told.get(number, b"")) != 4:
        return told
    return {**told, number: word(struct.unpack("=I", told[number])[0] & SETTABLE_FLAGS)}


def packed(address: str) -> bytes:
    """An address as on the wire."""
    return ipaddress.ip_address(address).packed


def byte(value: int) -> bytes:
    """A number of eight bits."""
    return struct.pack("=B", value)


def word(value: int) -> bytes:
    """A number of 32 bits in this machine's order."""
    return struct.pack("=I", value)


def gre(way: Way, header: GreHeader, dscp: int) -> TunnelLink:
    """A GRE link (RFC 2784, 2890): of IP packets, or of Ethernet frames."""
    marks = (header.checksum, CHECKSUM), (header.key is not None, KEY), (header.sequence, SEQUENCE)
    flags = struct.pack("!H", sum(mark for is_set, mark in marks if is_set))
    key = struct.pack("!I", header.key or 0)
    options = {
        GRE_LINK: word(way.carrier),
        GRE_IN_FLAGS: flags,
        GRE_OUT_FLAGS: flags,
        GRE_IN_KEY: key,
        GRE_OUT_KEY: key,
        GRE_LOCAL: packed(way.local),
        GRE_REMOTE: packed(way.remote),
        GRE_TTL: byte(HOPS),
    }
    if way.is_ipv6:
        options |= {GRE_FLOW: struct.pack("!I", dscp << 22), GRE_TUNNEL_FLAGS: word(NO_ENCAPSULATION_LIMIT)}
        return TunnelLink("ip6gretap" if header.has_ethernet else "ip6gre", options)
    options |= {GRE_TOS: byte(dscp << 2)}
    return TunnelLink("gretap" if header.has_ethernet else "gre", options)


def vxlan(way: Way, vni: int, ports: tuple[int, int], dscp: int) -> TunnelLink:
    """A VXLAN link (RFC 7348). ``ports``: the source port (0: by flow) and the one that is sent to and listened at."""
    source, remote = ports
    options = {
        VXLAN_ID: word(vni),
        VXLAN_LINK: word(way.carrier),
        VXLAN_TTL: byte(HOPS),
        VXLAN_TOS: byte(dscp << 2),
        # The kernel takes a port from within the two: one of them twice is that one, but the last is left out.
        VXLAN_PORTS: struct.pack("!HH", source, source + 1 if source else 0),
        VXLAN_PORT: struct.pack("!H", remote),
        VXLAN_GROUP6 if way.is_ipv6 else VXLAN_GROUP: packed(way.remote),
        VXLAN_LOCAL6 if way.is_ipv6 else VXLAN_LOCAL: packed(way.local),
    }
    return TunnelLink("vxlan", options)


def six_rd(carrier: int, local: str, prefix: ipaddress.IPv6Network, mask_length: int) -> TunnelLink:
    """A 6rd link: where to an IPv6 packet goes, its destination tells (RFC 5969)."""
    relay = ipaddress.IPv4Network((local, mask_length), strict=False)
    return TunnelLink(
        "sit",
        {
            LINK: word(carrier),
            LOCAL: packed(local),
            REMOTE: ANY_IPV4,
            TTL: byte(HOPS),
            RD_PREFIX: prefix.network_address.packed,
            RD_PREFIX_LENGTH: struct.pack("=H", prefix.prefixlen),
            RD_RELAY_PREFIX: relay.network_address.packed,
            RD_RELAY_LENGTH: struct.pack("=H", mask_length),
        },
    )


def ds_lite(way: Way) -> TunnelLink:
    """A link of IPv4 within IPv6 (RFC 2473)."""
    return TunnelLink(
        "ip6tnl",
        {
            LINK: word(way.carrier),
            LOCAL: packed(way.local),
            REMOTE: packed(way.remote),
            TTL: byte(HOPS),
            FLAGS: word(NO_ENCAPSULATION_LIMIT),
            PROTOCOL: byte(IPV4_INSIDE),
        },
    )


def delegated(prefix: ipaddress.IPv6Network, mask_length: int, local: str) -> ipaddress.IPv6Network:
    """The IPv6 prefix that belongs to an IPv4 address (RFC 5969 4); ValueError where it would be longer than /64."""
    length = prefix.prefixlen + 32 - mask_length
    if length > 64:
        raise ValueError(f"{prefix} and {32 - mask_length} bits of IPv4 addresses leave no /64")
    own_bits = int(ipaddress.IPv4Address(local)) & ((1 << (32 - mask_length)) - 1)
    return ipaddress.IPv6Network((int(prefix.network_address) | own_bits << (128 - length), length))
