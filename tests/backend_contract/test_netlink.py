"""What backends.netlink promises, of Linux and of the fake alike."""

import threading
import time
from dataclasses import replace

import pytest

from backends.errors import MechanismError, Missing
from backends.netlink import MAIN_TABLE, Link, Netlink, Route, RouteTo, Rule
from tests.backend_contract.conftest import Kernel
from tests.fakes.netlink import FakeNetlink
from tests.waiting import PATIENCE


def link(net: Netlink, name: str) -> Link:
    found = net.link(name)
    assert found is not None, name
    return found


def settled(net: Netlink, name: str, operstate: str) -> Link:
    """The link once its state is so: Linux lets it follow a moment later."""
    ends = time.monotonic() + PATIENCE
    while link(net, name).operstate != operstate and time.monotonic() < ends:
        time.sleep(0.01)
        net.forget()
    return link(net, name)


def usable(net: Netlink, address: str) -> None:
    """Waits until the kernel has made up its mind that nobody else has the address."""
    ends = time.monotonic() + PATIENCE
    while (
        any("tentative" in row.flags for row in net.addresses() if row.address == address) and time.monotonic() < ends
    ):
        time.sleep(0.01)
        net.forget()


def route(net: Netlink, destination: str, table: int = MAIN_TABLE) -> Route | None:
    return next((row for row in net.routes(table) if row.destination == destination), None)


def code_of(caught: pytest.ExceptionInfo[MechanismError]) -> str:
    return caught.value.code


# --- links


def test_the_loopback_is_known_for_what_it_is(net: Netlink) -> None:
    lo = link(net, "lo")
    assert (lo.loopback, lo.type, lo.up, lo.kind, lo.operstate) == (True, 772, True, "", "unknown")


def test_a_new_pair_is_down_and_its_ends_know_each_other(net: Netlink) -> None:
    a, b = link(net, "a"), link(net, "b")
    assert (a.kind, a.up, a.running, a.operstate, a.type) == ("veth", False, False, "down", 1)
    assert (a.peer_index, b.peer_index) == (b.index, a.index)
    assert a.lower is None
    assert len(a.mac) == 17


def test_a_link_runs_when_both_ends_are_up(net: Netlink) -> None:
    net.set_link("a", up=True)
    a = settled(net, "a", "lowerlayerdown")
    assert (a.up, a.running, a.operstate) == (True, False, "lowerlayerdown")
    net.set_link("b", up=True)
    a = settled(net, "a", "up")
    assert (a.running, a.operstate) == (True, "up")
    net.set_link("b", up=False)
    assert settled(net, "a", "lowerlayerdown").operstate == "lowerlayerdown"


def test_a_link_that_asks_no_neighbours_stays_up(net: Netlink) -> None:
    net.set_link("a", up=True)
    for arp in (False, True):
        net.set_link("a", arp=arp)
        assert (link(net, "a").arp, link(net, "a").up) == (arp, True)
    net.set_link("a", arp=False, up=False)
    assert (link(net, "a").arp, link(net, "a").up) == (False, False)


def test_mtu_and_address_change(net: Netlink) -> None:
    net.set_link("a", mtu=1400, mac="02:00:00:AA:BB:CC")
    assert (link(net, "a").mtu, link(net, "a").mac) == (1400, "02:00:00:aa:bb:cc")


@pytest.mark.parametrize("change", [{"mtu": 40}, {"mtu": -1}, {"mtu": 1 << 40}, {"mac": "02:00"}, {"mac": "x"}])
def test_a_value_that_cannot_be_is_refused_and_nothing_changes(net: Netlink, change: dict[str, object]) -> None:
    before = link(net, "a")
    with pytest.raises(MechanismError) as caught:
        net.set_link("a", **change)  # type: ignore[arg-type]
    assert code_of(caught) == "EINVAL"
    assert link(net, "a") == before


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a\tb", "sixteen-letters!", ".", "..", "a\0", "ä" * 8, "a:1"])
def test_a_name_that_no_interface_can_have_is_refused(net: Netlink, name: str) -> None:
    for attempt in (lambda: net.set_link(name, up=True), lambda: net.add_bridge(name), lambda: net.add_veth("x", name)):
        with pytest.raises(MechanismError) as caught:
            attempt()
        assert code_of(caught) == "EINVAL"


def test_what_is_not_there_is_missing(net: Netlink) -> None:
    for attempt in (
        lambda: net.set_link("nothing", up=True),
        lambda: net.set_link("a", master="nothing"),
        lambda: net.delete_link("nothing"),
        lambda: net.add_address("nothing", "192.0.2.1", 24),
        lambda: net.state_age("nothing"),
        lambda: net.delete_address("a", "192.0.2.1", 24),
        lambda: net.delete_route(Route(4, "198.51.100.0/24")),
    ):
        with pytest.raises(Missing):
            attempt()


def test_a_name_in_use_is_refused(net: Netlink) -> None:
    with pytest.raises(MechanismError) as caught:
        net.add_bridge("a")
    assert code_of(caught) == "EEXIST"


def test_a_physical_or_loopback_link_cannot_be_deleted(net: Netlink) -> None:
    with pytest.raises(MechanismError) as caught:
        net.delete_link("lo")
    assert code_of(caught) == "EOPNOTSUPP"


def test_deleting_one_end_of_a_pair_deletes_both(net: Netlink) -> None:
    net.delete_link("a")
    assert [one.name for one in net.links()] == ["lo"]


def test_counters_are_whole_numbers(wired: Netlink) -> None:
    counters = link(wired, "a").counters
    assert all(
        isinstance(getattr(counters, name), int) for name in ("rx_bytes", "tx_packets", "multicast", "tx_dropped")
    )


def test_the_age_of_a_state_starts_with_its_change(net: Netlink) -> None:
    net.set_link("a", up=True)
    assert net.state_age("a") == 0


# --- bridges


def test_a_bridge_has_the_options_it_was_given(net: Netlink) -> None:
    net.add_bridge("br", stp=1, priority=4096, forward_delay=400)
    net.set_bridge("br", hello_time=100, max_age=1000, ageing_time=6000, multicast_snooping=0)
    br = link(net, "br")
    assert br.kind == "bridge"
    assert br.bridge is not None
    assert (br.bridge.stp, br.bridge.priority, br.bridge.forward_delay) == (True, 4096, 400)
    assert (br.bridge.hello_time, br.bridge.max_age, br.bridge.ageing_time) == (100, 1000, 6000)
    assert br.bridge.multicast_snooping is False
    assert len(br.bridge.bridge_id) == 17


def test_an_option_nobody_knows_is_refused(net: Netlink) -> None:
    net.add_bridge("br")
    for attempt in (lambda: net.set_bridge("br", colour=1), lambda: net.set_bridge_port("a", colour=1)):
        with pytest.raises(MechanismError) as caught:
            attempt()
        assert code_of(caught) == "EINVAL"


def test_a_member_knows_its_bridge_until_it_leaves(net: Netlink) -> None:
    net.add_bridge("br")
    net.set_link("a", master="br")
    assert link(net, "a").master == "br"
    assert link(net, "a").port is not None
    net.set_link("a", master="")
    assert (link(net, "a").master, link(net, "a").port) == (None, None)


def test_a_member_moves_to_another_bridge_at_once(net: Netlink) -> None:
    net.add_bridge("one")
    net.add_bridge("two")
    net.set_link("a", master="one")
    net.set_link("a", master="two")
    assert link(net, "a").master == "two"


def test_a_member_has_priority_and_cost(net: Netlink) -> None:
    net.add_bridge("br")
    net.set_link("a", master="br")
    net.set_bridge_port("a", priority=5, path_cost=77)
    port = link(net, "a").port
    assert port is not None
    assert (port.priority, port.path_cost) == (5, 77)


def test_a_bridge_in_a_bridge_is_refused(net: Netlink) -> None:
    net.add_bridge("one")
    net.add_bridge("two")
    with pytest.raises(MechanismError) as caught:
        net.set_link("one", master="two")
    assert code_of(caught) == "ELOOP"


def test_deleting_a_bridge_leaves_its_members(net: Netlink) -> None:
    net.add_bridge("br")
    net.set_link("a", master="br")
    net.delete_link("br")
    assert link(net, "a").master is None


def test_a_bridge_runs_while_a_member_runs(net: Netlink) -> None:
    net.add_bridge("br")
    net.set_link("br", up=True)
    net.set_link("a", master="br")
    assert settled(net, "br", "down").running is False
    net.set_link("a", up=True)
    net.set_link("b", up=True)
    assert settled(net, "br", "up").running is True


def test_an_empty_bridge_runs_without_knowing_its_state(net: Netlink) -> None:
    net.add_bridge("br")
    net.set_link("br", up=True)
    assert (link(net, "br").running, link(net, "br").operstate) == (True, "unknown")


# --- addresses


def test_an_address_is_read_as_it_was_given(wired: Netlink) -> None:
    found = {(row.family, row.address): row for row in wired.addresses() if row.interface == "a"}
    four, six = found[4, "192.0.2.1"], found[6, "2001:db8::1"]
    assert (four.prefix_length, four.scope, four.peer, four.valid_lifetime) == (24, "global", None, None)
    assert (six.prefix_length, six.scope, six.preferred_lifetime, six.valid_lifetime) == (64, "global", None, None)
    assert {"permanent"} <= four.flags & six.flags


def test_an_address_can_be_given_for_a_time(wired: Netlink) -> None:
    wired.add_address("a", "2001:db8:1::1", 64, preferred_lifetime=100, valid_lifetime=200)
    (row,) = [row for row in wired.addresses() if row.address == "2001:db8:1::1"]
    assert row.preferred_lifetime in {99, 100}
    assert row.valid_lifetime in {199, 200}
    assert "permanent" not in row.flags
    wired.add_address("a", "2001:db8:1::1", 64, replace=True)
    (row,) = [row for row in wired.addresses() if row.address == "2001:db8:1::1"]
    assert (row.preferred_lifetime, row.valid_lifetime) == (None, None)


def test_a_point_to_point_address_knows_its_peer(wired: Netlink) -> None:
    wired.add_address("a", "198.51.100.1", 32, peer="198.51.100.2")
    (row,) = [row for row in wired.addresses() if row.address == "198.51.100.1"]
    assert (row.peer, row.prefix_length) == ("198.51.100.2", 32)


@pytest.mark.parametrize(("address", "length"), [("192.0.2.1", 24), ("2001:db8::1", 64)])
def test_the_same_address_twice_is_refused(wired: Netlink, address: str, length: int) -> None:
    with pytest.raises(MechanismError) as caught:
        wired.add_address("a", address, length)
    assert code_of(caught) == "EEXIST"


@pytest.mark.parametrize(("address", "length"), [("192.0.2.300", 24), ("192.0.2.1", 33), ("2001:db8::", 129), ("", 1)])
def test_an_address_that_cannot_be_is_refused(wired: Netlink, address: str, length: int) -> None:
    with pytest.raises(MechanismError) as caught:
        wired.add_address("a", address, length)
    assert code_of(caught) == "EINVAL"


def test_a_link_going_down_loses_its_ipv6_addresses_and_keeps_ipv4(wired: Netlink) -> None:
    wired.set_link("a", up=False)
    assert [row.address for row in wired.addresses() if row.interface == "a"] == ["192.0.2.1"]


def test_addresses_go_with_their_link(wired: Netlink) -> None:
    wired.delete_link("a")
    assert {row.interface for row in wired.addresses()} <= {"lo"}


# --- routes


@pytest.mark.parametrize("network", ["192.0.2.0/24", "2001:db8::/64"])
def test_an_address_brings_its_network_and_takes_it_away(wired: Netlink, network: str) -> None:
    connected = route(wired, network)
    assert connected is not None
    assert (connected.interface, connected.protocol, connected.gateway) == ("a", "kernel", None)
    wired.delete_address("a", "192.0.2.1", 24)
    wired.delete_address("a", "2001:db8::1", 64)
    assert route(wired, network) is None


@pytest.mark.parametrize(
    "wanted",
    [
        Route(4, "198.51.100.0/24", gateway="192.0.2.2", interface="a", metric=7),
        Route(4, "", gateway="192.0.2.2", interface="a", metric=9, protocol="dhcp"),
        Route(4, "203.0.113.0/24", interface="a", scope="link"),
        Route(4, "203.0.113.0/24", gateway="192.0.2.2", interface="a", table=1000),
        Route(6, "2001:db8:2::/48", gateway="2001:db8::2", interface="a", metric=7),
        Route(6, "", gateway="2001:db8::2", interface="a", metric=50, protocol="ra"),
        Route(6, "2001:db8:3::/48", interface="a", metric=3),
    ],
    ids=lambda row: f"{row.destination or 'default'} in {row.table}",
)
def test_a_route_is_read_as_it_was_made_until_it_is_deleted(wired: Netlink, wanted: Route) -> None:
    wired.add_route(wanted)
    assert route(wired, wanted.destination, wanted.table) == wanted
    with pytest.raises(MechanismError) as caught:
        wired.add_route(wanted)
    assert code_of(caught) == "EEXIST"
    wired.delete_route(wanted)
    assert route(wired, wanted.destination, wanted.table) is None


def test_a_route_of_another_protocol_is_not_the_one_to_be_deleted(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2", interface="a", protocol="boot"))
    wired.add_route(Route(6, "2001:db8:2::/48", gateway="2001:db8::2", interface="a", metric=7, protocol="boot"))
    for destination in ("198.51.100.0/24", "2001:db8:2::/48"):
        made = route(wired, destination)
        assert made is not None
        with pytest.raises(Missing):
            wired.delete_route(replace(made, protocol="static"))
        assert route(wired, destination) == made
        wired.delete_route(replace(made, protocol="unspecified"))
        assert route(wired, destination) is None


def test_an_address_of_this_machine_is_no_gateway_of_ipv6(wired: Netlink) -> None:
    with pytest.raises(MechanismError) as caught:
        wired.add_route(Route(6, "2001:db8:2::/48", "2001:db8::1", "a"))
    assert code_of(caught) == "EINVAL"
    wired.add_route(Route(4, "198.51.100.0/24", "192.0.2.1", "a"))


def test_a_link_local_gateway_is_on_every_link_and_needs_to_be_told_which(wired: Netlink) -> None:
    wanted = Route(6, "2001:db8:2::/48", "fe80::9", "a", metric=7)
    wired.add_route(wanted)
    assert route(wired, "2001:db8:2::/48") == wanted


def test_the_routes_of_an_address_stay_while_another_link_has_it(wired: Netlink) -> None:
    wired.add_address("b", "192.0.2.1", 28)
    wired.delete_address("b", "192.0.2.1", 28)
    assert route(wired, "192.0.2.0/24") is not None


def test_an_ipv6_route_that_expires_says_when(wired: Netlink) -> None:
    wired.add_route(Route(6, "2001:db8:2::/48", gateway="2001:db8::2", interface="a", metric=7, expires=600))
    made = route(wired, "2001:db8:2::/48")
    assert made is not None
    assert made.expires is not None
    assert 590 <= made.expires <= 600


def test_a_route_without_an_interface_gets_its_gateway_s(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2"))
    found = route(wired, "198.51.100.0/24")
    assert found is not None
    assert found.interface == "a"


def test_an_ipv6_route_without_a_metric_gets_the_kernel_s(wired: Netlink) -> None:
    wired.add_route(Route(6, "2001:db8:2::/48", gateway="2001:db8::2"))
    found = route(wired, "2001:db8:2::/48")
    assert found is not None
    assert found.metric == 1024


def test_replacing_a_route_leaves_one(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2"))
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.3"), replace=True)
    assert [row.gateway for row in wired.routes() if row.destination == "198.51.100.0/24"] == ["192.0.2.3"]


def test_a_gateway_out_of_reach_is_refused(wired: Netlink) -> None:
    for wanted in (
        Route(4, "198.51.100.0/24", gateway="10.0.0.1"),
        Route(6, "", gateway="2001:db8:ffff::1", interface="a"),
    ):
        with pytest.raises(MechanismError) as caught:
            wired.add_route(wanted)
        assert code_of(caught) in {"ENETUNREACH", "EHOSTUNREACH"}


@pytest.mark.parametrize("wanted", [Route(4, "192.0.2.1/24", interface="a"), Route(6, "192.0.2.0/24", interface="a")])
def test_a_destination_that_cannot_be_is_refused(wired: Netlink, wanted: Route) -> None:
    with pytest.raises(MechanismError) as caught:
        wired.add_route(wanted)
    assert code_of(caught) == "EINVAL"


def test_a_way_that_leads_nowhere_needs_no_interface(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", type="unreachable"))
    wired.add_route(Route(6, "2001:db8:9::/48", type="unreachable"))
    assert [row.type for row in wired.routes() if row.destination in {"198.51.100.0/24", "2001:db8:9::/48"}] == [
        "unreachable"
    ] * 2
    assert wired.route_to("198.51.100.1") is None
    assert wired.route_to("2001:db8:9::1") is None


def test_routes_of_a_link_that_goes_down_are_gone(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2"))
    wired.set_link("a", up=False)
    assert [row for row in wired.routes() if row.interface == "a"] == []


def test_a_route_tells_when_its_link_has_no_carrier(wired: Netlink) -> None:
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2"))
    wired.set_link("b", up=False)
    settled(wired, "a", "lowerlayerdown")
    wired.forget()
    found = route(wired, "198.51.100.0/24")
    assert found is not None
    assert found.linkdown


def test_the_main_table_is_free_of_other_tables_routes(wired: Netlink) -> None:
    wired.add_route(Route(4, "", gateway="192.0.2.2", table=1000))
    assert route(wired, "") is None
    assert route(wired, "", 1000) is not None


def test_the_way_to_an_address_is_the_kernel_s_choice(wired: Netlink) -> None:
    assert wired.route_to("198.51.100.1") is None
    assert wired.route_to("2001:db8:8::1") is None
    wired.add_route(Route(4, "", gateway="192.0.2.2"))
    wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.3"))
    assert wired.route_to("192.0.2.7") == RouteTo("a", "192.0.2.1", None)
    assert wired.route_to("198.51.100.1") == RouteTo("a", "192.0.2.1", "192.0.2.3")
    assert wired.route_to("203.0.113.1") == RouteTo("a", "192.0.2.1", "192.0.2.2")
    usable(wired, "2001:db8::1")
    assert wired.route_to("2001:db8::7") == RouteTo("a", "2001:db8::1", None)
    assert wired.route_to("198.51.100.1", "a") == RouteTo("a", "192.0.2.1", "192.0.2.3")


def test_by_a_link_that_is_not_there_leads_no_way(wired: Netlink) -> None:
    assert wired.route_to("192.0.2.7", "eth9") is None
    assert wired.route_to("2001:db8::7", "eth9") is None


def test_the_way_to_what_is_no_address_is_refused(wired: Netlink) -> None:
    with pytest.raises(MechanismError) as caught:
        wired.route_to("acs.example")
    assert code_of(caught) == "EINVAL"


# --- neighbours


def test_a_neighbour_has_its_address_and_state(kernel: Kernel, wired: Netlink) -> None:
    kernel.put_neighbour("a", "192.0.2.9", "02:00:00:00:00:99")
    (row,) = [row for row in wired.neighbours() if row.address == "192.0.2.9"]
    assert (row.interface, row.mac, row.state, row.is_router) == ("a", "02:00:00:00:00:99", "reachable", False)
    assert row.confirmed_age is not None
    assert 0 <= row.confirmed_age < 60


# --- one dump per request


def test_reads_stay_the_same_until_they_are_forgotten(kernel: Kernel, net: Netlink) -> None:
    before = net.links()
    kernel.another().add_bridge("br")
    assert net.links() is before
    net.forget()
    assert net.link("br") is not None


def test_own_changes_are_seen_at_once(net: Netlink) -> None:
    assert net.link("br") is None
    net.add_bridge("br")
    assert net.link("br") is not None


# --- news


class Watched:
    """What a watching thread was told."""

    def __init__(self, net: Netlink) -> None:
        self.news: list[frozenset[str]] = []
        self.at: list[float] = []
        self.stop = threading.Event()
        self.first = threading.Event()
        self.thread = threading.Thread(target=net.watch, args=(self.heard, self.stop))
        self.thread.start()
        assert self.first.wait(PATIENCE)

    def heard(self, topics: frozenset[str]) -> None:
        self.news.append(topics)
        self.at.append(time.monotonic())
        self.first.set()

    def wait_for(self, count: int) -> list[frozenset[str]]:
        ends = time.monotonic() + PATIENCE
        while len(self.news) < count and time.monotonic() < ends:
            time.sleep(0.005)
        return self.news

    def until_told(self, topic: str) -> None:
        """Beside what still goes on in the network that was just made."""
        ends = time.monotonic() + PATIENCE
        while not any(topic in each for each in self.news[1:]):
            assert time.monotonic() < ends, self.news
            time.sleep(0.005)

    def end(self) -> float:
        begun = time.monotonic()
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return time.monotonic() - begun


def test_a_watcher_is_told_what_changed_once_for_a_burst(wired: Netlink, kernel: Kernel) -> None:
    watched = Watched(kernel.another())
    try:
        begun = time.monotonic()
        for last in range(10, 30):
            wired.add_address("a", f"192.0.2.{last}", 24)
        news = watched.wait_for(2)
        assert news[0] == {"everything"}
        assert "address" in news[1]
        assert watched.at[1] - begun < 10
        time.sleep(0.3)
        assert len(watched.news) <= 3
    finally:
        took = watched.end()
    assert took < 10


def test_a_watcher_is_told_of_links_and_routes(wired: Netlink, kernel: Kernel) -> None:
    watched = Watched(kernel.another())
    try:
        wired.add_route(Route(4, "198.51.100.0/24", gateway="192.0.2.2"))
        watched.until_told("route")
        watched.news[1:] = []
        wired.set_link("b", mtu=1400)
        watched.until_told("link")
    finally:
        watched.end()


# --- the fake itself


def test_the_fake_answers_everything_that_the_real_one_does() -> None:
    public = {name for name in vars(Netlink) if not name.startswith("_")} - {"link"}
    assert public <= set(vars(FakeNetlink))


def test_a_fake_can_be_told_to_fail_once() -> None:
    net = FakeNetlink()
    net.kernel.fail_next = MechanismError("no", "EIO")
    with pytest.raises(MechanismError):
        net.links()
    assert [replace(one) for one in net.links()] == list(net.kernel.links.values())


def test_an_address_may_come_without_a_route_to_its_subnet_and_with_a_scope(kernel: Kernel) -> None:
    kernel.netlink.set_link("a", up=True)
    kernel.netlink.set_link("b", up=True)
    kernel.netlink.add_address("a", "192.0.2.1", 24, scope="link", prefix_route=False)
    [address] = [one for one in kernel.netlink.addresses() if one.address == "192.0.2.1"]
    assert (address.scope, "noprefixroute" in address.flags) == ("link", True)
    assert [route for route in kernel.netlink.routes() if route.destination == "192.0.2.0/24"] == []


@pytest.mark.parametrize(
    "rule",
    [
        Rule(4, 13001, 13001, 0x2000000, 0x7F000000),
        Rule(6, 13001, 13001, 0x2000000, 0x7F000000),
        Rule(4, 12900, 12900, source="192.0.2.1/32"),
        Rule(6, 12900, 12900, source="2001:db8::/64"),
        Rule(4, 12900, 12900, output="a"),
        Rule(6, 12900, 12900, output="nowhere"),
    ],
    ids=str,
)
def test_packets_that_a_rule_describes_are_routed_by_a_table_of_their_own(kernel: Kernel, rule: Rule) -> None:
    net = kernel.netlink
    before = list(net.rules())
    net.add_rule(rule)
    assert rule in net.rules()
    with pytest.raises(MechanismError) as caught:
        net.add_rule(rule)
    assert caught.value.code == "EEXIST"
    net.delete_rule(rule)
    assert list(net.rules()) == before
    with pytest.raises(Missing):
        net.delete_rule(rule)


def test_a_route_keeps_its_metrics_and_is_deleted_without_naming_them(wired: Netlink) -> None:
    route = Route(4, "203.0.113.0/24", "192.0.2.9", "a", metrics=(("mtu", 1280), ("initcwnd", 20)))
    wired.add_route(route)
    [found] = [one for one in wired.routes() if one.destination == route.destination]
    assert dict(found.metrics) == {"mtu": 1280, "initcwnd": 20}
    wired.delete_route(replace(route, metrics=()))
    assert [one for one in wired.routes() if one.destination == route.destination] == []


def test_addresses_and_routes_that_change_are_read_again_and_links_are_not(wired: Netlink) -> None:
    links = wired.links()
    wired.add_address("a", "192.0.2.77", 24)
    assert "192.0.2.77" in [one.address for one in wired.addresses()]
    wired.add_route(Route(4, "203.0.113.0/24", "192.0.2.9", "a"))
    assert "203.0.113.0/24" in [one.destination for one in wired.routes()]
    if not isinstance(wired, FakeNetlink):
        assert wired.links() is links
