"""Who is on the LAN at present, by what the kernel has heard of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backends.netlink import Netlink
from backends.netlink_types import Neighbour, Station

ACTIVE_SECONDS: Final = 300  # as long as a bridge remembers who has been silent (ageing_time's default)
HEARD: Final = frozenset({"reachable", "delay", "probe"})  # the kernel believes in it, or has just asked


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of somebody: since when they are there or not, and behind which port of a bridge they were.

    ``cut_at``: when the way to them was seen without a carrier. What was heard before that is no evidence any more.
    """

    active: bool
    since: datetime
    interface: str
    member: str | None = None
    cut_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for somebody, now: ``silence`` in seconds; ``is_cut``: a link that leads to them has no carrier."""

    silence: float
    is_heard: bool
    is_associated: bool
    is_cut: bool


def judged(
    evidence: Evidence, before: Seen | None, looked: datetime | None, now: datetime, interface: str, member: str | None
) -> Seen:
    """Whether somebody is there, and since when. ``looked``: when that was last looked at, for anybody.

    The moment is not before that look, and as early after it as the kernel's own times say.
    """
    cut_at = before.cut_at if before else None
    if evidence.is_cut:
        cut_at = cut_at or now
    elif cut_at is not None and (evidence.is_associated or evidence.silence < (now - cut_at).total_seconds()):
        cut_at = None
    active = evidence.is_associated or (evidence.is_heard and cut_at is None)
    if before is not None and before.active == active:
        return Seen(active, before.since, interface, member, cut_at)
    came_to_be = evidence.silence if active else evidence.silence - ACTIVE_SECONDS
    is_known = came_to_be != float("inf") and cut_at is None and not evidence.is_associated
    since = now - timedelta(seconds=max(0.0, came_to_be)) if is_known else now
    return Seen(active, max(since, looked) if looked else since, interface, member, cut_at)


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
