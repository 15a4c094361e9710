"""IPPing over two routers, in namespaces."""

import threading
import time

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.ping import Ping, PingRequest, Tally
from backends.diagnostics.sockets import Way
from tests.backends.diagnostics.way import FAR, FAR6, HOME, HOME6, NOWHERE, TheWay, in_time


@pytest.mark.parametrize(("host", "ours"), [(FAR, HOME), (FAR6, HOME6)])
def test_each_reply_is_counted_and_timed_to_the_microsecond(way: TheWay, host: str, ours: str) -> None:
    found = way.run(Ping(), PingRequest(host, repetitions=20, interval=2, size=1000))
    assert (found.ip_address_used, found.success_count, found.failure_count) == (ours, 20, 0)
    shortest, mean, longest = (
        found.minimum_response_time_detailed,
        found.average_response_time_detailed,
        found.maximum_response_time_detailed,
    )
    assert 0 < shortest <= mean <= longest
    assert found.average_response_time == round(mean / 1000)
    told = [one["microseconds"] for one in way.lines[1:]]
    assert (len(told), min(told), max(told)) == (20, shortest, longest)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 56, 5000, 65_507])
def test_data_of_any_size_is_sent_and_known_again(way: TheWay, size: int) -> None:
    assert way.run(Ping(), PingRequest(FAR, repetitions=1, size=size)).success_count == 1


@pytest.mark.parametrize("group", ["224.0.0.1", "ff02::1", "::ffff:224.0.0.1"])
def test_a_group_is_not_pinged(way: TheWay, group: str) -> None:
    with pytest.raises(DiagnosticFailed, match="is a group") as failed:
        way.run(Ping(), PingRequest(group, Way("eth0"), repetitions=1, timeout=50))
    assert failed.value.state == "Error_Other"


def test_more_data_than_a_packet_has_room_for_is_an_error(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(Ping(), PingRequest(FAR, size=65_508))
    assert failed.value.state == "Error_Other"


@pytest.mark.parametrize(("version", "host"), [("IPv4", FAR), ("IPv6", FAR6)])
def test_the_packets_have_the_asked_dscp_and_size_on_the_asked_link(way: TheWay, version: str, host: str) -> None:
    family, match = ("ip", "ip dscp") if version == "IPv4" else ("ip6", "ip6 dscp")
    way.far.run("nft", f"add table {family} seen")
    way.far.run("nft", f"add chain {family} seen come {{ type filter hook input priority 0; }}")
    way.far.run("nft", f"add rule {family} seen come {match} 46 meta length 128 counter")
    size = 100 if version == "IPv4" else 80
    way.run(Ping(), PingRequest(host, Way("eth0", dscp=46, version=version), repetitions=3, size=size, interval=1))
    told = way.far.run("nft", f"list table {family} seen")
    way.far.run("nft", f"delete table {family} seen")
    assert "packets 3 " in told


def test_where_nobody_is_the_router_says_so_and_that_is_the_state(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(Ping(), PingRequest(NOWHERE, repetitions=2, timeout=8000, interval=1))
    assert failed.value.state == "Error_NoRouteToHost"
    assert (failed.value.result.success_count, failed.value.result.failure_count) == (0, 2)


def test_without_a_route_there_is_none(way: TheWay) -> None:
    way.home.ip("route add unreachable 192.0.2.128/25")
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(Ping(), PingRequest("192.0.2.200"))
    assert failed.value.state == "Error_NoRouteToHost"
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(Ping(), PingRequest("2001:db8::1", Way(version="IPv4")))
    assert failed.value.state == "Error_CannotResolveHostName"


def test_what_is_not_answered_in_time_is_a_failure_and_no_error(way: TheWay) -> None:
    way.far.run("nft", "add table ip silent")
    way.far.run("nft", "add chain ip silent come { type filter hook input priority 0; policy drop; }")
    try:
        found = way.run(Ping(), PingRequest(FAR, repetitions=3, timeout=50, interval=10))
    finally:
        way.far.run("nft", "delete table ip silent")
    assert (found.success_count, found.failure_count, found.average_response_time_detailed) == (0, 3, 0)
    assert [one["why"] for one in way.lines[1:]] == ["no answer in time"] * 3


def test_in_turn_each_waits_for_the_one_before(way: TheWay) -> None:
    way.far.run("nft", "add table ip silent")
    way.far.run("nft", "add chain ip silent come { type filter hook input priority 0; policy drop; }")
    began = time.monotonic()
    try:
        way.run(Ping(), PingRequest(FAR, repetitions=3, timeout=100, interval=1, in_turn=True))
    finally:
        way.far.run("nft", "delete table ip silent")
    assert time.monotonic() - began > 0.29


def test_a_cancel_is_heard_at_once(way: TheWay) -> None:
    cancel, began = threading.Event(), time.monotonic()
    in_time(cancel.set)
    way.run(Ping(), PingRequest(FAR, repetitions=100_000), cancel.is_set)
    assert time.monotonic() - began < 10


def test_without_the_right_to_raw_sockets_the_kernel_s_own_are_used(way: TheWay) -> None:
    way.home.run("sh", "-c", "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range")
    code = (
        "import encodings.idna, json, os, sys\n"
        "from backends.diagnostics.ping import Ping, PingRequest\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "found = [Ping().run(PingRequest(host, repetitions=2, interval=1), lambda _: None, lambda: False)"
        " for host in sys.argv[1:]]\n"
        "print(json.dumps([one.success_count for one in found]))\n"
    )
    assert way.home.python(code, FAR, FAR6) == [2, 2]


def test_a_tally_of_nothing_is_zero() -> None:
    result = Tally().result("")
    assert (result.average_response_time, result.minimum_response_time_detailed) == (0, 0)
