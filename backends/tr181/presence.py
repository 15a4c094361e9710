"""Who is on the LAN at present, by what the kernel has heard of them."""

from collections.abc import Iterable
from typing import Final

from backends.netlink import Netlink
from backends.netlink_types import Neighbour, Station

ACTIVE_SECONDS: Final = 300  # as long as a bridge remembers who has been silent (ageing_time's default)
HEARD: Final = frozenset({"reachable", "delay", "probe"})  # the kernel believes in it, or has just asked


def silence(neighbours: Iterable[Neighbour], station: Station | None) -> float:
    """Seconds since somebody was last heard, as far as the kernel knows."""
    ages = [one.confirmed_age for one in neighbours if one.confirmed_age is not None and one.state != "permanent"]
    if station is not None and station.used_age is not None:
        ages.append(station.used_age)
    return min(ages, default=float("inf"))


def is_heard(neighbours: Iterable[Neighbour], station: Station | None) -> bool:
    """Whether these neighbour entries and this entry of a bridge's table speak of somebody who is there."""
    known = list(neighbours)
    return any(one.state in HEARD for one in known) or silence(known, station) <= ACTIVE_SECONDS


def is_present(netlink: Netlink, mac: str, addresses: Iterable[str] = ()) -> bool:
    """Whether the station with this MAC address, or one of these IP addresses, is there."""
    wanted = set(addresses)
    neighbours = [one for one in netlink.neighbours() if one.address in wanted or (mac and one.mac == mac)]
    station = next((one for one in netlink.stations() if one.mac == mac and not one.is_own), None) if mac else None
    return is_heard(neighbours, station)
