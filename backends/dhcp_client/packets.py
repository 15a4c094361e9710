"""What DHCP servers answered, from the bytes of their packets (RFC 2131, RFC 8415). Pure."""

import ipaddress
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

FIXED: Final = 236
"""Octets of a BOOTP packet before the options' magic cookie (RFC 2131, 2)."""
COOKIE: Final = b"\x63\x82\x53\x63"
SNAME, FILE = slice(44, 108), slice(108, 236)
PAD, END = 0, 255
MASK, ROUTERS, DNS, LEASE_TIME, OVERLOAD, SERVER, T1, T2 = 1, 3, 6, 51, 52, 54, 58, 59
INFINITE: Final = 0xFFFFFFFF

CLIENT_ID, SERVER_ID, IA_NA, IA_ADDRESS, IA_PD, IA_PREFIX = 1, 2, 3, 5, 25, 26
DNS6, REFRESH_TIME = 23, 32


@dataclass(frozen=True, slots=True)
class Lease4:
    """A DHCPACK: the address that it gives, and its options (RFC 3396: the parts of one option put together)."""

    address: str
    options: Mapping[int, bytes] = field(default_factory=dict)

    def addresses(self, tag: int) -> list[str]:
        """The IPv4 addresses that an option lists."""
        value = self.options.get(tag, b"")
        return [str(ipaddress.IPv4Address(value[at : at + 4])) for at in range(0, len(value) - 3, 4)]

    def address_in(self, tag: int) -> str | None:
        """The first of them."""
        return next(iter(self.addresses(tag)), None)

    def seconds(self, tag: int) -> int | None:
        """The time that an option tells; None when it does not, or says for ever."""
        value = self.options.get(tag, b"")
        number = int.from_bytes(value, "big") if len(value) == 4 else INFINITE
        return None if number == INFINITE else number


@dataclass(frozen=True, slots=True)
class Prefix:
    """A delegated prefix; its times are seconds from when it was given."""

    prefix: str
    preferred: int
    valid: int


@dataclass(frozen=True, slots=True)
class Lease6:
    """A DHCPv6 Reply; ``options`` in the order of the packet, those that occur twice twice."""

    options: Sequence[tuple[int, bytes]] = ()
    addresses: Sequence[str] = ()
    prefixes: Sequence[Prefix] = ()

    def first(self, tag: int) -> bytes:
        """The first option of a tag; nothing when there is none."""
        return next((value for code, value in self.options if code == tag), b"")

    def servers(self) -> list[str]:
        """The name servers that it tells (RFC 3646)."""
        value = self.first(DNS6)
        return [str(ipaddress.IPv6Address(value[at : at + 16])) for at in range(0, len(value) - 15, 16)]


def lease4(packet: bytes) -> Lease4 | None:
    """A lease from a server's DHCPACK; None for what is no such packet."""
    if len(packet) < FIXED + len(COOKIE) or packet[0] != 2 or packet[FIXED : FIXED + 4] != COOKIE:
        return None
    options: dict[int, bytes] = {}
    _gather(options, packet[FIXED + 4 :])
    overload = options.get(OVERLOAD, b"\0")[0:1]
    if overload in (b"\1", b"\3"):
        _gather(options, packet[FILE])
    if overload in (b"\2", b"\3"):
        _gather(options, packet[SNAME])
    return Lease4(str(ipaddress.IPv4Address(packet[16:20])), options)


def lease6(packet: bytes) -> Lease6 | None:
    """A lease from a server's Reply; None for what is no such packet."""
    if len(packet) < 4 or packet[0] != 7:
        return None
    options = list(_options6(packet[4:]))
    addresses = [
        str(ipaddress.IPv6Address(value[:16]))
        for tag, value in _inside(options, IA_NA)
        if tag == IA_ADDRESS and len(value) >= 24 and value[20:24] != bytes(4)
    ]
    prefixes = [_prefix(value) for tag, value in _inside(options, IA_PD) if tag == IA_PREFIX and len(value) >= 25]
    return Lease6(options, addresses, [one for one in prefixes if one.valid])


def _gather(options: dict[int, bytes], encoded: bytes) -> None:
    at = 0
    while at < len(encoded) and encoded[at] != END:
        if encoded[at] == PAD:
            at += 1
            continue
        length = encoded[at + 1] if at + 1 < len(encoded) else 0
        value = encoded[at + 2 : at + 2 + length]
        options[encoded[at]] = options.get(encoded[at], b"") + value
        at += 2 + length


def _options6(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(encoded):
        tag, length = struct.unpack_from("!HH", encoded, at)
        yield tag, encoded[at + 4 : at + 4 + length]
        at += 4 + length


def _inside(options: Sequence[tuple[int, bytes]], association: int) -> Iterator[tuple[int, bytes]]:
    """The options within every identity association of a kind, behind its IAID, T1 and T2."""
    for tag, value in options:
        if tag == association:
            yield from _options6(value[12:])


def _prefix(value: bytes) -> Prefix:
    preferred, valid, length = struct.unpack_from("!IIB", value)
    network = ipaddress.IPv6Network((value[9:25], min(length, 128)), strict=False)
    return Prefix(str(network), preferred, valid)
