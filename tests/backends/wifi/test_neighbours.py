"""What beacons say."""

from dataclasses import replace

import pytest

from backends.wifi import neighbours
from backends.wireless_types import Neighbour

RSN = bytes.fromhex("0100000fac040100000fac04")


def rsn(*keys: int, capabilities: int = 0) -> tuple[int, bytes]:
    suites = b"".join(bytes.fromhex("000fac") + bytes([key]) for key in keys)
    return 48, RSN + len(keys).to_bytes(2, "little") + suites + capabilities.to_bytes(2, "little")


WPA = (221, bytes.fromhex("0050f20101000050f20201000050f20201000050f202"))
PRIVATE = 1 << 4


def beacon(*elements: tuple[int, bytes], capability: int = 1, frequency: int = 2437) -> Neighbour:
    return Neighbour("02:00:00:00:09:00", frequency, -40.0, 100, capability, elements)


@pytest.mark.parametrize(
    ("elements", "capability", "mode", "ciphers"),
    [
        ((), 1, "None", ()),
        ((), 1 | PRIVATE, "WEP", ()),
        ((WPA,), 1 | PRIVATE, "WPA", ("TKIP",)),
        ((rsn(2),), 1 | PRIVATE, "WPA2", ("AES",)),
        ((WPA, rsn(2)), 1 | PRIVATE, "WPA-WPA2", ("TKIP", "AES")),
        ((rsn(8),), 1 | PRIVATE, "WPA3-SAE", ("AES",)),
        ((rsn(2, 8),), 1 | PRIVATE, "WPA2-PSK-WPA3-SAE", ("AES",)),
        ((rsn(1),), 1 | PRIVATE, "WPA2-Enterprise", ("AES",)),
        ((rsn(5, capabilities=1 << 6),), 1 | PRIVATE, "WPA3-Enterprise", ("AES",)),
        ((rsn(12),), 1 | PRIVATE, "WPA3-Enterprise", ("AES",)),
        ((rsn(18),), 1 | PRIVATE, "OWE", ("AES",)),
    ],
)
def test_security_is_told_in_the_data_model_s_words(
    elements: tuple[tuple[int, bytes], ...], capability: int, mode: str, ciphers: tuple[str, ...]
) -> None:
    assert neighbours.security(beacon(*elements, capability=capability)) == neighbours.Security(mode, ciphers)


def test_a_beacon_that_is_cut_anywhere_is_read_without_surprise() -> None:
    kind, content = rsn(2, 8, capabilities=1)
    for length in range(len(content)):
        found = neighbours.security(beacon((kind, content[:length]), (221, WPA[1][:length])))
        assert found.mode in ("None", "WPA", "WPA2", "WPA-WPA2", "WPA3-SAE", "WPA2-PSK-WPA3-SAE")


def test_standards_rates_and_width() -> None:
    one = beacon((1, bytes((0x82, 0x84, 0x0C, 0x7B))), (50, bytes((108, 0xFF))), (45, bytes(26)), (61, bytes((6, 1))))
    assert neighbours.standards(one) == ("b", "g", "n")
    assert neighbours.all_rates(one) == [1.0, 2.0, 6.0, 54.0]
    assert neighbours.basic_rates(one) == [1.0, 2.0]
    assert (neighbours.width(one), neighbours.channel(one), neighbours.band(one)) == (40, 6, "2.4GHz")
    high = beacon((1, b"\x8c"), (191, bytes(12)), (192, bytes((1, 42, 0))), (255, b"\x23"), frequency=5180)
    assert neighbours.standards(high) == ("a", "ac", "ax")
    assert neighbours.width(high) == 80
    assert neighbours.width(replace(high, elements=((192, bytes((1, 42, 50))),))) == 160


def test_a_hidden_name_is_empty_and_any_octets_are_shown() -> None:
    assert neighbours.ssid(beacon((0, bytes(7)))) == ""
    assert neighbours.ssid(beacon((0, b"\xff\xfe"))) == "\ufffd\ufffd"
    assert neighbours.is_adhoc(beacon(capability=2))
    assert neighbours.dtim_period(beacon((5, b"\0\2"))) == 2
