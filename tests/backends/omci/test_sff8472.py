"""A module's memory: who it is, and its readings, calibrated by itself or by constants that it has for it."""

import random

import pytest

from backends.omci.picture import Module
from backends.omci.sff8472 import identity, measured
from tests.backends.omci.module_pages import page_a0, page_a2

INTERNAL, EXTERNAL = 0x68, 0x58


def rounded(a0: bytes, a2: bytes) -> dict[str, tuple[float, str]]:
    return {name: (round(value, 2), unit) for name, (value, unit) in measured(a0, a2).items()}


def test_a_module_says_who_it_is() -> None:
    assert identity(page_a0(), "eth1") == Module(3, "SC", "EXAMPLE OPTICS", "GPON-STICK", "A1", "EX12345678", "eth1")


@pytest.mark.parametrize("place", [0, 2, 20, 40, 62, 63])
def test_a_page_that_does_not_add_up_is_no_module(place: int) -> None:
    page = bytearray(page_a0())
    page[place] ^= 0x40
    assert identity(bytes(page)) is None


def test_a_serial_number_that_does_not_add_up_is_left_out() -> None:
    page = bytearray(page_a0())
    page[70] ^= 1
    module = identity(bytes(page))
    assert module is not None
    assert (module.vendor, module.serial) == ("EXAMPLE OPTICS", "")


@pytest.mark.parametrize("page", [b"", bytes(128), b"\xff" * 128, page_a0()[:95]])
def test_an_empty_or_short_page_is_no_module(page: bytes) -> None:
    assert identity(page) is None
    assert measured(page, page_a2()) == {} or len(page) == 95


def test_readings_that_the_module_calibrates_are_told_as_they_are() -> None:
    assert rounded(page_a0(INTERNAL), page_a2()) == {
        "Temperature": (41.5, "C"), "Voltage": (3281, "mV"), "Bias": (12, "mA"),
        "Tx Power": (2.04, "dBm"), "Rx Power": (-21.55, "dBm"),
    }  # fmt: skip


def test_a_temperature_below_zero_has_its_sign() -> None:
    assert measured(page_a0(), page_a2((-0x0A80, 1, 1, 1, 1)))["Temperature"] == (-10.5, "C")


def test_readings_without_calibration_go_through_the_constants() -> None:
    a2 = page_a2(
        (100, 30000, 3000, 8000, 1000),
        received=(0, 0, 0.0001, 0.5, 20),
        lines=(512, 10, 640, -100, 300, 256, 0x0100, 500),
    )
    told = measured(page_a0(EXTERNAL), a2)
    assert told["Bias"] == ((2 * 3000 + 10) * 2 / 1000, "mA")
    assert told["Temperature"][0] == pytest.approx((300 / 256 * 100 + 256) / 256)
    assert told["Voltage"] == ((30000 + 500) / 10, "mV")
    assert told["Tx Power"][0] == pytest.approx(2.9885, abs=0.001)  # 2.5 * 8000 - 100 tenths of a microwatt
    assert told["Rx Power"][0] == pytest.approx(-12.0761, abs=0.001)  # 0.0001 x² + 0.5 x + 20: 620


def test_constants_that_do_not_add_up_calibrate_nothing() -> None:
    a2 = bytearray(page_a2())
    a2[70] ^= 1
    assert measured(page_a0(EXTERNAL), bytes(a2)) == {}
    assert measured(page_a0(INTERNAL), bytes(a2))


@pytest.mark.parametrize(
    ("a0", "a2"),
    [
        (page_a0(0x00), page_a2()),  # as sticks say whose page is empty
        (page_a0(0x6C), page_a2()),  # its page is elsewhere until it is told otherwise
        (page_a0(), bytes(128)),
        (page_a0(), b"\xff" * 128),
        (page_a0(), page_a2()[:110]),
        (page_a0(), b""),
        (page_a0(), page_a2()[:110] + b"\1" + bytes(17)),  # not ready
    ],
)
def test_what_measures_nothing_has_no_levels(a0: bytes, a2: bytes) -> None:
    assert measured(a0, a2) == {}


def test_without_light_the_rest_is_told() -> None:
    told = measured(page_a0(), page_a2((0x1900, 33000, 0, 0, 0)))
    assert sorted(told) == ["Bias", "Temperature", "Voltage"]


def test_no_page_whatever_is_in_it_is_an_error() -> None:
    chance = random.Random(8472)
    for _ in range(2000):
        a0, a2 = bytearray(chance.randbytes(128)), bytearray(chance.randbytes(128))
        a0[0], a0[92] = 3, chance.choice((INTERNAL, EXTERNAL))
        a0[63], a2[95] = sum(a0[:63]) & 0xFF, sum(a2[:95]) & 0xFF
        assert identity(bytes(a0)) is not None
        assert all(-1e9 < value < 1e40 for value, _ in measured(bytes(a0), bytes(a2)).values())
