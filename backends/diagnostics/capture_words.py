"""What a capture's filter asks for, in the words of pcap-filter(7) that a person uses most; pure.

[not] expression, expression and|or expression, ( … ), and of these:
ip ip6 arp tcp udp icmp icmp6 sctp      [ip|ip6|arp] [src|dst] host ADDRESS      [ip|ip6|arp] [src|dst] net NETWORK
ether [src|dst] host MAC                [tcp|udp|sctp] [src|dst] port N          [tcp|udp|sctp] [src|dst] portrange A-B
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

LONGEST: Final = 256
DEEPEST: Final = 32
PROTOCOLS: Final = ("ip", "ip6", "arp", "tcp", "udp", "sctp", "icmp", "icmp6")
NETWORK_WORDS: Final = ("ip", "ip6", "arp")
PORT_WORDS: Final = ("tcp", "udp", "sctp")
DIRECTIONS: Final = ("src", "dst")
_TOKEN: Final = re.compile(r"\(|\)|!|&&|\|\||[^\s()!&|]+")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}")
_LIKE: Final = {"&&": "and", "||": "or", "!": "not"}

IPNetwork = IPv4Network | IPv6Network


class NoFilter(ValueError):
    """The expression is none of this language; the text says where."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A packet of this protocol."""

    name: str


@dataclass(frozen=True, slots=True)
class Host:
    """A packet from or to an address of a network; ``protocol`` "" is any of IP and ARP, ``direction`` "" either."""

    network: IPNetwork
    direction: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """A frame from or to an Ethernet address."""

    address: bytes
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Ports:
    """A packet from or to one of these ports; ``protocol`` "" is any that has ports."""

    first: int
    last: int
    direction: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """What the other is not."""

    one: "Asked"


@dataclass(frozen=True, slots=True)
class Both:
    """What is one and the other."""

    one: "Asked"
    other: "Asked"


@dataclass(frozen=True, slots=True)
class Either:
    """What is one or the other."""

    one: "Asked"
    other: "Asked"


Asked = Protocol | Host | Station | Ports | Not | Both | Either


def read(text: str) -> Asked | None:
    """What is asked for; None for "", which is everything. NoFilter."""
    if len(text) > LONGEST:
        raise NoFilter(f"a filter has at most {LONGEST} characters")
    reader = _Reader([_LIKE.get(word, word) for word in _TOKEN.findall(text)])
    if "".join(_TOKEN.findall(text)) != "".join(text.split()):
        raise NoFilter("a single & or | means nothing in a filter")
    return reader.whole() if reader.words else None


class _Reader:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._depth = 0

    def whole(self) -> Asked:
        found = self._either()
        if self.words:
            raise NoFilter(f"{self.words[0]!r} is not expected there")
        return found

    def _either(self) -> Asked:
        found = self._both()
        while self._takes("or"):
            found = Either(found, self._both())
        return found

    def _both(self) -> Asked:
        found = self._one()
        while self._takes("and"):
            found = Both(found, self._one())
        return found

    def _one(self) -> Asked:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoFilter("it is nested too deep")
        try:
            if self._takes("not"):
                return Not(self._one())
            if self._takes("("):
                found = self._either()
                if not self._takes(")"):
                    raise NoFilter("a ) is missing")
                return found
            return self._primitive()
        finally:
            self._depth -= 1

    def _primitive(self) -> Asked:
        protocol = self._one_of((*PROTOCOLS, "ether"))
        direction = self._one_of(DIRECTIONS)
        kind = self._one_of(("host", "net", "port", "portrange"))
        if not kind:
            if protocol in PROTOCOLS and not direction:
                return Protocol(protocol)
            raise NoFilter(f"{self.words[0]!r} is not known" if self.words else "it ends too early")
        value = self._next()
        if protocol == "ether" and kind == "host":
            return Station(_mac(value), direction)
        if kind in ("host", "net") and protocol in ("", *NETWORK_WORDS):
            return Host(_network(value, kind, protocol), direction, protocol)
        if kind in ("port", "portrange") and protocol in ("", *PORT_WORDS):
            first, dash, last = value.partition("-")
            if bool(dash) != (kind == "portrange"):
                raise NoFilter(f"{value!r} is no {kind}")
            return Ports(_port(first), _port(last if dash else first), direction, protocol)
        raise NoFilter(f"{protocol} has no {kind}")

    def _one_of(self, known: tuple[str, ...]) -> str:
        return self._next() if self.words and self.words[0] in known else ""

    def _takes(self, word: str) -> bool:
        if self.words and self.words[0] == word:
            self._next()
            return True
        return False

    def _next(self) -> str:
        if not self.words:
            raise NoFilter("it ends too early")
        return self.words.pop(0)


def _mac(text: str) -> bytes:
    if not _MAC.fullmatch(text):
        raise NoFilter(f"{text!r} is no Ethernet address")
    return bytes(int(part, 16) for part in text.split(":"))


def _network(text: str, kind: str, protocol: str) -> IPNetwork:
    try:
        found = ip_network(text, strict=False)
    except ValueError as error:
        raise NoFilter(f"{text!r} is no {'address' if kind == 'host' else 'network'}") from error
    if kind == "host" and "/" in text:
        raise NoFilter(f"{text!r} is a network, not a host")
    if protocol and (found.version == 6) != (protocol == "ip6"):
        raise NoFilter(f"{text!r} is no address of {protocol}")
    return found


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535):
        raise NoFilter(f"{text!r} is no port")
    return int(text)
