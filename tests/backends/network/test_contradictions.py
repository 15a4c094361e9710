"""What a plan must not do, told in sentences; and what cuts the way to the management server."""

import pytest

from backends.netlink import Link, RouteTo
from backends.network.contradictions import contradictions, cuts_path
from backends.network.desired import claims
from backends.network.plan import Change, Ident
from backends.network.records import EthernetLink, IpAddress, IpRoute, Record, Records, Reference
from backends.network.topology import Topology

LINKS = [
    Link(2, "eth0"),
    Link(3, "eth1", master="br0"),
    Link(4, "br0", "bridge"),
    Link(5, "br0.7", "vlan", lower="br0"),
]
DEFAULT: Ident = ("route", "4", "default", "192.0.2.254", "br0.7", "0", "unicast")
PATH = RouteTo("br0.7", "192.0.2.1", "192.0.2.254")


def reasons(*records: Record, observed: tuple[Ident, ...] = ()) -> list[str]:
    all_of_them = Records()
    for record in records:
        all_of_them, _ = all_of_them.added(record)
    topology, state = Topology(all_of_them, LINKS), {ident: dict[str, object]() for ident in observed}
    return [reason for _, reason in contradictions(topology, state, claims(topology, state), {})]


def test_the_same_address_twice() -> None:
    address = IpAddress(enable=True, ip="eth0", address="192.0.2.7", prefix_length=24)
    assert reasons(address) == []
    assert reasons(address, address) == ["eth0 192.0.2.7/24 is wanted twice"]
    assert reasons(address, observed=(("address", "eth0", "192.0.2.7/24"),)) == ["eth0 192.0.2.7/24 is there already"]


def test_another_route_of_the_same_metric() -> None:
    route = IpRoute(enable=True, ip="eth0", gateway="192.0.2.9")
    assert reasons(route, observed=(DEFAULT, ("address", "eth0", "192.0.2.1/24"))) == [
        "there is another route to default with metric 0"
    ]
    assert reasons(IpRoute(enable=True, ip="eth0", gateway="192.0.2.9", metric=5), observed=(DEFAULT,)) == []


def test_two_rows_for_one_link() -> None:
    link = EthernetLink(lower=Reference("port", "eth0"))
    assert reasons(link, link) == ["eth0 has another Ethernet link already"]


@pytest.mark.parametrize(
    "change",
    [
        Change(("link", "br0.7"), {"up": True}, {"up": False}),
        Change(("link", "br0"), {"up": True}, {"up": False}),
        Change(("link", "eth1"), {"up": True}, {"up": False}),
        Change(("vlan", "br0.7"), {}, None),
        Change(("link", "eth1"), {"arp": True}, {"arp": False}),
        Change(("port", "eth1"), {}, None),
        Change(("address", "br0.7", "192.0.2.1/24"), {}, None),
        Change(DEFAULT, {}, None),
        Change(("route", "4", "default", "198.51.100.9", "eth0", "1", "unicast"), None, {}),
    ],
)
def test_what_the_way_needs_cannot_be_taken_during_the_session(change: Change) -> None:
    assert cuts_path([change], PATH, Topology(Records(), LINKS))
    assert not cuts_path([change], None, Topology(Records(), LINKS))


@pytest.mark.parametrize(
    "change",
    [
        Change(("link", "eth0"), {"up": True}, {"up": False}),
        Change(("link", "br0"), {"mtu": 1500}, {"mtu": 1400}),
        Change(("address", "br0.7", "192.0.2.9/24"), {}, None),
        Change(("ipv6", "br0.7"), {"enabled": True}, {"enabled": False}),
        Change(("route", "6", "default", "fe80::1", "eth0", "1", "unicast"), None, {}),
    ],
)
def test_everything_else_can(change: Change) -> None:
    assert not cuts_path([change], PATH, Topology(Records(), LINKS))
