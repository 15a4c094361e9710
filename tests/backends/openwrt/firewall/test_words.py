"""The words of /etc/config/firewall mean what fw4 makes of them."""

import pytest

from backends.firewall.records import ANY
from backends.openwrt.firewall.words import (
    Network,
    Ports,
    code_point,
    family,
    icmp_type,
    is_host,
    is_name,
    network,
    network_word,
    ports,
    ports_word,
    protocol_words,
    protocols,
    version_of,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("items", "version", "numbers"),
    [
        ((), ANY, (6, 17)), (("tcpudp",), ANY, (6, 17)), (("tcp", "udp"), ANY, (6, 17)), (("TCP",), ANY, (6,)),
        (("all",), ANY, (ANY,)), (("any",), 4, (ANY,)), (("*",), ANY, (ANY,)), (("icmp",), ANY, (1, 58)),
        (("icmp",), 4, (1,)), (("icmp",), 6, (58,)), (("ipv6-icmp",), ANY, (58,)), (("47", "esp"), ANY, (47, 50)),
        (("!tcp",), ANY, None), (("256",), ANY, None), (("nonsense",), ANY, None), (("tcp", "tcp"), ANY, (6,)),
    ],
)  # fmt: skip
def test_protocols(items: tuple[str, ...], version: int, numbers: tuple[int, ...] | None) -> None:
    assert protocols(items, version) == numbers


@pytest.mark.parametrize("numbers", [(6,), (6, 17), (ANY,), (58,), (253,), (50, 51)])
def test_a_protocol_s_word_says_it(numbers: tuple[int, ...]) -> None:
    assert protocols(protocol_words(numbers)) == numbers


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("80", Ports(80)), ("80-90", Ports(80, 90)), ("80:90", Ports(80, 90)), ("!80", Ports(80, ANY, True)),
        (" ! 80-90 ", Ports(80, 90, True)), ("80-80", Ports(80)), ("90-80", None), ("65536", None), ("http", None),
        ("", None), ("1-65536", None),
    ],
)  # fmt: skip
def test_ports(text: str, told: Ports | None) -> None:
    assert ports(text) == told
    if told is not None:
        assert ports(ports_word(*told)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("192.0.2.1", Network("192.0.2.1")), ("!192.0.2.0/24", Network("192.0.2.0", "/24", True)),
        ("192.0.2.0/255.255.255.0", Network("192.0.2.0", "/24")), ("192.0.2.9/32", Network("192.0.2.9")),
        ("2001:DB8::/32", Network("2001:DB8::", "/32")), ("lan", None), ("192.0.2.1-192.0.2.9", None), ("", None),
    ],
)  # fmt: skip
def test_networks(text: str, told: Network | None) -> None:
    assert network(text) == told
    if told is not None:
        assert network(network_word(*told)) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [("EF", (46, False)), ("!cs1", (8, True)), ("0x2e", (46, False)), ("AF41", (34, False)), ("64", None), ("x", None)],
)
def test_code_points(text: str, told: tuple[int, bool] | None) -> None:
    assert code_point(text) == told


def test_families_hosts_and_types() -> None:
    assert [family(word) for word in ("", "any", "ipv4", "inet", "IPv6", "6")] == [ANY, ANY, 4, 4, 6, 6]
    assert [version_of(text) for text in ("192.0.2.1", "fd00::1", "lan")] == [4, 6, 0]
    assert is_host("192.0.2.1")
    assert not is_host("fd00::1")
    assert icmp_type("echo-request", 4) == 8
    assert icmp_type("echo-request", 6) == 128
    assert icmp_type("130", ANY) == 130
    assert icmp_type("130/0", 6) is None


@pytest.mark.parametrize("text", ['say "hi"', "a\nb", "c:\\x", "", "x" * 101, "ж" * 60, "\x7f"])
def test_what_would_undo_the_whole_ruleset_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["it's", "$(reboot)", "`x`; drop", "東京 🛜", "{ } #", "x" * 100])
def test_what_nftables_takes_is_one(text: str) -> None:
    assert is_name(text)
