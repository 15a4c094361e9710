"""Wall-clock times for people and for messages; right beyond 2038 where the C library counts in 32 bits too."""

from datetime import UTC, datetime, timedelta
from typing import Final

from agent.cwmp.messages import UNKNOWN_TIME
from agent.runtime.events import Moment

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(wall: float | None) -> str | None:
    """Unix time as ISO text in UTC; ``None`` stays ``None``."""
    return None if wall is None else (EPOCH + timedelta(seconds=round(wall))).isoformat().replace("+00:00", "Z")


def local_time(now: Moment) -> datetime:
    """The time of an event in local time; the Unknown Time while the clock is not set."""
    if now.wall is None:
        return UNKNOWN_TIME
    moment = EPOCH + timedelta(seconds=round(now.wall))
    try:
        return moment.astimezone()
    except (OverflowError, OSError):  # too far for the C library: UTC says the same
        return moment
