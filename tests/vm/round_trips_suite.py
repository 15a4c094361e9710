"""Diagnostics over delay and loss, beside ping, traceroute and dig; run by test_round_trips_in_machine.py."""

import re
import socket
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from agent.diagnostics.name_lookup import NameLookup
from backends.diagnostics.name_lookup import LookupRequest
from backends.diagnostics.ping import Ping, PingRequest
from backends.diagnostics.server_selection import SelectionRequest, ServerSelection
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import download, upload
from backends.diagnostics.throughput_types import TransferRequest
from backends.diagnostics.trace_route import TraceRequest, TraceRoute
from backends.diagnostics.udp_echo import EchoRequest, UdpEcho
from backends.diagnostics.udp_echo_server import EchoPlace, EchoServer
from backends.netlink_socket import inside
from tests.backends.diagnostics import speed_server
from tests.backends.diagnostics.way import FAR, FAR6, HOME, NEAR, TheWay
from tests.diagnostics.name_server import NameServer, serving
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["make_namespace"]

DELAY = 40.0
"""Milliseconds that netem adds to a round trip."""
WITHIN = 0.05


@pytest.fixture
def way(make_namespace: Callable[[], Namespace]) -> TheWay:
    return TheWay(make_namespace)


@pytest.fixture
def slow(way: TheWay) -> TheWay:
    """The far half of the way takes its time, in both directions."""
    half = f"{DELAY / 2:g}ms"
    for space, link in ((way.middle, "out0"), (way.far, "eth0")):
        space.run("tc", "qdisc", "add", "dev", link, "root", "netem", "delay", half, "limit", "10000")
    for host in (FAR, FAR6):
        way.home.run("ping", "-c", "1", host)  # neighbours are found
    return way


def close(value: float, expected: float, within: float = WITHIN) -> bool:
    return abs(value - expected) <= within * expected


@pytest.mark.parametrize("host", [FAR, FAR6])
def test_a_ping_takes_what_was_set_and_what_ping_says(slow: TheWay, host: str) -> None:
    found = slow.run(Ping(), PingRequest(host, repetitions=50, interval=10))
    told = slow.home.run("ping", "-c", "50", "-i", "0.01", "-q", host)
    least, mean = (float(one) for one in re.findall(r"= ([\d.]+)/([\d.]+)/", told)[0])
    ours = found.average_response_time_detailed / 1000
    print(f"ping to {host}: {ours:.3f} ms, ping says {mean:.3f} ms")
    assert found.success_count == 50
    assert close(ours, DELAY)
    assert close(ours, mean)
    assert DELAY <= found.minimum_response_time_detailed / 1000 <= least + 1


def echoing(way: TheWay) -> EchoServer:
    made = EchoServer()
    inside(way.far.path, lambda: made.listen(EchoPlace(7, HOME, plus=True)))
    return made


def test_an_echo_by_udp_takes_what_was_set_or_what_ping_says_without_what_the_far_side_says_it_took(
    slow: TheWay,
) -> None:
    server = echoing(slow)
    found = slow.run(UdpEcho(), EchoRequest(FAR, Way(), repetitions=20, interval=150, size=64, individual=True))
    server.stop()
    assert (found.success_count, found.failure_count) == (20, 0)
    on_the_way = [
        (one.packet_receive_time - one.packet_send_time).total_seconds() * 1000
        - (one.test_resp_reply_time_stamp - one.test_resp_rcv_time_stamp) % 2**32 / 1000
        for one in found.packets
    ]
    ours = statistics.median(on_the_way)
    print(f"UDP echo: {found.average_response_time / 1000:.3f} ms, of these on the way {ours:.3f} ms")
    told = slow.home.run("ping", "-c", "20", "-i", "0.15", FAR)
    theirs = statistics.median(float(one) for one in re.findall(r"time=([\d.]+)", told))  # the same processors are slow
    print(f"ping says {theirs:.3f} ms")
    assert close(ours, DELAY) or close(ours, theirs)
    assert found.minimum_response_time / 1000 >= DELAY
    assert sorted(one.test_resp_sn for one in found.packets) == list(range(1, 21))


def test_echoes_by_udp_that_are_lost_are_counted_as_the_link_loses_them(way: TheWay) -> None:
    server = echoing(way)
    way.middle.run("tc", "qdisc", "add", "dev", "out0", "root", "netem", "loss", "20%", "limit", "10000")
    found = way.run(UdpEcho(), EchoRequest(FAR, Way(), repetitions=300, interval=20, timeout=2000))
    server.stop()
    dropped = int(re.findall(r"dropped (\d+)", way.middle.run("tc", "-s", "qdisc", "show", "dev", "out0"))[0])
    print(f"lost: {found.failure_count}, the link says {dropped}")
    assert found.success_count + found.failure_count == 300
    assert abs(found.failure_count - dropped) <= 2  # a neighbour's question may be among them
    assert 30 < found.failure_count < 95


@pytest.mark.parametrize("is_upload", [False, True])
def test_throughput_over_a_slow_and_far_link_is_what_was_set(slow: TheWay, is_upload: bool) -> None:
    space, link = (slow.home, "eth0") if is_upload else (slow.near, "in0")
    space.run("tc", "qdisc", "add", "dev", link, "root", "tbf", "rate", "8mbit", "burst", "16k", "latency", "300ms")
    behave = speed_server.put if is_upload else speed_server.endless
    with speed_server.http_server(behave, FAR, 8080, partial(inside, slow.far.path)) as (url, _):
        test = upload() if is_upload else download()
        found = slow.run(test, TransferRequest(url, Way(), connections=2, duration=9, interval=5, offset=3))
    counted = found["intervals"][0]
    seconds = (counted["end_time"] - counted["start_time"]).total_seconds()
    rate = counted["test_bytes_sent" if is_upload else "test_bytes_received"] * 8 / seconds / 1e6
    print(f"{'upload' if is_upload else 'download'}: {rate:.2f} Mbit/s of {8 * 1448 / 1514:.2f}")
    assert close(rate, 8 * 1448 / 1514)


def test_what_is_lost_is_counted_as_the_link_loses_it(way: TheWay) -> None:
    way.middle.run("tc", "qdisc", "add", "dev", "out0", "root", "netem", "loss", "20%", "limit", "10000")
    found = way.run(Ping(), PingRequest(FAR, repetitions=1000, interval=2, timeout=10_000))
    told = way.middle.run("tc", "-s", "qdisc", "show", "dev", "out0")
    dropped = int(re.findall(r"dropped (\d+)", told)[0])
    print(f"lost: {found.failure_count}, the link says {dropped}")
    assert found.success_count + found.failure_count == 1000
    assert abs(found.failure_count - dropped) <= 2  # a neighbour's question may be among them
    assert 140 < found.failure_count < 260


@pytest.mark.parametrize("by_icmp", [False, True])
def test_a_trace_finds_the_same_routers_as_traceroute_and_the_same_times(slow: TheWay, by_icmp: bool) -> None:
    times = []
    for _ in range(5):
        found = slow.run(TraceRoute(), TraceRequest(FAR, by_icmp=by_icmp, timeout=5000))
        times += [one / 1000 for one in found.hops[-1].microseconds]
    kind = ["-I"] if by_icmp else []
    told = slow.home.run("traceroute", "-n", "-q", "3", *kind, FAR).splitlines()[1:]
    routers = [line.split()[1] for line in told]
    last = statistics.median(float(one) for one in re.findall(r"([\d.]+) ms", told[-1]))
    ours = statistics.quantiles(times)[0]  # a processor that is imitated hears late of what comes while it is busy
    print(f"trace by {'ICMP' if by_icmp else 'UDP'}: {ours:.3f} ms, traceroute says {last:.3f} ms")
    assert [hop.host_address for hop in found.hops] == routers
    assert close(ours, DELAY)
    assert close(ours, last)


def test_the_selection_knows_the_near_from_the_far(slow: TheWay) -> None:
    found = slow.run(ServerSelection(), SelectionRequest((FAR, NEAR), repetitions=5, timeout=3000))
    [far] = [one for one in found.hosts if one.host == FAR]
    assert found.fastest_host == NEAR
    assert close(far.average / 1000, DELAY)


def test_a_look_up_takes_what_dig_says(slow: TheWay) -> None:
    names = NameServer({"host.example.": (0x0400, ["192.0.2.77"])})

    def make(kind: socket.SocketKind) -> socket.socket:
        return inside(slow.far.path, lambda: socket.socket(socket.AF_INET, kind))

    with serving(names, make, FAR, 53):
        found = slow.run(NameLookup(), LookupRequest("host.example", FAR, repetitions=20))
        told = [slow.home.run("dig", f"@{FAR}", "host.example", "A", "+noedns") for _ in range(5)]
    ours = statistics.median(one.microseconds for one in found.results) / 1000
    theirs = statistics.median(int(re.findall(r"Query time: (\d+) msec", one)[0]) for one in told)
    print(f"look-up: {ours:.3f} ms, dig says {theirs} ms")
    assert found.success_count == 20
    assert re.search(r"192\.0\.2\.77$", told[0], re.MULTILINE)
    assert found.results[0].ip_addresses == ("192.0.2.77",)
    assert found.results[0].answer_type == ("Authoritative" if " aa " in told[0] else "NonAuthoritative")
    assert close(ours, DELAY)
    assert theirs >= DELAY  # dig counts in whole milliseconds, and its own with them


def test_no_program_is_started_for_it(slow: TheWay) -> None:
    sources = [*Path("backends/diagnostics").glob("*.py"), Path("agent/diagnostics/name_lookup.py")]
    assert [one for one in sources if re.search(r"\bsubprocess\b|os\.(system|popen|exec|spawn)", one.read_text())] == []
