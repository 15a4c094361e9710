"""A request has to be meant for this device, and to come from its own page."""

import pytest

from agent.web.hosts import customer, is_meant, is_same_origin, names_of, network_of, plain

NAMES = names_of("router")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("192.168.1.1", "192.168.1.1"),
        ("192.168.1.1:8080", "::ffff:192.168.1.1"),
        ("[2001:db8::1]:8080", "2001:db8:0::1"),
        ("[fe80::1]", "fe80::1%br-lan"),
        ("localhost:8080", "127.0.0.1"),
        ("Router", "192.168.1.1"),
        ("router.lan:8080", "192.168.1.1"),
        ("router.local.", "192.168.1.1"),
    ],
)
def test_the_device_is_meant_by_its_address_and_its_names(host: str, local: str) -> None:
    assert is_meant(host, local, NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "router.evil.example", "192.168.1.2", "127.0.0.1", "localhost.evil.example",
        "192.168.1.1.evil", "192.168.1.1@evil", "evil.example:8080", "[::1]", "3232235777", "0xc0a80101",
        "router.lan.evil.example", "a/b",
    ],
)  # fmt: skip
def test_a_name_of_somebody_elses_that_points_here_is_not_meant(host: str) -> None:
    assert not is_meant(host, "192.168.1.1", NAMES)


def test_a_host_name_of_the_whole_domain_is_meant_as_a_whole() -> None:
    assert is_meant("cpe.example.net", "192.0.2.1", names_of("cpe.example.net"))
    assert not is_meant("other.example.net", "192.0.2.1", names_of("cpe.example.net"))
    assert names_of("") == frozenset()


@pytest.mark.parametrize(
    ("fields", "is_ours"),
    [
        ({}, True),
        ({"origin": "http://a:8080"}, True),
        ({"origin": "https://A:8080"}, True),
        ({"origin": "http://a"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://a:8080.evil"}, False),
        ({"origin": ""}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
    ],
)
def test_another_page_is_known_by_what_the_browser_says(fields: dict[str, str], is_ours: bool) -> None:
    assert is_same_origin({"host": "a:8080", **fields}) is is_ours


def test_a_customer_is_an_address_and_not_the_whole_home() -> None:
    assert customer("::ffff:192.0.2.1") == "192.0.2.1"
    assert customer("fd77::50") == customer("fd77:0::50") != customer("fd77::51")
    assert customer("fe80::1%eth0") == customer("fe80::1") != customer("fe80::2%eth0")
    assert customer("127.0.0.1") == customer("::1") == customer("127.1.2.3")
    assert plain("fe80::1%eth0") == "fe80::1"


def test_who_has_an_address_of_ipv6_has_all_of_its_network() -> None:
    assert network_of("fd77::50") == network_of("fd77::1:2:3:4") != network_of("fd77:0:0:1::50")
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of(customer("::1")) == customer("127.0.0.1")
