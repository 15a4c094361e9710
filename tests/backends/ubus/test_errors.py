"""Status codes as errors with names."""

import pytest

from backends.errors import MechanismError, Missing, TimedOut
from backends.ubus.errors import (
    BusError,
    ConnectionLost,
    NoSuchMethod,
    NotPermitted,
    NotThere,
    NotUnderstood,
    Status,
    TookTooLong,
    WrongArgument,
    error_for,
)


@pytest.mark.parametrize(
    ("status", "kind", "also"),
    [
        (2, WrongArgument, MechanismError),
        (3, NoSuchMethod, MechanismError),
        (4, NotThere, Missing),
        (6, NotPermitted, MechanismError),
        (7, TookTooLong, TimedOut),
        (10, ConnectionLost, MechanismError),
        (12, NotUnderstood, MechanismError),
    ],
)
def test_a_status_is_an_error_that_those_who_know_no_bus_know_too(
    status: int, kind: type[BusError], also: type[Exception]
) -> None:
    error = error_for(status, "ubus a b")
    assert type(error) is kind
    assert isinstance(error, also)
    assert (error.status, error.code) == (status, Status(status).name)


@pytest.mark.parametrize("status", [one for one in Status if one])
def test_every_status_is_told_in_words(status: Status) -> None:
    error = error_for(status, "ubus a b")
    assert str(error) == error.reason
    assert str(error).startswith("ubus a b: ")
    assert str(int(status)) not in str(error)


@pytest.mark.parametrize("status", [14, 250, 2**32 - 1])
def test_a_status_that_nobody_knows_is_told_as_its_number(status: int) -> None:
    error = error_for(status, "ubus a b")
    assert (type(error), error.status, error.code) == (BusError, status, "")
    assert str(status) in str(error)
