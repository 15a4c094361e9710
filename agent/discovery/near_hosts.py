"""Which hosts are this machine, or nearer than a provider's ACS can be: by their names and addresses alone. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

NAMES: Final = frozenset({"localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "loopback"})
"""What distributions call loopback in /etc/hosts, alone or with a domain ("localhost.localdomain")."""
_CARRYING: Final = (
    (IPv6Network("::/96"), 0),  # IPv4-compatible (RFC 4291 2.5.5.1)
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated (RFC 2765)
    (IPv6Network("64:ff9b::/96"), 0),  # translated by NAT64 (RFC 6052)
    (IPv6Network("64:ff9b:1::/48"), 0),  # the same, of a network's own (RFC 8215)
    (IPv6Network("2002::/16"), 80),  # 6to4
)
"""Networks of IPv6 whose addresses stand for one of IPv4, and how many bits there are behind it."""


def is_near(host: str) -> bool:
    """Whether a host as a URL has it, without brackets, is this machine or one that only its link reaches.

    Clouds have their machines' metadata at such an address.
    """
    name = host.rstrip(".").lower()
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        labels = name.split(".")
        return labels[0] in NAMES or labels[-1] == "localhost"
    return any(_is_near(one) for one in _meant(address))


def standing_for(host: str) -> frozenset[str]:
    """The addresses that an address stands for, itself included, as text; none for a name."""
    try:
        return frozenset(map(str, _meant(ip_address(host.partition("%")[0]))))
    except ValueError:
        return frozenset()


def _is_near(address: IPv4Address | IPv6Address) -> bool:
    is_of_no_network = address.version == 4 and int(address) >> 24 == 0  # 0.0.0.0/8: "this host on this network"
    return address.is_loopback or address.is_link_local or address.is_unspecified or is_of_no_network


def _meant(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    yield address
    for network, behind in _CARRYING:
        if address in network and int(address) > 1:  # of ::/96 these two are IPv6's own
            yield IPv4Address(int(address) >> behind & 0xFFFF_FFFF)
