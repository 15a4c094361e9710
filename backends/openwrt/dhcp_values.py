"""How OpenWrt writes lease times and DHCP options, and what they are. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from backends.lan.options import ADDRESSES_4, NAMES_4, TEXTS_4, TIMES_4, Unsayable, option_text
from backends.lan.records import FOR_EVER

UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
USUAL_LEASE: Final = 43_200
"""Seconds where no leasetime is said: 12h."""
NUMBERS: Final = {
    "netmask": 1, "router": 3, "dns-server": 6, "log-server": 7, "lpr-server": 9, "hostname": 12, "domain-name": 15,
    "mtu": 26, "broadcast": 28, "static-route": 33, "ntp-server": 42, "vendor-encap": 43, "netbios-ns": 44,
    "nis-server": 41, "tftp-server": 66, "bootfile-name": 67, "smtp-server": 69, "pop3-server": 70, "user-class": 77,
    "domain-search": 119, "sip-server": 120, "classless-static-route": 121, "server-ip-address": 255,
}  # fmt: skip
"""dnsmasq's words for the options' numbers (--help dhcp), as far as people use them."""


@dataclass(frozen=True, slots=True)
class DhcpOption:
    """One option that clients are sent: ``value`` in hexadecimal digits."""

    tag: int
    value: str


def lease_seconds(text: str) -> int:
    """The seconds of a leasetime, -1 for ever; what is none is taken for the usual one."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text.strip())
    if text.strip() == "infinite":
        return FOR_EVER
    return int(found[1]) * UNITS[found[2]] if found else USUAL_LEASE


def lease_text(seconds: int) -> str:
    """A leasetime of so many seconds."""
    return "infinite" if seconds == FOR_EVER else str(seconds)


def option_of(item: str) -> DhcpOption | None:
    """What an item of dhcp_option is; None for one with tags of its own, of DHCPv6, or that cannot be understood."""
    word, _, rest = item.partition(",")
    number = NUMBERS.get(word.removeprefix("option:"), 255) if word.startswith("option:") else _number(word)
    if not 0 < number < 255 or not rest:
        return None
    try:
        value = _bytes(number, rest)
        option_text(4, number, value)
    except (ValueError, Unsayable):
        return None
    return DhcpOption(number, value.hex())


def item_of(option: DhcpOption) -> str:
    """An item that says it; raises Unsayable."""
    return option_text(4, option.tag, bytes.fromhex(option.value))


def _number(word: str) -> int:
    return int(word) if re.fullmatch(r"[0-9]{1,3}", word) else 0


def _bytes(number: int, text: str) -> bytes:
    if number in ADDRESSES_4:
        return b"".join(IPv4Address(one.strip()).packed for one in text.split(","))
    if number in TEXTS_4:
        return _unquoted(text).encode("ascii")
    if number in NAMES_4:
        return b"".join(_name(one) for one in text.split(","))
    if number in TIMES_4:
        return int(text).to_bytes(4, "big")
    return bytes(_octets(text))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _name(text: str) -> bytes:
    labels = [label.encode("ascii") for label in text.strip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _octets(text: str) -> Iterator[int]:
    """Hexadecimal with colons; one number below 256, as dnsmasq keeps it ("1b" says that it is one byte)."""
    if re.fullmatch(r"[0-9]{1,3}b?", text):
        yield int(text.removesuffix("b"))
        return
    for one in text.split(":"):
        if not re.fullmatch(r"[0-9A-Fa-f]{1,2}", one) or ":" not in text:
            raise ValueError(text)
        yield int(one, 16)
