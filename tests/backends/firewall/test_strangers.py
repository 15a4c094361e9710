"""What is understood of other packet filters' rules, as libnftables lists them."""

from typing import Any

import pytest

from backends.firewall.strangers import Led, led_elsewhere

DNAT = {"dnat": {"addr": "192.168.1.9"}}


def match(left: Any, right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def to_port(right: Any, protocol: str = "tcp", op: str = "==") -> dict[str, Any]:
    return match({"payload": {"protocol": protocol, "field": "dport"}}, right, op)


def led(*parts: Any) -> list[Led]:
    table = [
        {"metainfo": {}},
        {"table": {"name": "x"}},
        {"chain": {"name": "pre"}},
        {"rule": {"chain": "pre", "expr": [*parts]}},
    ]
    return [*led_elsewhere(table, {"wan0"}, {"203.0.113.2"})]


def test_ports_ranges_and_sets_that_are_led_elsewhere() -> None:
    assert led(to_port(80), DNAT) == [Led("tcp", 80, 80)]
    assert led(to_port({"range": [80, 90]}, "udp"), {"counter": {}}, {"redirect": {"port": 1}}) == [Led("udp", 80, 90)]
    assert led(to_port({"set": [1, {"range": [5, 6]}]}, "th"), DNAT) == [Led("", 1, 1), Led("", 5, 6)]


@pytest.mark.parametrize(
    "parts",
    [
        [to_port(80), {"accept": None}],
        [to_port(80, op="!="), DNAT],
        [to_port("@ports"), DNAT],
        [match({"payload": {"protocol": "ip", "field": "daddr"}}, "10.0.0.1"), to_port(80), DNAT],
        [match({"meta": {"key": "iifname"}}, {"set": ["a", "b"]}), to_port(80), DNAT],
        [{"xt": {"type": "target", "name": "DNAT"}}],
        [DNAT],
        ["what a later version says"],
    ],
)
def test_what_is_not_understood_or_not_for_us_is_in_nobodys_way(parts: list[Any]) -> None:
    assert led(*parts) == []


def test_addresses_and_links_of_ours() -> None:
    prefix = {"prefix": {"addr": "203.0.113.0", "len": 24}}
    for right in ("203.0.113.2", prefix, {"set": ["10.0.0.1", prefix]}):
        assert led(match({"payload": {"protocol": "ip", "field": "daddr"}}, right), to_port(80), DNAT)
    assert led(match({"meta": {"key": "iifname"}}, "wan0"), to_port(80), DNAT)


def test_ports_meet_by_protocol_and_number() -> None:
    assert Led("tcp", 80, 90).meets("TCP", 90, 100)
    assert Led("", 80, 80).meets("UDP", 80, 80)
    assert not Led("tcp", 80, 90).meets("UDP", 80, 80)
    assert not Led("tcp", 80, 90).meets("TCP", 91, 91)
