"""A router advertisement's bytes (RFC 4861 §4.2 with the options of §4.6, RFC 4191, 4389 and 8106). Pure.

No module of this project is imported here or in ``advertiser``: that runs as a program of its own.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address

ROUTER_ADVERTISEMENT = 134
SOURCE_LINK_ADDRESS, PREFIX_INFORMATION, MTU, RDNSS, DNSSL = 1, 3, 5, 25, 31
MANAGED, OTHER, HOME_AGENT, PROXY = 0x80, 0x40, 0x20, 0x04
PREFERENCE = {"High": 0x08, "Medium": 0x00, "Low": 0x18}
"""The two bits of the default router preference (RFC 4191 §2.2)."""
ON_LINK, AUTONOMOUS = 0x80, 0x40
SUBNET_LENGTH = 64
UNIT = 8
MOST_PREFIXES = 8


@dataclass(frozen=True)
class Prefix:
    """A prefix on the link; lifetimes in seconds, 2**32 - 1 for ever."""

    address: bytes
    length: int
    preferred: int
    valid: int


@dataclass(frozen=True)
class Advertisement:
    """What is said on one link. Lifetimes in seconds, timers in milliseconds; 0 of the last five says nothing.

    ``options`` are a type and what follows type and length, filled with zeros up to eight bytes.
    """

    lifetime: int = 1800
    flags: int = 0
    hop_limit: int = 0
    reachable_time: int = 0
    retrans_timer: int = 0
    mtu: int = 0
    rdnss: tuple[bytes, ...] = ()
    rdnss_lifetime: int = 0
    dnssl: bytes = b""
    dnssl_lifetime: int = 0
    options: tuple[tuple[int, bytes], ...] = ()


def message(told: Advertisement, mac: bytes, prefixes: Sequence[Prefix]) -> bytes:
    """The ICMPv6 message; the kernel fills its checksum in."""
    header = struct.pack(
        "!BBHBBHII",
        ROUTER_ADVERTISEMENT, 0, 0,
        told.hop_limit, told.flags, told.lifetime, told.reachable_time, told.retrans_timer,
    )  # fmt: skip
    parts = [header]
    if mac:
        parts.append(option(SOURCE_LINK_ADDRESS, mac))
    parts += [_prefix(one) for one in prefixes[:MOST_PREFIXES]]
    if told.mtu:
        parts.append(option(MTU, struct.pack("!HI", 0, told.mtu)))
    if told.rdnss:
        parts.append(option(RDNSS, struct.pack("!HI", 0, told.rdnss_lifetime) + b"".join(told.rdnss)))
    if told.dnssl:
        parts.append(option(DNSSL, struct.pack("!HI", 0, told.dnssl_lifetime) + told.dnssl))
    return b"".join([*parts, *(option(kind, value) for kind, value in told.options)])


def option(kind: int, value: bytes) -> bytes:
    """An option, filled up to the units of eight bytes that its length is told in."""
    size = -(-(len(value) + 2) // UNIT)
    return struct.pack("!BB", kind, size) + value.ljust(size * UNIT - 2, b"\0")


def domain_names(names: Sequence[str]) -> bytes:
    """Names as DNSSL has them: uncompressed labels (RFC 8106 §5.2)."""
    told = b""
    for name in names:
        labels = [label.encode("ascii") for label in name.strip(".").split(".")]
        told += b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return told


def _prefix(prefix: Prefix) -> bytes:
    """SLAAC is for /64 only (RFC 4862 §5.5.3 d, RFC 4291 §2.5.1)."""
    flags = ON_LINK | (AUTONOMOUS if prefix.length == SUBNET_LENGTH else 0)
    network = IPv6Address(int.from_bytes(prefix.address, "big") >> (128 - prefix.length) << (128 - prefix.length))
    body = struct.pack("!BBIII", prefix.length, flags, prefix.valid, prefix.preferred, 0)
    return option(PREFIX_INFORMATION, body + network.packed)
