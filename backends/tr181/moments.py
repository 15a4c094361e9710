"""Unix times as the data model has them."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FOR_EVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What stands for "never ends" (TR-106, dateTime)."""


def moment(wall: float | None) -> datetime | None:
    """To the second; None is not known."""
    return None if wall is None else EPOCH + timedelta(seconds=round(wall))  # right on 32 bits after 2038 too


def end(wall: int | None) -> datetime:
    """When something ends; 0 and None are never."""
    return EPOCH + timedelta(seconds=wall) if wall else FOR_EVER
