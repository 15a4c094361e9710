"""Dates as servers write them into cookies."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.cookie_dates import read_date


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 09 Jun 2021 10:18:14 GMT",
        "Wednesday, 09-Jun-21 10:18:14 GMT",
        "Wed Jun  9 10:18:14 2021",
        "09 june 2021 10:18:14",
        "Wed,09-Jun-2021 10:18:14 UTC",
    ],
)
def test_every_usual_form_is_read(text: str) -> None:
    assert read_date(text) == datetime(2021, 6, 9, 10, 18, 14, tzinfo=UTC).timestamp()


def test_years_of_two_digits_and_the_first_and_last_ones() -> None:
    assert read_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert read_date("Thu, 01-Jan-70 00:00:01 GMT") == 1
    assert read_date("Mon, 01-Jan-69 00:00:00 GMT") == datetime(2069, 1, 1, tzinfo=UTC).timestamp()
    assert read_date("Mon, 01 Jan 1601 00:00:00 GMT") == datetime(1601, 1, 1, tzinfo=UTC).timestamp()
    assert read_date("Fri, 31 Dec 9999 23:59:59 GMT") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "tomorrow",
        "Wed, 09 Jun 2021",
        "10:18:14",
        "Wed, 31 Feb 2021 10:18:14 GMT",
        "Wed, 09 Jun 2021 24:00:00 GMT",
        "Wed, 09 Jun 1600 10:18:14 GMT",
        "Wed, 09 Jun 2021 1٠:18:14 GMT",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    read_date(text)
