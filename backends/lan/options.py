"""A DHCP option's bytes in dnsmasq's words, which depend on what it knows of the option (--help dhcp). Pure."""

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from backends.lan.matching import quoted_text

ADDRESSES_4: Final = frozenset(
    [1, 3, 6, 7, 9, 16, 21, 28, 32, 33, 41, 42, 44, 45, 48, 49, 65, 68, 69, 70, 71, 74, 92, 150]
)
TEXTS_4: Final = frozenset([12, 15, 17, 18, 40, 64, 66, 67, 100, 101, 114])
NAMES_4: Final = frozenset([119])
TIMES_4: Final = frozenset([58, 59, 91])
SERVERS_OWN_4: Final = frozenset([50, 51, 52, 53, 54, 55, 56, 57, 61, 81, 82, 118])
"""What the server says itself of each lease, and what only a client or a relay says."""

ADDRESSES_6: Final = frozenset([22, 23, 27, 28, 31])
TEXTS_6: Final = frozenset([41, 42, 59, 103])
NAMES_6: Final = frozenset([21, 24, 29, 30, 39])
TIMES_6: Final = frozenset([32])
STRINGS_6: Final = frozenset([15, 16, 60])
SERVERS_OWN_6: Final = frozenset([0, 1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 18, 19, 20, 25, 26])

LONGEST: Final = 255
POINTER: Final = 0xC0
"""What begins a compressed name, RFC 1035 §4.1.4: dnsmasq writes names itself."""


class Unsayable(Exception):
    """A value that dnsmasq cannot be told to send."""


def option_text(family: int, tag: int, value: bytes) -> str:
    """The tag and the value of a dhcp-option line; raises Unsayable."""
    owned = SERVERS_OWN_4 if family == 4 else SERVERS_OWN_6
    if tag in owned:
        raise Unsayable(f"the server decides on option {tag} itself")
    if not 0 < len(value) <= LONGEST:
        raise Unsayable(f"dnsmasq sends 1 to {LONGEST} bytes of an option")
    prefix = str(tag) if family == 4 else f"option6:{tag}"
    return f"{prefix},{_value(family, tag, value)}"


def _value(family: int, tag: int, value: bytes) -> str:
    kinds = (
        (ADDRESSES_4, TEXTS_4, NAMES_4, TIMES_4, frozenset[int]())
        if family == 4
        else (ADDRESSES_6, TEXTS_6, NAMES_6, TIMES_6, STRINGS_6)
    )
    addresses, texts, names, times, strings = kinds
    if tag in addresses:
        return ",".join(_addresses(family, tag, value))
    if tag in texts:
        return _text(tag, value)
    if tag in names:
        return ",".join(_names(tag, value))
    if tag in times:
        return _time(tag, value)
    if tag in strings:
        raise Unsayable(f"dnsmasq makes option {tag} itself")
    return value.hex(":") if len(value) > 1 else f"{value[0]}b"


def _addresses(family: int, tag: int, value: bytes) -> list[str]:
    size = 4 if family == 4 else 16
    if len(value) % size:
        raise Unsayable(f"option {tag} is a list of IPv{family} addresses")
    pieces = [value[at : at + size] for at in range(0, len(value), size)]
    return [str(IPv4Address(one)) if family == 4 else f"[{IPv6Address(one)}]" for one in pieces]


def _text(tag: int, value: bytes) -> str:
    try:
        quoted = quoted_text(value.decode("ascii"))
    except UnicodeDecodeError:
        quoted = None
    if quoted is None:
        raise Unsayable(f"option {tag} is printable text")
    return quoted


def _names(tag: int, value: bytes) -> list[str]:
    names: list[str] = []
    labels: list[str] = []
    rest = value
    while rest:
        length, rest = rest[0], rest[1:]
        if length == 0:
            names.append(".".join(labels))
            labels = []
            continue
        label = rest[:length]
        if length >= POINTER or len(label) < length or not _is_plain(label):
            raise Unsayable(f"option {tag} is a list of uncompressed domain names (RFC 1035 §3.1)")
        labels.append(label.decode("ascii"))
        rest = rest[length:]
    if labels or not all(names):
        raise Unsayable(f"option {tag} is a list of uncompressed domain names (RFC 1035 §3.1)")
    return names


def _is_plain(label: bytes) -> bool:
    return label.isascii() and label.replace(b"-", b"a").replace(b"_", b"a").isalnum()


def _time(tag: int, value: bytes) -> str:
    if len(value) != 4:
        raise Unsayable(f"option {tag} is a time of four bytes")
    seconds = int(struct.unpack("!I", value)[0])
    if seconds > 2**31 - 1:
        raise Unsayable(f"option {tag} is a time below 68 years")
    return str(seconds)
