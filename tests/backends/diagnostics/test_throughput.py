"""Several connections at once, by size and by time: what is measured, and that a cancel is heard."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from backends.diagnostics import throughput
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import download, upload
from backends.netlink_socket import inside
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.speed_asked import MILLION, asked, is_in_order, result_of, state_of
from tests.backends.diagnostics.speed_server import FtpBehaviour, ftp_server, http_server
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

__all__ = ["make_namespace"]


@pytest.mark.parametrize("link", ["lo", ""])
def test_the_total_of_the_interface_is_what_its_counters_say_meanwhile(link: str) -> None:
    with http_server(server.file_of(3 * MILLION)) as (url, _):
        result = result_of(download(), asked(url, way=Way(link=link)))
    assert result.total_bytes_received >= result.test_bytes >= 3 * MILLION  # what waited to be read has come by it too
    assert result.total_bytes_received >= result.total_bytes_sent >= 1 * MILLION  # of the loopback interface


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("is_ftp", [False, True])
def test_several_connections_are_measured_together_and_each_alone(host: str, is_ftp: bool) -> None:
    size = 2 * MILLION
    made = ftp_server(FtpBehaviour(size), host) if is_ftp else http_server(server.file_of(size), host)
    with made as (url, seen):
        result = result_of(download(), asked(url, connections=4, per_connection=True))
    assert seen.connections == 4
    assert len(result.connections) == 4
    assert sum(one.test_bytes for one in result.connections) == result.test_bytes >= 4 * size
    assert result.rom_time == min(one.rom_time for one in result.connections if one.rom_time)
    assert result.bom_time == min(one.bom_time for one in result.connections if one.bom_time)
    assert result.eom_time == max(one.eom_time for one in result.connections if one.eom_time)
    assert result.tcp_open_request_time == max(
        one.tcp_open_request_time for one in result.connections if one.tcp_open_request_time
    )
    assert 0 <= result.test_bytes_under_full_loading <= result.test_bytes <= result.total_bytes_received
    assert result.test_bytes_under_full_loading <= result.total_bytes_received_under_full_loading
    assert result.ip_address_used == host
    assert all(is_in_order(one) for one in result.connections)


@pytest.mark.parametrize(
    "made",
    [
        lambda: ftp_server(FtpBehaviour(2 * MILLION, confirms_after=0.3)),
        lambda: http_server(server.file_of(2 * MILLION)),
    ],
)
@pytest.mark.parametrize("connections", [1, 2])
def test_full_loading_lasts_from_the_latest_beginning_to_the_earliest_end(made: Any, connections: int) -> None:
    with made() as (url, _):
        result = result_of(download(), asked(url, connections=connections, per_connection=True))
    latest = max(one.bom_time for one in result.connections if one.bom_time)
    earliest = min(one.eom_time for one in result.connections if one.eom_time)
    full = max(earliest - latest, timedelta(0))
    assert abs(timedelta(microseconds=result.period_of_full_loading) - full) <= timedelta(microseconds=1)
    if connections == 1:
        assert result.test_bytes_under_full_loading == result.test_bytes


@pytest.mark.slow
def test_a_test_by_time_ends_in_time_and_its_intervals_add_up() -> None:
    lines: list[Mapping[str, Any]] = []
    with http_server(server.endless) as (url, _):
        result = result_of(download(), asked(url, duration=2, interval=1, connections=2), lines)
    assert result.bom_time
    assert result.eom_time
    assert timedelta(seconds=1.8) < result.eom_time - result.bom_time < timedelta(seconds=3)
    first, second = result.intervals
    assert first.start_time == result.bom_time  # TR-181: at BOMTime and the offset
    assert first.end_time == second.start_time
    assert first.end_time - result.bom_time >= timedelta(seconds=1)
    assert second.end_time - result.bom_time >= timedelta(seconds=2)
    assert 0 < first.test_bytes + second.test_bytes <= result.test_bytes
    assert result.period_of_full_loading > 1 * MILLION
    assert all(line["bytes"] > 0 and line["mbit"] > 0 for line in lines[1:])
    assert len(lines) >= 4


@pytest.mark.slow
def test_the_offset_is_waited_before_the_first_interval() -> None:
    with http_server(server.endless) as (url, _):
        result = result_of(download(), asked(url, duration=2, interval=1, offset=1))
    (only,) = result.intervals
    assert result.bom_time
    assert only.start_time - result.bom_time >= timedelta(seconds=1)
    assert only.end_time - result.bom_time >= timedelta(seconds=2)


@pytest.mark.slow
def test_a_link_that_goes_ends_the_test(make_namespace: Callable[[], Namespace]) -> None:
    home, far = make_namespace(), make_namespace()
    veth(home, "eth0", far, "eth0")
    for space, address in ((home, "192.0.2.1/24"), (far, "192.0.2.2/24")):
        space.ip(f"address add {address} dev eth0")
    lines: list[Mapping[str, Any]] = []

    def progress(line: Mapping[str, Any]) -> None:
        if not lines:
            home.ip("link delete eth0")
        lines.append(line)

    def fails(url: str) -> tuple[str, str]:
        with pytest.raises(DiagnosticFailed) as failed:
            download().measure(asked(url, duration=60, way=Way("eth0")), progress, lambda: False)
        return failed.value.state, failed.value.text

    with http_server(server.endless, "192.0.2.2", within=lambda make: inside(far.path, make)) as (url, _):
        assert inside(home.path, lambda: fails(url)) == ("Error_Internal", "the interface eth0 has gone")


@pytest.mark.slow
def test_a_test_by_time_whose_end_was_silent_is_not_complete_however_short_it_is() -> None:
    with http_server(server.stalls) as (url, _):
        assert state_of(download(), asked(url, duration=1)) == "Error_Timeout"


def test_an_address_that_must_not_be_spoken_to_sees_no_packet() -> None:
    with http_server(server.file_of(10)) as (url, seen):
        request = asked(url, refusal=lambda address, port: f"{address} is this machine")
        with pytest.raises(DiagnosticFailed, match="this machine") as failed:
            result_of(download(), request)
    assert failed.value.state == "Error_Other"
    assert seen.connections == 0


@pytest.mark.parametrize("made", [lambda: http_server(server.endless), lambda: ftp_server(FtpBehaviour(1 << 40))])
def test_a_cancel_is_heard_at_once_and_leaves_no_thread_behind(made: Any) -> None:
    before, wanted = threading.active_count(), threading.Event()
    with made() as (url, _):
        began = time.monotonic()
        threading.Timer(0.3, wanted.set).start()
        download().run(asked(url, connections=3), lambda _: None, wanted.is_set)
        assert time.monotonic() - began < 10
    until(lambda: threading.active_count() <= before)
    assert not [one for one in threading.enumerate() if one.name == "throughput"]


def test_the_result_speaks_as_the_data_model_does_also_of_a_test_that_failed() -> None:
    with http_server(server.endless) as (url, _):
        told = download().run(asked(url, duration=1, interval=1, per_connection=True), lambda _: None, lambda: False)
    assert told["test_bytes_received"] >= told["test_bytes_received_under_full_loading"] > 0
    assert told["connections"][0]["test_bytes_received"] == told["test_bytes_received"]
    assert told["intervals"][0]["test_bytes_received"] > 0
    with http_server(server.put_refused) as (url, _), pytest.raises(DiagnosticFailed) as failed:
        upload().run(asked(url, size=10), lambda _: None, lambda: False)
    assert failed.value.result["ip_address_used"] == "127.0.0.1"
    assert "test_bytes_sent" in failed.value.result


def test_a_test_that_does_not_come_to_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "LONGEST", 0.3)
    with http_server(server.endless) as (url, _):
        assert state_of(download(), asked(url)) == "Error_Timeout"
