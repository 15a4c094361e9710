"""A relayed request says where it came from; whose it is, is decided by its own words. Over the wire in tr181."""

import json

import pytest

from backends.lan.relay import Entry, forwarded, is_message, options, read

COOKIE = b"\x63\x82\x53\x63"
MAC = bytes.fromhex("02005e100001")


def request(told: bytes = b"", hops: int = 0, via: bytes = bytes(4)) -> bytes:
    return bytes([1, 1, 6, hops]) + bytes(20) + via + MAC + bytes(202) + COOKIE + told + b"\xff"


def entry(*criteria: tuple[str, bool, str, str]) -> Entry:
    return Entry("br0", "192.0.2.1", "198.51.100.1", criteria)


def test_a_request_is_given_the_address_that_it_came_in_by() -> None:
    sent = forwarded(request(), "192.0.2.1")
    assert sent is not None
    assert (sent[3], sent[24:28], len(sent)) == (1, bytes([192, 0, 2, 1]), len(request()))
    again = forwarded(request(hops=3, via=b"\x0a\0\0\x01"), "192.0.2.1")
    assert again is not None
    assert again[24:28] == b"\x0a\0\0\x01", "the first relay's stands"
    assert forwarded(request(hops=16), "192.0.2.1") is None


def test_options_are_read_as_far_as_they_go() -> None:
    assert options(request(b"\x00\x3c\x02ab\x3c\x01c\x3d\x02\x01\x02")) == {60: b"abc", 61: b"\x01\x02"}
    assert options(request()[:-1] + b"\x3c\xffab")[60] == b"ab"
    assert options(request()[:-1] + b"\x3c") == {}


@pytest.mark.parametrize(
    ("criterion", "fits"),
    [
        (("vendor", False, b"phone".hex(), "Exact"), True),
        (("vendor", False, b"pho".hex(), "Exact"), False),
        (("vendor", False, b"pho".hex(), "Prefix"), True),
        (("vendor", False, b"one".hex(), "Suffix"), True),
        (("vendor", False, b"hon".hex(), "Substring"), True),
        (("vendor", True, b"phone".hex(), "Exact"), False),
        (("client", False, "0102", "Exact"), True),
        (("user", False, "0102", "Exact"), False),
        (("user", True, "0102", "Exact"), True),
        (("mac", False, "02005e100001", "ffffffffffff"), True),
        (("mac", False, "02005e1000ff", "ffffffffff00"), True),
        (("mac", False, "02005e1000ff", "ffffffffffff"), False),
    ],
)
def test_an_entry_is_for_those_who_fit_all_its_criteria(criterion: tuple[str, bool, str, str], fits: bool) -> None:
    message = request(b"\x3c\x05phone\x3d\x02\x01\x02")
    assert entry(criterion).fits(message) == fits
    assert not entry(criterion, ("mac", True, "000000000000", "000000000000")).fits(message)


def test_only_dhcp_is_taken_for_it() -> None:
    assert is_message(request(), 1)
    assert not is_message(request(), 2)
    assert not is_message(request()[:239], 1)
    assert not is_message(request().replace(COOKIE, b"none"), 1)


def test_the_file_is_read_in_its_order() -> None:
    told = {"link": "br0", "address": "192.0.2.1", "server": None, "criteria": [["vendor", False, "6162", "Exact"]]}
    assert read(json.dumps([told])) == [Entry("br0", "192.0.2.1", None, (("vendor", False, "6162", "Exact"),))]
