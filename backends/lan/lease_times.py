"""For how long DHCPv6 leases are: no longer than the prefix lasts of which the addresses are (RFC 8415 18.3). Pure.

dnsmasq gives each lease of a link the time that its configuration says, whatever is left of the link's own address, and
has to be started anew for another. So the time leaves room for what was delegated to grow old and be renewed.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from backends.netlink_types import Address

LONGEST: Final = 7_200
"""Seconds; TR-181 leaves it to the server. It is no more than clients ask for that ask for less than they can get
(dhclient: 7200 preferred, 7500 valid), so that both lifetimes are this one time.
"""
SHORTEST: Final = 120
"""dnsmasq makes anything shorter this."""
SHARE: Final = 3
"""A lease is at first this part of what is left: a client renews its own at a half, or with a fifth left."""
BETTER: Final = 2
"""It is made longer where it can be so many times as long, or the longest."""
MARGIN: Final = 15
"""Seconds from when a lease is to be shorter until that is in force."""
RANGE: Final = re.compile(r"^dhcp-range=.*,constructor:([^,]+),64,(\d+)$", re.MULTILINE)


def lease_time(lasts: int | None, before: int = 0) -> int:
    """How long the leases of a link are whose prefixes last so many seconds (None: for ever), and that were so long
    before; 0 where none can be given any more.
    """
    if lasts is None:
        return LONGEST
    fits = min(max(lasts // SHARE, SHORTEST), LONGEST)
    if before and before + MARGIN < lasts and fits < min(BETTER * before, LONGEST):
        return before
    return fits if fits + MARGIN < lasts else 0


def shortens_in(lasts: int | None, time: int) -> float:
    """In how many seconds leases have to be shorter than this."""
    return float("inf") if lasts is None or not time else max(lasts - time - MARGIN, 0.0)


def lasting(addresses: Iterable[Address], link: str) -> int | None:
    """How many seconds the first of a link's prefixes is good for; one that is not preferred any more, to be valid.

    0 where a link has none: else dnsmasq would give of one that comes for longer than it lasts, before it is told.
    """
    found = [one for one in addresses if one.interface == link and one.family == 6 and one.scope == "global"]
    if not found:
        return 0
    lives = (one.preferred_lifetime if one.preferred_lifetime != 0 else one.valid_lifetime for one in found)
    return min((one for one in lives if one is not None), default=None)


def times_in(configuration: str) -> Mapping[str, int]:
    """The lease time of each link that dnsmasq was started with."""
    return {link: int(time) for link, time in RANGE.findall(configuration)}
