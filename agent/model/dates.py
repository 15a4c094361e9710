"""dateTime values (TR-106 §3.2.1): points in time in UTC, times since boot, and the Unknown Time.

Calculated without the C library's calendar, whose years end in 2038 where time_t has 32 bits.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.model.errors import InvalidValue

UNKNOWN_TIME: Final = "0001-01-01T00:00:00Z"

# "Any untimezoned value with a year value less than 1000 MUST be interpreted as a relative time since boot" (TR-106).
_BOOT: Final = datetime(1, 1, 1)  # noqa: DTZ001  (a stand-in for the moment of boot, in no zone)
_RELATIVE_YEARS: Final = 1000
_FARTHEST: Final = timedelta(hours=14)
_LONGEST: Final = _BOOT.replace(_RELATIVE_YEARS) - _BOOT

_DATE: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,60}))?"
    r"(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))?"
)


def read_date(text: str) -> datetime | timedelta | None:
    """An aware datetime in UTC, a timedelta since boot, or None for the Unknown Time; no zone means UTC.

    Digits beyond the microsecond are dropped. Raises InvalidValue (with no path).
    """
    found = _DATE.fullmatch(text)
    if not found:
        raise InvalidValue("", f"{text[:40]!a} is no dateTime like 2024-05-01T12:00:00Z")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, zulu, sign, offset_hours, offset_minutes = found.groups()[6:]
    try:
        moment = _BOOT.replace(year, month, day, 0 if hour == 24 else hour, minute, second)
        if hour == 24:  # XML Schema's way to write the end of a day
            if minute or second or int(fraction or 0):
                raise ValueError("24:00:00 is the only time of hour 24")
            moment += timedelta(days=1)
        moment += timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
        if zulu is None and sign is None and year < _RELATIVE_YEARS:
            return moment - _BOOT
        moment -= _offset(sign, offset_hours, offset_minutes)
    except (ValueError, OverflowError) as error:
        raise InvalidValue("", f"{text} is no dateTime: {error}") from error
    return None if moment == _BOOT else moment.replace(tzinfo=UTC)


def date_text(value: datetime | timedelta | None) -> str:
    """The text of a point in time (in its own zone), of a time since boot (in no zone), or of the Unknown Time.

    UTC is what TR-106 wants of all times but those that are said to be local.

    Raises TypeError for a datetime without zone or a time since boot that is negative or endless.
    """
    if value is None:
        return UNKNOWN_TIME
    if isinstance(value, timedelta):
        if not timedelta() <= value < _LONGEST:
            raise TypeError(f"{value} is no time since boot")
        return _short(_BOOT + value)
    if value.tzinfo is None:
        raise TypeError(f"{value} has no time zone")
    offset = value.utcoffset() or timedelta()
    # There were zones with seconds, and more than 14 hours away: XML Schema has none.
    whole = timedelta(minutes=round(offset.total_seconds() / 60)) if abs(offset) <= _FARTHEST else timedelta()
    return _short(value.replace(tzinfo=None) - offset + whole) + _zone(whole)


def _zone(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timedelta:
    if sign is None or hours is None or minutes is None:
        return timedelta()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or offset > _FARTHEST:
        raise ValueError("a zone is at most 14 hours away")
    return -offset if sign == "-" else offset


def _short(moment: datetime) -> str:
    """Without a fraction of zero, and without zeros at the end of one."""
    text = moment.isoformat()
    return text.rstrip("0") if "." in text else text
