"""The numbers of an ANI in TR-181's units."""

import pytest

from backends.omci.units import LEAST_LEVEL, level, receive_threshold, tenths, transmit_threshold


@pytest.mark.parametrize(
    ("raw", "dbm1000", "tenth"), [("d56a", -21804, -218), ("0407", 2062, 21), ("0000", 0, 0), ("8000", -65536, -655)]
)
def test_levels_are_five_hundredths_of_a_decibel(raw: str, dbm1000: int, tenth: int) -> None:
    assert (level(bytes.fromhex(raw)), tenths(bytes.fromhex(raw))) == (dbm1000, tenth)


def test_a_level_that_is_not_told_is_the_least() -> None:
    assert level(None) == LEAST_LEVEL


@pytest.mark.parametrize(
    ("raw", "dbm1000"), [("ff", -127500), ("fe", -127000), ("80", -64000), ("38", -28000), ("00", 0)]
)
def test_a_receive_threshold_has_no_sign_and_255_is_the_policy(raw: str, dbm1000: int) -> None:
    assert receive_threshold(bytes.fromhex(raw)) == dbm1000


@pytest.mark.parametrize(("raw", "dbm1000"), [("81", -63500), ("80", -63500), ("7f", 63500), ("fe", -1000), ("00", 0)])
def test_a_transmit_threshold_has_a_sign_and_0x81_is_the_policy(raw: str, dbm1000: int) -> None:
    assert transmit_threshold(bytes.fromhex(raw)) == dbm1000


def test_thresholds_that_are_not_told_are_the_onus_own() -> None:
    assert (receive_threshold(None), transmit_threshold(None)) == (-127500, -63500)
