"""What a filter says, and what is none."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.diagnostics.capture_program import compiled
from backends.diagnostics.capture_words import Both, Either, Host, NoFilter, Not, Ports, Protocol, Station, read


def test_and_binds_more_than_or_and_not_more_than_both() -> None:
    assert read("tcp or udp and not arp") == Either(Protocol("tcp"), Both(Protocol("udp"), Not(Protocol("arp"))))
    assert read("(tcp||udp) && ! arp") == Both(Either(Protocol("tcp"), Protocol("udp")), Not(Protocol("arp")))


def test_hosts_networks_stations_and_ports_have_a_protocol_and_a_direction_or_none() -> None:
    assert read("host 192.0.2.1") == Host(ip_network("192.0.2.1"))
    assert read("ip6 src net 2001:db8::/32") == Host(ip_network("2001:db8::/32"), "src", "ip6")
    assert read("ether dst host 0:1:2:a:B:ff") == Station(bytes.fromhex("0001020a0bff"), "dst")
    assert read("udp dst port 53") == Ports(53, 53, "dst", "udp")
    assert read("portrange 1000-2000") == Ports(1000, 2000)
    assert read("  ") is None


@pytest.mark.parametrize(
    "text",
    ["tcp and", "port http", "port 65536", "port 1-2", "portrange 5", "host 192.0.2.0/24", "host example.org",
     "icmp port 5", "ip6 host 192.0.2.1", "src tcp", "(tcp", "tcp)", "tcp udp", "tcp & udp", "not",
     "ether net 1.2.3.0/24", "()", "((((" * 20, "ether host 192.0.2.1", "x" * 257, "port ²",
     "tcp;reboot", "not " * 60 + "tcp"],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(NoFilter, match=r"\w"):
        read(text)


WORDS = st.sampled_from(
    ["tcp", "ip", "ip6", "arp", "src", "dst", "host", "net", "port", "portrange", "ether", "and", "or", "not", "(", ")",
     "!", "&&", "80", "1-2", "192.0.2.1", "10.0.0.0/8", "::1", "1:2:3:4:5:6"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=30))
def test_whatever_is_written_is_a_program_or_refused(words: list[str]) -> None:
    try:
        asked = read(" ".join(words))
    except NoFilter:
        return
    assert len(compiled(asked)) % 8 == 0
