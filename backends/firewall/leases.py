"""How long what was granted for a time still holds: by the uptime within a boot, by the wall clock over boots. Pure."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from backends.firewall.records import Leased

EARLIEST_CLOCK: Final = 1_704_067_200
"""2024-01-01: a wall clock before it has not been set."""


@dataclass(frozen=True, slots=True)
class Now:
    """A moment: which boot, seconds since it (asleep too), Unix time or None while the clock is not set."""

    boot: str
    uptime: float
    wall: float | None


Clock = Callable[[], Now]


def system_clock(boot_id: str) -> Clock:
    """This machine's."""

    def tell() -> Now:
        wall = time.time()
        return Now(boot_id, time.clock_gettime(time.CLOCK_BOOTTIME), wall if wall >= EARLIEST_CLOCK else None)

    return tell


def granted(duration: int, now: Now) -> dict[str, Any]:
    """The fields of a record whose lease begins now, for a time in seconds; 0 is for ever."""
    return {
        "lease_duration": duration,
        "ends_boot": now.boot if duration else "",
        "ends_uptime": round(now.uptime) + duration if duration else 0,
        "ends_wall": round(now.wall) + duration if duration and now.wall is not None else None,
    }


def remaining(record: Leased, now: Now) -> int | None:
    """Seconds; 0 when it ran out, None when it never does.

    After another boot the wall clock decides. As long as it is not set, or was not when the lease began, the lease
    counts from this boot. Setting the clock back prolongs nothing beyond the whole duration.
    """
    if record.lease_duration == 0:
        return None
    if record.ends_boot == now.boot:
        left = record.ends_uptime - now.uptime
    elif record.ends_wall is not None and now.wall is not None:
        left = record.ends_wall - now.wall
    else:
        left = record.lease_duration - now.uptime
    return max(0, min(-int(-left // 1), record.lease_duration))
