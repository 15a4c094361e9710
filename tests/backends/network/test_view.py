"""The view joins what is configured with what is there."""

from backends.network.view import NetworkView
from tests.backends.conftest import Bench


def test_rows_find_their_link_address_and_route(memory: Bench) -> None:
    view = NetworkView(memory.netlink, memory.procfs)
    [interface] = [row for row in view.ip_rows() if row.key == "eth0"]
    assert view.link(interface).name == view.link_name(interface) == "eth0"
    [address] = view.addresses(4)
    assert view.address_of(address).address == "192.0.2.1"
    for row in view.routes(4):
        assert view.route_of(row).family == 4


def test_what_is_derived_lives_as_long_as_the_dump_it_was_made_of(memory: Bench) -> None:
    view = NetworkView(memory.netlink, memory.procfs)
    topology = view.topology
    assert view.topology is topology
    memory.netlink.forget()
    assert view.topology is not topology


def test_a_link_that_nobody_holds_down_is_up_as_it_is(memory: Bench) -> None:
    view = NetworkView(memory.netlink, memory.procfs)
    assert view.stands_up("eth0", now=True)
    assert not view.stands_up("eth0", now=False)
    assert view.ipv6_enabled("eth0") is True
    assert view.ipv6_enabled("nosuch") is None
    assert view.state_age("eth0") >= 0
