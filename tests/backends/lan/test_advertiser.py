"""The program speaks in time, answers who asks and takes leave of prefixes."""

import json
import socket
from dataclasses import replace

from backends.lan.advertisement import Advertisement, Prefix
from backends.lan.advertiser import LAST_HOURS, Speaker, answer_due, has_news, next_due, prefixes_on, read, with_gone

KEY = b"\x20\x01" + bytes(6) + bytes([64])
PREFIX = Prefix(b"\x20\x01" + bytes(14), 64, 600, 90_000)


def speaker(**more: float) -> Speaker:
    return Speaker(Advertisement(), 200, 600, due=100.0, prefixes={}, gone={}, **more)  # type: ignore[arg-type]


def test_the_first_three_come_soon() -> None:
    one = speaker()
    assert next_due(one, 100.0, 0.5) == 116.0
    one.left_initially = 0
    assert (next_due(one, 100.0, 0.0), next_due(one, 100.0, 1.0)) == (300.0, 700.0)


def test_what_is_told_does_not_lapse_before_it_is_told_again() -> None:
    one = speaker(left_initially=0)
    for preferred, pause in ((60, 20.0), (6, 3.0), (0, 600.0), (86_400, 600.0)):
        one.prefixes = {KEY: replace(PREFIX, preferred=preferred)}
        assert next_due(one, 100.0, 1.0) == 100.0 + pause


def test_who_asks_is_answered_soon_but_not_in_a_flood() -> None:
    assert answer_due(speaker(), 50.0, 1.0) == 50.5
    assert answer_due(speaker(last=49.0), 50.0, 0.0) == 52.0
    assert answer_due(speaker(), 99.9, 1.0) == 100.0, "an answer never comes later than what comes anyway"


def test_a_prefix_that_is_gone_is_told_as_deprecated_for_two_hours() -> None:
    one = speaker()
    assert with_gone(one, {KEY: PREFIX}, 0.0) == [PREFIX]
    (gone,) = with_gone(one, {}, 10.0)
    assert (gone.preferred, gone.valid) == (0, LAST_HOURS)
    (gone,) = with_gone(one, {}, 20.0)
    assert gone.valid == LAST_HOURS - 10
    assert with_gone(one, {KEY: PREFIX}, 30.0) == [PREFIX]
    with_gone(one, {}, 40.0)
    assert with_gone(one, {}, 41.0 + LAST_HOURS) == []


def test_there_is_news_when_hosts_would_use_other_prefixes() -> None:
    one = speaker()
    assert not has_news(one, {})
    assert has_news(one, {KEY: PREFIX})
    with_gone(one, {KEY: PREFIX}, 0.0)
    assert not has_news(one, {KEY: replace(PREFIX, preferred=599, valid=89_999)}), "that it grows older is none"
    assert has_news(one, {KEY: replace(PREFIX, preferred=0)})
    assert has_news(one, {})


def test_the_file_says_who_speaks() -> None:
    told = {"lifetime": 9, "flags": 128, "hop_limit": 64, "reachable_time": 1, "retrans_timer": 2, "mtu": 1400,
            "rdnss": ["2001:db8::1"], "rdnss_lifetime": 3, "dnssl": ["lan"], "dnssl_lifetime": 4,
            "options": [[253, "0a"]], "shortest": 3, "longest": 4}  # fmt: skip
    (one,) = read(json.dumps({"br0": told}), 7.0).values()
    assert one.told == Advertisement(
        9,
        128,
        64,
        1,
        2,
        1400,
        (socket.inet_pton(socket.AF_INET6, "2001:db8::1"),),
        3,
        b"\x03lan\0",
        4,
        ((253, b"\x0a"),),
    )
    assert (one.due, one.shortest, one.longest) == (7.0, 3, 4)


def test_the_loopback_link_has_no_prefix() -> None:
    assert list(prefixes_on(socket.if_nametoindex("lo"))) == []
