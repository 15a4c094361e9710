"""Times are read and written as TR-106 wants them, in every year that can be said."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.dates import date_text, read_date
from agent.model.errors import InvalidValue

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T12:00:00Z", NOON),
        ("2024-05-01T12:00:00", NOON),
        ("2024-05-01T14:30:00+02:30", NOON),
        ("2024-05-01T07:00:00-05:00", NOON),
        ("2024-05-01T12:00:00.25Z", NOON + timedelta(milliseconds=250)),
        ("2024-05-01T12:00:00.1234567899Z", NOON + timedelta(microseconds=123456)),
        ("2024-04-30T24:00:00Z", datetime(2024, 5, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2038-01-19T03:14:08Z", datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_point_in_time_is_read_in_utc(text: str, moment: datetime) -> None:
    read = read_date(text)
    assert read == moment
    assert isinstance(read, datetime)
    assert read.utcoffset() == timedelta()


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z", "0001-01-01T01:00:00+01:00"])
def test_the_unknown_time_is_none(text: str) -> None:
    assert read_date(text) is None
    assert date_text(None) == "0001-01-01T00:00:00Z"


def test_a_time_in_the_first_years_without_a_zone_is_a_time_since_boot() -> None:
    since_boot = timedelta(days=2, hours=3, minutes=4, seconds=5)
    assert read_date("0001-01-03T03:04:05") == since_boot
    assert date_text(since_boot) == "0001-01-03T03:04:05"
    assert read_date("0001-01-01T00:00:00") == timedelta()
    assert read_date("1000-01-01T00:00:00") == datetime(1000, 1, 1, tzinfo=UTC)
    assert read_date("0001-01-01T00:00:07Z") == datetime(1, 1, 1, 0, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-01",
        "2024-05-01 12:00:00",
        "2024-05-01T12:00Z",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-05-01T24:00:01Z",
        "2024-05-01T12:00:60Z",
        "2024-05-01T12:00:00z",
        "2024-05-01T12:00:00+0200",
        "2024-05-01T12:00:00+15:00",
        "2024-05-01T12:00:00+01:60",
        "0000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "12024-05-01T12:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-01:00",
        "9999-12-31T24:00:00Z",
        "٢٠٢٤-05-01T12:00:00Z",
        "2024-05-01T12:00:00Z\n",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="is no dateTime"):
        read_date(text)


def test_a_fraction_is_written_without_zeros_at_its_end() -> None:
    assert date_text(NOON) == "2024-05-01T12:00:00Z"
    assert date_text(NOON + timedelta(microseconds=120000)) == "2024-05-01T12:00:00.12Z"
    assert date_text(datetime(1, 2, 3, tzinfo=UTC)) == "0001-02-03T00:00:00Z"
    assert date_text(NOON.astimezone(timezone(timedelta(hours=-3)))) == "2024-05-01T09:00:00-03:00"
    assert date_text(NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))) == "2024-05-01T17:45:00+05:45"
    assert date_text(NOON.astimezone(timezone(timedelta(hours=15)))) == "2024-05-01T12:00:00Z"


def test_a_time_that_means_nothing_is_a_mistake_of_the_program() -> None:
    for value in (datetime(2024, 5, 1), timedelta(seconds=-1), timedelta(days=365 * 1000)):  # noqa: DTZ001
        with pytest.raises(TypeError):
            date_text(value)


@given(st.datetimes(timezones=st.timezones()) | st.timedeltas(timedelta(), timedelta(days=365 * 900)))
def test_what_is_written_is_read_again(value: datetime | timedelta) -> None:
    try:
        text = date_text(value)
    except OverflowError:  # a local time before the first or after the last year of UTC
        return
    moment = value.astimezone(UTC) if isinstance(value, datetime) else value
    assert read_date(text) == (None if text == "0001-01-01T00:00:00Z" else moment)
