"""Sockets that leave by the asked link, with the asked marks, to addresses of the asked family."""

import socket

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way, anywhere, mark, one_host, permitted, places_of


def never() -> bool:
    return False


@pytest.mark.parametrize(
    ("family", "level", "option"),
    [
        (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TOS),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    ],
)
def test_the_dscp_is_in_the_upper_six_bits_and_the_priority_is_what_was_asked(
    family: int, level: int, option: int
) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        mark(made, Way(link="lo", dscp=46, priority=3))
        assert made.getsockopt(level, option) == 46 << 2
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 3
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"


def test_a_link_that_is_not_there_is_named() -> None:
    with (
        socket.socket() as made,
        pytest.raises(DiagnosticFailed, match=r"^there is no interface nosuchlink0$") as failed,
    ):
        mark(made, Way(link="nosuchlink0"))
    assert failed.value.state == "Error_Internal"


def test_an_address_needs_no_name_server_and_the_version_decides_the_family() -> None:
    assert places_of("127.0.0.1", 80, socket.SOCK_STREAM, Way(), never) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert places_of("::1", 80, socket.SOCK_STREAM, Way(), never) == [(socket.AF_INET6, ("::1", 80, 0, 0))]
    with pytest.raises(DiagnosticFailed) as failed:
        places_of("::1", 80, socket.SOCK_STREAM, Way(version="IPv4"), never)
    assert failed.value.state == "Error_CannotResolveHostName"


def test_a_name_of_both_families_is_asked_for_the_one_that_is_wanted() -> None:
    found = places_of("localhost", 7, socket.SOCK_DGRAM, Way(version="IPv4"), never)
    assert {family for family, _ in found} == {socket.AF_INET}


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a" * 70, "x..y", "\x00"])
def test_a_name_that_nobody_knows_or_that_is_none_is_said_to_be_so(name: str) -> None:
    with pytest.raises(DiagnosticFailed) as failed:
        places_of(name, 80, socket.SOCK_STREAM, Way(), never)
    assert failed.value.state == "Error_CannotResolveHostName"


def test_a_look_up_that_is_cancelled_finds_nothing_and_does_not_fail() -> None:
    assert places_of("no-such-name.invalid", 80, socket.SOCK_STREAM, Way(), lambda: True) == []


def test_an_address_of_a_link_only_is_one_of_the_link_that_was_asked_for() -> None:
    found = places_of("fe80::1", 80, socket.SOCK_STREAM, Way(link="lo"), never)
    assert found == [(socket.AF_INET6, ("fe80::1", 80, 0, socket.if_nametoindex("lo")))]


def test_addresses_that_must_not_be_spoken_to_are_left_out_and_none_left_is_a_failure() -> None:
    places = [(socket.AF_INET6, ("::1", 80, 0, 0)), (socket.AF_INET, ("127.0.0.1", 80))]
    assert permitted(places, lambda address, _: "loopback" if address == "::1" else "") == places[1:]
    assert permitted(places, anywhere) == places
    with pytest.raises(DiagnosticFailed, match="not there") as failed:
        permitted(places, lambda _address, _port: "not there")
    assert failed.value.state == "Error_Other"


def test_a_group_is_no_host_however_it_is_written() -> None:
    for group in ("224.0.0.1", "239.1.2.3", "ff02::1", "::ffff:224.0.0.1"):
        assert "is a group" in one_host(group, 7)
    for host in ("192.168.8.77", "2001:db8::1", "::ffff:192.0.2.1", "::1"):
        assert one_host(host, 7) == ""
