"""The counters of a link."""

import socket
from pathlib import Path

import pytest

from backends.diagnostics.link_counters import NONE, Counters, Traffic, link_to, traffic_of
from backends.diagnostics.sockets import Place, Way
from tests.netlab.namespace import Namespace, NamespaceRefused


def test_a_link_that_is_made_anew_counts_from_nothing() -> None:
    assert Traffic(5, 5).since(Traffic(100, 100)) == Traffic(0, 0)


def test_the_bytes_of_a_link_are_read_from_the_kernels_table(tmp_path: Path) -> None:
    (tmp_path / "thread-self/net").mkdir(parents=True)
    (tmp_path / "thread-self/net/dev").write_text(
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
        "  eth0: 1000 2 0 0 0 0 0 0 3000 4 0 0 0 0 0 0\n"
        "eth0.7: 5 2 0 0 0 0 0 0 6 4 0 0 0 0 0 0\n"
    )
    assert traffic_of("eth0", tmp_path) == Traffic(1000, 3000)
    assert traffic_of("eth0.7", tmp_path) == Traffic(5, 6)
    assert traffic_of("eth", tmp_path) is None
    assert traffic_of("", tmp_path) is None
    assert traffic_of("eth0", tmp_path / "gone") is None


def test_the_loopback_interface_of_this_machine_has_counted_as_much_out_as_in() -> None:
    received, sent = traffic_of("lo") or NONE
    assert received == sent > 0


@pytest.mark.parametrize("place", [(socket.AF_INET, ("127.0.0.1", 80)), (socket.AF_INET6, ("::1", 80, 0, 0))])
def test_the_routes_tell_by_which_link_a_test_goes(place: Place) -> None:
    assert link_to(place) == "lo"
    assert link_to((socket.AF_INET6, ("fe80::7", 80, 0, socket.if_nametoindex("lo")))) == "lo"


def test_where_no_route_leads_there_is_no_link() -> None:
    code = (
        "import json, socket\n"
        "from backends.diagnostics.link_counters import link_to\n"
        "print(json.dumps([link_to((socket.AF_INET, (to, 80))) for to in ('192.0.2.1', 'no address')]))\n"
    )
    try:
        space = Namespace()
    except NamespaceRefused as reason:
        pytest.skip(f"this user may not make a network namespace: {reason}")
    try:
        assert space.python(code) == ["", ""]
    finally:
        space.close()


def test_of_a_link_without_counters_it_is_what_the_test_has_moved(tmp_path: Path) -> None:
    places: list[Place] = []
    made = Counters(Way(link="lo"), lambda: places[0] if places else None, lambda: Traffic(5, 6), tmp_path)
    assert made.now() == NONE
    places.append((socket.AF_INET, ("127.0.0.1", 80)))
    assert made.now() == Traffic(5, 6)
