"""What pppd is told: every text is itself, and no line of its own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.ppp.options import Unsayable, check, options, quoted
from backends.ppp.records import MANUAL, ON_DEMAND, PppInterface


def lines(record: PppInterface) -> list[str]:
    return options(record, "ppp-7", "eth0", "pppoe.so").splitlines()


def test_a_connection_is_kept_up_and_finds_its_own_way() -> None:
    told = lines(PppInterface())
    assert {"plugin pppoe.so", "nic-eth0", "ifname ppp-7", "persist", "maxfail 0", "mru 1492", "+ipv6"} <= set(told)
    assert not any(line.startswith(("user", "password", "pppoe-", "idle", "maxconnect", "demand")) for line in told)


def test_the_trigger_says_when_it_connects() -> None:
    assert {"demand", "persist", "idle 60"} <= set(lines(PppInterface(trigger=ON_DEMAND, idle_disconnect=60)))
    by_hand = lines(PppInterface(trigger=MANUAL, auto_disconnect=9))
    assert "maxconnect 9" in by_hand
    assert "persist" not in by_hand


def test_protocols_and_echoes_can_be_left_out() -> None:
    told = lines(PppInterface(ipv4=False, ipv6=False, echo_interval=0))
    assert {"noip", "noipv6"} <= set(told)
    assert not any(line.startswith("lcp-echo") for line in told)


def test_a_reset_makes_another_connection_of_it() -> None:
    assert lines(PppInterface(resets=1)) != lines(PppInterface())


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (PppInterface(username="a\0b"), "username"),
        (PppInterface(password="\U0001f5a7" * 64), "password"),
        (PppInterface(access_concentrator="x" * 256), "access_concentrator"),
        (PppInterface(service="x" * 256), "service"),
        (PppInterface(mru=64), "mru"),
    ],
)
def test_what_pppd_cannot_be_told_is_refused_by_its_field(record: PppInterface, field: str) -> None:
    with pytest.raises(Unsayable) as refused:
        check(record)
    assert refused.value.field == field


@given(st.text(min_size=1, max_size=80))
def test_no_text_becomes_a_line_of_its_own(text: str) -> None:
    plain = lines(PppInterface(username="x", password="x", service="x", access_concentrator="x"))
    record = replace(PppInterface(), username=text, password=text, service=text, access_concentrator=text)
    try:
        told = lines(record)
    except Unsayable:
        return
    assert len(told) == len(plain)
    assert all(line.isascii() for line in told)
    octets = quoted(text, "").strip('"').split("\\")[1:]
    assert bytes(int(octet, 8) for octet in octets).decode() == text
