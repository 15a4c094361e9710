"""What a pool asks is said to dnsmasq exactly, or refused."""

import pytest

from backends.lan.matching import (
    Match,
    Unmatchable,
    contains_match,
    decisions,
    mac_match,
    option_match,
    quoted_text,
    turned,
)


def test_a_whole_value_begins_so_and_does_not_go_on() -> None:
    match = option_match("p1c", "client_id", "61", b"\x01\xab", is_whole=True)
    assert match.lines == ("dhcp-match=set:p1c,61,01:ab", "dhcp-match=set:p1cx,61,01:ab:*")
    assert (match.has, match.lacks) == (("p1c",), ("p1cx",))


def test_a_beginning_may_go_on() -> None:
    assert option_match("t", "f", "60", b"ab", is_whole=False) == Match(("dhcp-match=set:t,60,61:62",), ("t",))


@pytest.mark.parametrize("value", [b"", b"a", b"a" * 256])
def test_what_dnsmasq_cannot_compare_is_refused(value: bytes) -> None:
    with pytest.raises(Unmatchable) as refused:
        option_match("t", "vendor_class_id", "60", value, is_whole=True)
    assert refused.value.field == "vendor_class_id"


def test_half_a_byte_of_a_mask_is_each_of_its_values() -> None:
    match = mac_match("m", "chaddr_mask", "02:00:5E:10:00:0f", "ff:ff:ff:00:00:f8")
    assert match.lines == tuple(f"dhcp-mac=set:m,02:00:5e:*:*:{last:02x}" for last in (8, 12, 10, 14, 9, 13, 11, 15))
    assert mac_match("m", "f", "02:00:5e:10:00:01", "").lines == ("dhcp-mac=set:m,02:00:5e:10:00:01",)
    with pytest.raises(Unmatchable):
        mac_match("m", "chaddr_mask", "02:00:5e:10:00:01", "00:00:00:0f:0f:0f")


def test_a_condition_is_turned_around_as_a_whole() -> None:
    match = option_match("c", "f", "61", b"ab", is_whole=True)
    assert turned(match, "ct").lines[-1] == "tag-if=set:ct,tag:c,tag:!cx"
    assert (turned(match, "ct").has, turned(match, "ct").lacks) == ((), ("ct",))


def test_a_request_is_of_one_pool_of_its_link_at_most() -> None:
    lines = list(decisions([("p1", "br0", Match(("x",), ("a",))), ("p2", "br1", Match()), ("p3", "br0", Match())]))
    assert lines == ["x", "tag-if=set:p1,tag:br0,tag:a", "tag-if=set:p2,tag:br1", "tag-if=set:p3,tag:br0,tag:!p1"]


def test_text_between_quotes_keeps_its_meaning() -> None:
    assert quoted_text('a"b\\c, #') == '"a\\"b\\\\c, #"'
    assert quoted_text("a\nb") is None
    assert contains_match("t", "f", "x y").lines == ('dhcp-vendorclass=set:t,"x y"',)
    with pytest.raises(Unmatchable):
        contains_match("t", "f", "a\nport=53")
