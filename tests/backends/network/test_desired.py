"""From records to a wish, and what is remembered to go back."""

from typing import Any

import pytest

from backends.netlink import Link
from backends.network.desired import claims, settle
from backends.network.places import address_ident, interface_to, route_ident
from backends.network.plan import Ident
from backends.network.records import (
    BridgePort,
    EthernetLink,
    IpAddress,
    IpInterface,
    IpRoute,
    Port,
    Record,
    Records,
    Reference,
    Vlan,
)
from backends.network.topology import Topology

LINKS = [Link(2, "eth0", up=True), Link(3, "eth1", up=True), Link(4, "br0", "bridge", up=True)]
NEAR: list[Ident] = [("address", "eth0", "192.0.2.1/24"), ("address", "eth1", "192.0.2.129/25")]


def wanted(*records: tuple[str, Record]) -> dict[Ident, Any]:
    all_of_them = Records()
    for key, record in records:
        all_of_them = all_of_them.with_record(key, record)
    return claims(Topology(all_of_them, LINKS), {ident: {} for ident in NEAR})


def test_a_link_is_up_when_no_row_on_it_says_no() -> None:
    assert wanted(("eth0", Port(enable=True)), ("eth0", IpInterface(enable=True))) == {("link", "eth0"): {"up": True}}
    assert wanted(("eth0", Port(enable=True)), ("eth0", IpInterface(enable=False))) == {("link", "eth0"): {"up": False}}


def test_a_row_that_was_added_and_is_disabled_holds_nothing_down() -> None:
    assert wanted(("+1", EthernetLink(enable=False, lower=Reference("port", "eth0"), mtu=1300))) == {}


def test_the_smallest_mtu_wins() -> None:
    assert wanted(("eth0", EthernetLink(mtu=1400)), ("eth0", IpInterface(mtu=1300))) == {
        ("link", "eth0"): {"mtu": 1300}
    }


def test_what_is_incomplete_asks_for_nothing() -> None:
    assert (
        wanted(("+1", Vlan(enable=True, vlan_id=5)), ("+2", IpAddress(enable=True, ip="eth0", address="192.0.2.9")))
        == {}
    )
    assert wanted(("+3", BridgePort(enable=True, bridge="br0"))) == {}


def test_a_row_of_the_machines_own_that_moved_leaves_its_old_place() -> None:
    record = IpAddress(ip="eth0", address="192.0.2.7")
    assert wanted(("eth0 192.0.2.1/24", record)) == {
        ("address", "eth0", "192.0.2.1/24"): None,
        ("address", "eth0", "192.0.2.7/24"): {},
    }


def test_addresses_go_while_their_interface_does_not_speak_the_family() -> None:
    address = ("+1", IpAddress(enable=True, ip="eth0", address="192.0.2.7", prefix_length=24))
    assert ("address", "eth0", "192.0.2.7/24") in wanted(address)
    assert ("address", "eth0", "192.0.2.7/24") not in wanted(address, ("eth0", IpInterface(ipv4=False)))


@pytest.mark.parametrize(
    ("record", "destination"),
    [
        (IpRoute(gateway="192.0.2.200"), "default"),
        (IpRoute(gateway="192.0.2.200", destination="0.0.0.0", prefix_length=0), "default"),
        (IpRoute(gateway="192.0.2.200", destination="10.0.0.1"), "10.0.0.1/32"),
        (IpRoute(gateway="192.0.2.200", destination="10.1.2.3", prefix_length=8), "10.0.0.0/8"),
    ],
)
def test_destinations_and_the_way_to_a_gateway(record: IpRoute, destination: str) -> None:
    ident = route_ident(record, "+1", Topology(Records(), LINKS), NEAR)
    assert ident == ("route", "4", destination, "192.0.2.200", "eth1", "0", "unicast")


def test_a_mask_without_an_address_is_no_destination() -> None:
    assert route_ident(IpRoute(gateway="192.0.2.200", prefix_length=8), "+1", Topology(Records(), LINKS), NEAR) is None


def test_a_route_of_the_machines_own_keeps_what_was_not_changed() -> None:
    key = "4 10.0.0.0/8 192.0.2.254 eth0 5 unicast"
    topology = Topology(Records(), LINKS)
    assert route_ident(IpRoute(metric=9), key, topology, []) == (
        "route", "4", "10.0.0.0/8", "192.0.2.254", "eth0", "9", "unicast",
    )  # fmt: skip
    assert route_ident(IpRoute(prefix_length=16), key, topology, [])[2] == "10.0.0.0/16"  # type: ignore[index]


def test_ipv6_metrics_are_the_kernels() -> None:
    record = IpRoute(family=6, destination="2001:db8::", prefix_length=32, ip="eth0")
    ident = route_ident(record, "+1", Topology(Records(), LINKS), [])
    assert ident == ("route", "6", "2001:db8::/32", "-", "eth0", "1024", "unicast")


def test_the_narrowest_subnet_has_the_gateway() -> None:
    assert interface_to("192.0.2.200", NEAR) == "eth1"
    assert interface_to("192.0.2.5", NEAR) == "eth0"
    assert interface_to("10.0.0.1", NEAR) is None


def test_an_address_without_its_link_is_nowhere() -> None:
    record = IpAddress(ip="+5", address="192.0.2.7", prefix_length=24)
    assert address_ident(record, "+1", Topology(Records(), LINKS)) is None


def test_what_is_claimed_first_is_remembered_as_it_was_and_goes_back_when_it_is_not_claimed_any_more() -> None:
    observed: dict[Ident, Any] = {("link", "eth0"): {"up": True, "mtu": 1500, "mac": ""}}
    wish, originals = settle({("link", "eth0"): {"mtu": 1400}}, Records(), observed)
    assert (wish, originals) == ({("link", "eth0"): {"mtu": 1400}}, {("link", "eth0"): {"mtu": 1500}})
    observed["link", "eth0"]["mtu"] = 1400
    wish, originals = settle({("link", "eth0"): {"up": False}}, Records(originals=originals), observed)
    assert wish == {("link", "eth0"): {"up": False, "mtu": 1500}}
    assert originals == {("link", "eth0"): {"up": True}}
    wish, originals = settle({}, Records(originals=originals), observed)
    assert (wish, originals) == ({("link", "eth0"): {"up": True}}, {})


def test_what_was_not_there_is_removed_when_it_is_not_claimed_any_more() -> None:
    ident: Ident = ("address", "eth0", "192.0.2.7/24")
    _, originals = settle({ident: {}}, Records(), {})
    assert originals == {ident: None}
    assert settle({}, Records(originals=originals), {ident: {}}) == ({ident: None}, {})
