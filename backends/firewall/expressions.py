"""Statements of nftables rules, as libnftables-json(5) writes them."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any, Final

Expression = dict[str, Any]

COUNTER: Final[Expression] = {"counter": None}
ACCEPT: Final[Expression] = {"accept": None}
DROP: Final[Expression] = {"drop": None}
REJECT: Final[Expression] = {"reject": {"type": "icmpx", "expr": "port-unreachable"}}
RETURN: Final[Expression] = {"return": None}
MASQUERADE: Final[Expression] = {"masquerade": None}
LOG_LIMIT: Final[Expression] = {"limit": {"rate": 10, "per": "second"}}

TCP, UDP, ICMP, ICMPV6, IGMP = 6, 17, 1, 58, 2
WITH_PORTS: Final = (TCP, UDP, 33, 132, 136)
"""TCP, UDP, DCCP, SCTP and UDP-Lite."""


def equal(left: Expression, right: Any, exclude: bool = False) -> Expression:
    """What is compared is this, or is anything but this. A sequence is a set, a pair in it a range."""
    if isinstance(right, (list, tuple, set, frozenset)):
        one_of = sorted(right) if isinstance(right, (set, frozenset)) else list(right)
        right = one_of[0] if len(one_of) == 1 else {"set": one_of}
    return {"match": {"op": "!=" if exclude else "==", "left": left, "right": right}}


def meta(key: str) -> Expression:
    """Something about the packet that is not in it."""
    return {"meta": {"key": key}}


def comes_in_by(links: Iterable[str], exclude: bool = False) -> Expression:
    """The link of arrival, by name: it may come and go."""
    return equal(meta("iifname"), frozenset(links), exclude)


def goes_out_by(links: Iterable[str], exclude: bool = False) -> Expression:
    """The link of departure."""
    return equal(meta("oifname"), frozenset(links), exclude)


def family_is(family: int) -> Expression:
    """IPv4 or IPv6."""
    return equal(meta("nfproto"), f"ipv{family}")


def protocol_is(numbers: Sequence[int], exclude: bool = False) -> Expression:
    """The protocol above IP, whatever extension headers there are."""
    return equal(meta("l4proto"), list(numbers), exclude)


def header(protocol: str, field: str) -> Expression:
    """A field of a header; ``th`` is that of any protocol with ports."""
    return {"payload": {"protocol": protocol, "field": field}}


def port(field: str, first: int, last: int = -1, exclude: bool = False) -> Expression:
    """``sport`` or ``dport``; a ``last`` below the first is no range."""
    return equal(header("th", field), {"range": [first, last]} if last > first else first, exclude)


def address(field: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network, exclude: bool = False) -> Expression:
    """``saddr`` or ``daddr`` is in a network."""
    whole = network.prefixlen == network.max_prefixlen
    text = str(network.network_address)
    wanted = text if whole else {"prefix": {"addr": text, "len": network.prefixlen}}
    return equal(header("ip" if network.version == 4 else "ip6", field), wanted, exclude)


def state_is(*states: str) -> Expression:
    """One of the states of the connection."""
    return {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": list(states)}}


IS_OURS: Final[Expression] = equal({"fib": {"result": "type", "flags": ["daddr"]}}, "local")
"""The packet is for an address of this machine."""
IS_MAPPED: Final[Expression] = {"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}}
"""The connection's destination was translated."""
IS_KNOWN: Final[Expression] = state_is("established", "related")


def log(about: str) -> Expression:
    """A line in the kernel's log."""
    return {"log": {"prefix": f"cpe-agent {about}: "}}


def jump(chain: str) -> Expression:
    """On in another chain, and back."""
    return {"jump": {"target": chain}}


def goto(chain: str) -> Expression:
    """On in another chain for good."""
    return {"goto": {"target": chain}}


def first_sent_to(host: str) -> Expression:
    """The connection was opened to this address, whatever that was translated to."""
    return equal({"ct": {"key": "ip daddr", "dir": "original"}}, host)


def seen_as(host: str) -> Expression:
    """The source becomes a host."""
    return {"snat": {"family": "ip", "addr": host}}


def translated_to(host: str, target: Any = None) -> Expression:
    """The destination becomes a host, and one of its ports (a number or a map) unless it stays the same."""
    return {"dnat": {"family": "ip", "addr": host, **({} if target is None else {"port": target})}}
