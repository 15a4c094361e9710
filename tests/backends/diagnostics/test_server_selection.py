"""ServerSelectionDiagnostics over two routers, in namespaces."""

import socket
import threading
import time

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.server_selection import PORT, HostResult, SelectionRequest, SelectionResult, ServerSelection
from backends.netlink_socket import inside
from tests.backends.diagnostics.way import FAR, FAR6, HOME, NEAR, TheWay, in_time
from tests.waiting import PATIENCE


def test_the_nearest_is_the_fastest(way: TheWay) -> None:
    found = way.run(ServerSelection(), SelectionRequest((FAR, NEAR), repetitions=30))
    by_host = {one.host: one.average for one in found.hosts}
    assert found.fastest_host == min(by_host, key=lambda host: by_host[host])
    assert (found.average_response_time, found.ip_address_used) == (by_host[found.fastest_host], HOME)
    assert 0 < found.minimum_response_time <= found.average_response_time <= found.maximum_response_time


def test_the_echo_service_is_asked_where_udp_was_asked_for(way: TheWay) -> None:
    server = inside(way.far.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind((FAR, PORT))
    server.settimeout(10)

    def serve() -> None:
        for _ in range(3):
            data, peer = server.recvfrom(2048)
            server.sendto(data, peer)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    found = way.run(ServerSelection(), SelectionRequest((NEAR, FAR), repetitions=3, by_udp=True, timeout=3000))
    serving.join(PATIENCE)
    server.close()
    assert (found.fastest_host, [one.success_count for one in found.hosts]) == (FAR, [0, 3])


def test_nobody_who_answers_is_an_error_without_a_host_and_without_times(way: TheWay) -> None:
    with pytest.raises(DiagnosticFailed, match="no host answered") as failed:
        way.run(ServerSelection(), SelectionRequest((NEAR, "nobody.invalid"), repetitions=2, by_udp=True, timeout=100))
    assert failed.value.state == "Error_Other"
    assert failed.value.result == SelectionResult(
        hosts=(HostResult(NEAR, 0, 2, 0), HostResult("nobody.invalid", 0, 2, 0, failed.value.result.hosts[1].why))
    )


def test_a_name_that_nobody_knows_is_passed_over_and_is_an_error_when_it_is_the_only_one(way: TheWay) -> None:
    found = way.run(ServerSelection(), SelectionRequest(("nobody.invalid", FAR6), repetitions=1))
    assert (found.fastest_host, bool(found.hosts[0].why)) == (FAR6, True)
    with pytest.raises(DiagnosticFailed) as failed:
        way.run(ServerSelection(), SelectionRequest(("nobody.invalid",)))
    assert failed.value.state == "Error_CannotResolveHostName"


def test_hosts_that_may_not_be_asked_are_passed_over(way: TheWay) -> None:
    def refusal(address: str, port: int) -> str:
        return "in the home" if address == NEAR else ""

    found = way.run(ServerSelection(), SelectionRequest((NEAR, FAR), repetitions=1, refusal=refusal))
    assert (found.fastest_host, found.hosts[0].why) == (FAR, "in the home")
    for refused in ({"hosts": (NEAR,), "refusal": refusal}, {"hosts": ("224.0.0.1",)}):
        with pytest.raises(DiagnosticFailed, match=r"in the home|is a group"):
            way.run(ServerSelection(), SelectionRequest(**refused))  # type: ignore[arg-type]


def test_hosts_without_a_way_to_them_are_an_error_that_the_diagnostic_has_a_word_for(way: TheWay) -> None:
    way.home.ip("route add unreachable 192.0.2.64/26")
    with pytest.raises(DiagnosticFailed, match=r"192\.0\.2\.100") as failed:
        way.run(ServerSelection(), SelectionRequest(("192.0.2.100",)))
    assert failed.value.state == "Error_Other"


def test_a_cancel_is_heard_at_once(way: TheWay) -> None:
    cancel, began = threading.Event(), time.monotonic()
    in_time(cancel.set)
    assert way.run(ServerSelection(), SelectionRequest((FAR,), repetitions=100_000), cancel.is_set) is None
    assert time.monotonic() - began < 10
