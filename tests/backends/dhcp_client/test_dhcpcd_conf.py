"""What dhcpcd is told: any octets, no meaning but their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.dhcp_client.dhcpcd_conf import SENDS4, SENDS6, Unsendable, conf4, conf6, quoted, sent4, sent6
from backends.dhcp_client.records import Client6, RequestedOption4, SentOption4, SentOption6


def test_what_is_asked_for_is_asked_in_its_order_behind_the_router_and_the_name_servers() -> None:
    asked = [RequestedOption4(tag=125, order=2), RequestedOption4(tag=43, order=1), RequestedOption4(tag=3)]
    lines = conf4([], asked).splitlines()
    assert [line for line in lines if line.startswith("option")] == ["option 3", "option 6", "option 43", "option 125"]


def test_nothing_is_sent_of_itself_but_the_hardware_address_and_that_an_acs_is_looked_for() -> None:
    lines = conf4([], []).splitlines()
    forum = quoted(b"dslforum.org")
    assert {"clientid", f"vendorclassid {forum}", "fqdn disable", "script /dev/null"} <= set(lines)
    assert [line for line in lines if line.startswith("option")] == [f"option {tag}" for tag in (3, 6, 43, 125)]
    six = conf6("eth0", Client6(), []).splitlines()
    assert {f"vendclass 3561 {forum}", "option dhcp6_o17", "define6 17 binhex o17"} <= set(six)


def test_what_is_to_be_sent_takes_its_place() -> None:
    lines = conf4([SentOption4(tag=60, value=b"mine".hex())], []).splitlines()
    assert [line for line in lines if line.startswith("vendorclassid")] == [f"vendorclassid {quoted(b'mine')}"]
    six = conf6("eth0", Client6(), [SentOption6(tag=16, value="000000010001ff")]).splitlines()
    assert [line for line in six if line.startswith("vendclass")] == ['vendclass 1 "\\xff"']


def test_a_client_is_told_what_of_a_lease_is_wanted() -> None:
    assert "ia_na 1" in conf6("eth0", Client6(), [])
    assert "ia_pd" not in conf6("eth0", Client6(), [])
    both = conf6("eth0", Client6(request_prefixes=True, rapid_commit=True, requested_options=(17,)), [])
    assert {"ia_na 1", "ia_pd 2", "option dhcp6_rapid_commit", "option dhcp6_o17"} <= set(both.splitlines())
    assert "inform6" in conf6("eth0", Client6(request_addresses=False), [])


@pytest.mark.parametrize(
    ("tag", "value", "lines"),
    [
        (12, b"gw.example", ["hostname gw.example"]),
        (43, b"\1\0", ['vendor ,"\\x01\\x00"']),
        (60, b'"\n', ['vendorclassid "\\x22\\x0a"']),
        (61, b"\1\xff", ["clientid 01:ff"]),
        (77, b"\2ab\1c", ['userclass "\\x61\\x62"', 'userclass "\\x63"']),
        (124, b"\0\0\x0d\xe9\1z", ['vendclass 3561 "\\x7a"']),
    ],
)
def test_an_option_has_the_words_that_dhcpcd_has_for_it(tag: int, value: bytes, lines: list[str]) -> None:
    assert sent4(tag, value) == lines


@pytest.mark.parametrize(
    ("tag", "value"),
    [(12, b"a b"), (12, b"a\nscript /bin/x"), (12, b"-"), (43, b""), (60, bytes(255)), (61, b"\1"), (77, b"\5ab"),
     (77, b""), (124, b"\0\0\0\1\2x"), (82, b"x"), (255, b"")],
)  # fmt: skip
def test_what_cannot_be_sent_exactly_is_refused(tag: int, value: bytes) -> None:
    with pytest.raises(Unsendable):
        sent4(tag, value)


@pytest.mark.parametrize(
    ("tag", "value"), [(15, b"\0"), (15, b"\0\0"), (16, b"\0\0\0\1"), (16, b"\0\0\0\1\0\5x"), (1, b"x")]
)
def test_what_cannot_be_sent_exactly_by_ipv6_is_refused(tag: int, value: bytes) -> None:
    with pytest.raises(Unsendable):
        sent6(tag, value)


@given(st.sampled_from([*SENDS4, 82]), st.binary(max_size=300))
def test_no_octets_become_a_line_of_their_own(tag: int, value: bytes) -> None:
    try:
        conf = conf4([SentOption4(tag=tag, value=value.hex())], [])
    except Unsendable:
        return
    known = ("hostname", "vendor", "vendorclassid", "clientid", "userclass", "vendclass")
    plain = set(conf4([], []).splitlines())
    assert all(line.split()[0] in known for line in set(conf.splitlines()) - plain)
    assert conf.isascii()


@given(st.sampled_from([*SENDS6, 3]), st.binary(max_size=600))
def test_no_octets_become_a_line_of_their_own_by_ipv6(tag: int, value: bytes) -> None:
    try:
        conf = conf6("eth0", Client6(), [SentOption6(tag=tag, value=value.hex())])
    except Unsendable:
        return
    plain = set(conf6("eth0", Client6(), []).splitlines())
    assert all(line.split()[0] in ("userclass", "vendclass") for line in set(conf.splitlines()) - plain)


@given(st.binary(max_size=50))
def test_quoted_octets_are_nothing_but_their_numbers(value: bytes) -> None:
    assert bytes(int(part, 16) for part in quoted(value).strip('"').split("\\x")[1:]) == value
