"""Unix times as the data model has them."""

from backends.tr181.moments import EPOCH, FOR_EVER, end, moment


def test_a_moment_is_told_in_utc_to_the_second() -> None:
    assert moment(None) is None
    assert moment(0) == EPOCH
    told = moment(1_799_999_999.6)
    assert told is not None
    assert told.isoformat() == "2027-01-15T08:00:00+00:00"


def test_what_never_ends_ends_at_the_last_moment_there_is() -> None:
    assert end(0) == end(None) == FOR_EVER
    assert end(2**33).year == 2242, "beyond what 32 bits hold"
