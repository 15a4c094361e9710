"""Which changes lead from what UCI says to what is asked for."""

import pytest

from backends.network.errors import Conflict, HandMade
from backends.network.plan import Change, Ident
from backends.network.records import BridgePort, IpInterface, IpRoute, Records, Reference
from backends.network.topology import Topology
from backends.openwrt.network.planning import (
    bridges_of,
    changes,
    claimed_links,
    given_up,
    is_said,
    merged,
    moves,
    switched_off,
    switched_off_rows,
)
from tests.backends.openwrt.network.board import links

pytestmark = pytest.mark.slow


ADDRESS: Ident = ("address", "a", "192.0.2.1/24")
LINK: Ident = ("link", "a")
ROUTE: Ident = ("route", "4", "default", "192.0.2.9", "a", "0", "unicast")


def test_what_uci_says_is_stronger_than_what_the_kernel_has_and_nothing_says_nothing() -> None:
    state = merged({LINK: {"mtu": 1500, "up": True}}, {LINK: {"mtu": 1400, "up": None}, ADDRESS: {}, ("ula", ""): {}})
    assert state[LINK] == {"mtu": 1400, "up": True}
    assert state[ADDRESS]["flags"] == ["permanent"]
    assert ("ula", "") not in state


def test_a_vlan_that_the_kernel_gives_by_default_does_not_count_in_a_bridge_of_netifd_s() -> None:
    vlan: Ident = ("bridge_vlan", "a", "1")
    entry = {"untagged": True, "pvid": True}
    assert merged({vlan: entry}, {("port", "a"): {"bridge": "br0"}}) == {("port", "a"): {"bridge": "br0"}}
    assert merged({vlan: entry}, {}) == {vlan: entry}


def test_nothing_is_to_be_done_where_it_is_said_or_so_by_itself() -> None:
    wish = {ADDRESS: {}, LINK: {"mtu": 1500}}
    said = {ADDRESS: {}, LINK: {"mtu": None, "up": False}}
    assert list(changes(wish, set(wish), said, {LINK: {"mtu": 1500}}, wish)) == []
    assert is_said(LINK, {"mtu": 1500}, said, {LINK: {"mtu": 1500}})
    assert not is_said(LINK, {"up": True}, said, {LINK: {"up": True}}), "a boot would not raise it"


def test_only_what_is_new_is_changed_and_what_was_before_comes_back() -> None:
    wish = {ADDRESS: {}, LINK: {"mtu": None}, ROUTE: None}
    said = {LINK: {"mtu": 1400}, ROUTE: {}}
    assert list(changes(wish, {LINK}, said, {}, {})) == [Change(LINK, {"mtu": 1400}, {"mtu": None})]
    assert list(changes(wish, set(wish), said, {}, {})) == [
        Change(ADDRESS, None, {}), Change(LINK, {"mtu": 1400}, {"mtu": None}), Change(ROUTE, {}, None),
    ]  # fmt: skip


def test_what_somebody_made_past_uci_is_not_taken_away_and_an_end_of_life_cannot_be_said() -> None:
    with pytest.raises(HandMade):
        list(changes({ADDRESS: None}, {ADDRESS}, {}, {ADDRESS: {}}, {ADDRESS: None}))
    with pytest.raises(Conflict):
        list(changes({ADDRESS: {"until": [5, 9]}}, {ADDRESS}, {ADDRESS: {}}, {}, {}))


def test_a_row_that_moves_takes_the_place_of_what_it_was() -> None:
    row = Reference("address", "a 192.0.2.1/24")
    there: Ident = ("address", "a", "192.0.2.7/24")
    assert moves({}, {row: there}) == {there: ADDRESS}
    assert moves({Reference("route", "+1"): ROUTE}, {Reference("route", "+1"): ROUTE}) == {}


def test_a_route_whose_row_stays_is_switched_off_only_and_given_up_with_its_row() -> None:
    records = Records().with_record("+1", IpRoute(enable=False, destination="10.0.0.0", prefix_length=8,
                                                  gateway="192.0.2.9", ip="a"))  # fmt: skip
    topology = Topology(records, list(links("a").values()))
    assert switched_off({Reference("route", "+1"): ROUTE}, records) == {ROUTE}
    off = switched_off_rows(records, topology, [ADDRESS])
    [ident] = off.values()
    gone: Ident = ("off", *ident[1:])
    assert given_up(off, {}, {gone: {}}) == [Change(gone, {}, None)]
    assert given_up(off, off, {gone: {}}) == given_up(off, {}, {}) == []


def test_links_of_added_rows_and_bridges_of_ports() -> None:
    records = Records().with_record("+1", IpInterface(enable=True, lower=Reference("ethernet_link", "a")))
    records = records.with_record("+2", BridgePort(enable=True, bridge="br0", lower=Reference("port", "b")))
    topology = Topology(records, list(links("a", "b").values()))
    assert claimed_links(records, topology) == {"a"}
    assert bridges_of(records, topology, {("port", "c"): {"bridge": "br1"}}) == {"b": "br0", "c": "br1"}
