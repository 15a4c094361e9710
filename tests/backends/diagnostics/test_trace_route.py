"""TraceRoute over two routers, in namespaces, by UDP and by ICMP."""

import threading
import time

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way
from backends.diagnostics.trace_route import TraceRequest, TraceRoute
from tests.backends.diagnostics.way import (
    FAR,
    FAR6,
    HOME,
    HOME6,
    MIDDLE,
    MIDDLE6,
    NEAR,
    NEAR6,
    NOWHERE,
    TheWay,
    in_time,
)

ROUTE, ROUTE6 = [NEAR, MIDDLE, FAR], [NEAR6, MIDDLE6, FAR6]


@pytest.mark.parametrize("by_icmp", [False, True])
@pytest.mark.parametrize(("host", "route", "ours", "code"), [(FAR, ROUTE, HOME, 3), (FAR6, ROUTE6, HOME6, 4)])
def test_each_router_is_found_and_timed(
    way: TheWay, host: str, route: list[str], ours: str, code: int, by_icmp: bool
) -> None:
    found = way.run(TraceRoute(), TraceRequest(host, by_icmp=by_icmp, timeout=3000))
    assert [hop.host_address for hop in found.hops] == route
    assert [len([one for one in hop.rt_times if one]) for hop in found.hops] == [3, 3, 3]
    assert [hop.error_code for hop in found.hops] == [0, 0, 0 if by_icmp else code]
    assert (found.ip_address_used, found.response_time) == (ours, 1)
    assert [line["hop"] for line in way.lines[1:]] == [1, 2, 3]


@pytest.mark.parametrize("by_icmp", [False, True])
def test_as_many_tries_are_made_as_asked_with_the_asked_size_and_dscp(way: TheWay, by_icmp: bool) -> None:
    way.near.run("nft", "add table ip seen")
    way.near.run("nft", "add chain ip seen come { type filter hook prerouting priority 0; }")
    way.near.run("nft", "add rule ip seen come iifname in0 ip dscp 10 meta length 228 counter")
    request = TraceRequest(FAR, Way("eth0", dscp=10), tries=2, size=200, by_icmp=by_icmp, timeout=3000)
    found = way.run(TraceRoute(), request)
    told = way.near.run("nft", "list table ip seen")
    way.near.run("nft", "delete table ip seen")
    assert [len(hop.rt_times) for hop in found.hops] == [2, 2, 2]
    assert "packets 6 " in told


def test_a_host_that_is_farther_is_an_error_and_the_way_so_far_is_known(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(TraceRoute(), TraceRequest(FAR, most_hops=2, timeout=3000))
    assert failed.value.state == "Error_MaxHopCountExceeded"
    assert [hop.host_address for hop in failed.value.result.hops] == ROUTE[:2]
    assert failed.value.result.response_time == 0


def test_where_nobody_is_the_last_router_says_so(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed, match=MIDDLE) as failed:
        way.run(TraceRoute(), TraceRequest(NOWHERE, timeout=1000, tries=1))
    assert failed.value.state == "Error_NoRouteToHost"
    assert failed.value.result.hops[-1].error_code == 1


def test_a_router_that_says_nothing_is_a_hop_without_an_address(way: TheWay) -> None:
    way.near.run("nft", "add table ip silent")
    way.near.run("nft", "add chain ip silent go { type filter hook output priority 0; policy drop; }")
    try:
        found = way.run(TraceRoute(), TraceRequest(FAR, timeout=200))
    finally:
        way.near.run("nft", "delete table ip silent")
    assert [(hop.host_address, hop.rt_times[0]) for hop in found.hops[:1]] == [("", 0)]
    assert [hop.host_address for hop in found.hops[1:]] == ROUTE[1:]


def test_who_listens_there_and_answers_is_the_host_as_well(way: TheWay) -> None:
    code = (
        "import json, socket, threading\n"
        "from backends.diagnostics.trace_route import TraceRequest, TraceRoute\n"
        "servers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]\n"
        "def serve(one):\n"
        "    one.sendto(b'x', one.recvfrom(99)[1])\n"
        "for port, one in enumerate(servers, 33434):\n"
        "    one.bind(('127.0.0.1', port))\n"
        "    threading.Thread(target=serve, args=(one,), daemon=True).start()\n"
        "found = TraceRoute().run(TraceRequest('127.0.0.1'), lambda _: None, lambda: False)\n"
        "print(json.dumps([len(found.hops), found.hops[0].error_code, found.hops[0].host_address]))\n"
    )
    assert way.home.python(code) == [1, 0, "127.0.0.1"]


def test_each_time_is_that_of_its_own_probe_whichever_is_answered_first(way: TheWay) -> None:
    code = (
        "import json, socket, threading, time\n"
        "from backends.diagnostics.trace_route import TraceRequest, TraceRoute\n"
        "def serve(one, wait):\n"
        "    data, peer = one.recvfrom(99)\n"
        "    time.sleep(wait)\n"
        "    one.sendto(data, peer)\n"
        "for number, wait in enumerate((0.4, 0, 0.2)):\n"
        "    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    one.bind(('127.0.0.1', 33434 + number))\n"
        "    threading.Thread(target=serve, args=(one, wait), daemon=True).start()\n"
        "found = TraceRoute().run(TraceRequest('127.0.0.1'), lambda _: None, lambda: False)\n"
        "print(json.dumps(found.hops[0].rt_times))\n"
    )
    first, second, third = way.home.python(code)
    assert second < 150 < third < 350 < first


def test_without_a_route_there_is_none(way: TheWay) -> None:
    way.home.ip("route add unreachable 192.0.2.128/25")
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(TraceRoute(), TraceRequest("192.0.2.200"))
    assert failed.value.state == "Error_NoRouteToHost"


def test_a_cancel_is_heard_at_once(way: TheWay) -> None:
    way.near.run("nft", "add table ip silent")
    way.near.run("nft", "add chain ip silent go { type filter hook output priority 0; policy drop; }")
    cancel, began = threading.Event(), time.monotonic()
    in_time(cancel.set)
    try:
        assert way.run(TraceRoute(), TraceRequest(FAR, timeout=60_000), cancel.is_set) is None
    finally:
        way.near.run("nft", "delete table ip silent")
    assert time.monotonic() - began < 10


def test_the_way_to_a_group_is_none(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed, match="is a group"):
        way.run(TraceRoute(), TraceRequest("224.0.0.1", Way("eth0"), timeout=50, most_hops=1))
