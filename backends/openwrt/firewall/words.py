"""The words of /etc/config/firewall: protocols, ports, networks, code points and names, as fw4 reads them. Pure."""

import re
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final, NamedTuple

from backends.firewall.records import ANY

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
BY_NAME: Final = {
    "icmp": ICMP, "igmp": 2, "ipencap": 4, "tcp": TCP, "udp": UDP, "dccp": 33, "ipv6": 41, "gre": 47, "esp": 50,
    "ah": 51, "icmpv6": ICMPV6, "ipv6-icmp": ICMPV6, "ospf": 89, "pim": 103, "vrrp": 112, "sctp": 132, "udplite": 136,
}  # fmt: skip
EVERY: Final = ("all", "any", "*")
USUAL: Final = ("tcp", "udp")
"""What fw4 takes where nothing is said."""
FAMILIES: Final = {"ipv4": 4, "ipv6": 6}
PORTS: Final = re.compile(r"\s*(!?)\s*([0-9]{1,5})(?:[-:]([0-9]{1,5}))?\s*")
CODE_POINTS: Final = {
    "BE": 0, "LE": 1, "EF": 46,
    **{f"CS{number}": number * 8 for number in range(8)},
    **{f"AF{group}{drop}": group * 8 + drop * 2 for group in range(1, 5) for drop in range(1, 4)},
}  # fmt: skip
TARGETS: Final = {"accept": "Accept", "reject": "Reject", "drop": "Drop"}
LONGEST_NAME: Final = 100
"""In bytes: nftables takes comments of up to 128, fw4 puts "!fw4: " before a name and " (reflection)" behind it."""
PLAIN: Final = re.compile(r'[^\x00-\x1f\x7f"\\]+')
ICMP_TYPES: Final = {
    "echo-reply": (0, 129), "destination-unreachable": (3, 1), "redirect": (5, 137), "echo-request": (8, 128),
    "router-advertisement": (9, 134), "router-solicitation": (10, 133), "time-exceeded": (11, 3),
    "packet-too-big": (None, 2), "neighbour-solicitation": (None, 135), "neighbour-advertisement": (None, 136),
    "timestamp-request": (13, None), "timestamp-reply": (14, None),
}  # fmt: skip


class Ports(NamedTuple):
    """One port, or those up to ``last``."""

    first: int = ANY
    last: int = ANY
    exclude: bool = False


class Network(NamedTuple):
    """An address; ``mask`` is "/24" or "" for this one alone."""

    address: str = ""
    mask: str = ""
    exclude: bool = False


def protocols(items: tuple[str, ...], family: int = ANY) -> tuple[int, ...] | None:
    """The numbers of protocols, (ANY,) for every one; None for what no parameter can say.

    "icmp" is that of the version of IP, and both where none is told.
    """
    found: list[int] = []
    for item in (one.lower() for one in items or USUAL):
        if item in EVERY:
            return (ANY,)
        if item == "tcpudp":
            found += [TCP, UDP]
        elif item in ("icmp", "1"):
            found += [ICMPV6] if family == 6 else [ICMP] if family == 4 else [ICMP, ICMPV6]
        elif item in BY_NAME:
            found.append(BY_NAME[item])
        elif re.fullmatch(r"[0-9]{1,3}", item) and int(item) <= 255:
            found.append(int(item))
        else:
            return None
    return tuple(dict.fromkeys(found))


def protocol_words(numbers: tuple[int, ...]) -> tuple[str, ...]:
    """The inverse of ``protocols``."""
    if ANY in numbers:
        return ("all",)
    names = {number: name for name, number in reversed(BY_NAME.items())}
    return tuple(names.get(number, str(number)) for number in numbers)


def ports(text: str) -> Ports | None:
    """None for what is none."""
    told = PORTS.fullmatch(text)
    if told is None:
        return None
    first, last = int(told[2]), int(told[3] or told[2])
    return Ports(first, last if last > first else ANY, bool(told[1])) if first <= last <= 65535 else None


def ports_word(first: int, last: int = ANY, exclude: bool = False) -> str:
    """The inverse of ``ports``; "" for no port."""
    if first == ANY:
        return ""
    return f"{'!' if exclude else ''}{first}" + (f"-{last}" if last > first else "")


def network(text: str) -> Network | None:
    """One address or prefix; None for ranges, and for names of interfaces, which stand for what these have."""
    told = text.strip()
    exclude, told = told.startswith("!"), told.removeprefix("!").strip()
    try:
        found = ip_network(told, strict=False)
    except ValueError:
        return None
    address = told.partition("/")[0]
    return Network(address, f"/{found.prefixlen}" if found.prefixlen < found.max_prefixlen else "", exclude)


def network_word(address: str, mask: str, exclude: bool = False) -> str:
    """The inverse of ``network``; "" for none."""
    length = mask.rpartition("/")[2]
    return f"{'!' if exclude else ''}{address}{f'/{length}' if length else ''}" if address else ""


def is_host(text: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        return bool(IPv4Address(text))
    except ValueError:
        return False


def version_of(text: str) -> int:
    """Of one host's address; 0 for what is none."""
    try:
        return ip_address(text).version
    except ValueError:
        return 0


def code_point(text: str) -> tuple[int, bool] | None:
    """A DSCP, and whether it is excluded."""
    told = text.strip()
    exclude, told = told.startswith("!"), told.removeprefix("!").strip().upper()
    if told in CODE_POINTS:
        return CODE_POINTS[told], exclude
    try:
        number = int(told, 0)
    except ValueError:
        return None
    return (number, exclude) if 0 <= number <= 63 else None


def family(text: str) -> int:
    """The version of IP; ANY for both."""
    told = text.lower()
    return 4 if told == "inet" or "4" in told else 6 if "6" in told else ANY


def icmp_type(text: str, version: int) -> int | None:
    """The number of a type; None for what has a code, or is of the other version of IP."""
    if re.fullmatch(r"[0-9]{1,3}", text):
        return int(text)
    both = ICMP_TYPES.get(text, (None, None))
    return both[1] if version == 6 else both[0]


def is_name(text: str) -> bool:
    """Whether fw4 and nftables take it for a name: a quotation mark would end it, a longer one undo the ruleset."""
    return bool(PLAIN.fullmatch(text)) and len(text.encode("utf-8", "surrogateescape")) <= LONGEST_NAME
