"""What a plan must not do, told in sentences; and what cuts the way to the management server."""

from collections.abc import Mapping

import pytest

from backends.netlink import Link, RouteTo
from backends.network.contradictions import contradictions, cuts_path
from backends.network.desired import claims
from backends.network.errors import Conflict, HandMade, Refused
from backends.network.plan import Attributes, Change, Ident
from backends.network.records import EthernetLink, IpAddress, IpRoute, Record, Records, Reference, Vlan
from backends.network.topology import Topology

LINKS = [
    Link(2, "eth0"),
    Link(3, "eth1", master="br0"),
    Link(4, "br0", "bridge"),
    Link(5, "br0.7", "vlan", lower="br0"),
]
DEFAULT: Ident = ("route", "4", "default", "192.0.2.254", "br0.7", "0", "unicast")
PATH = RouteTo("br0.7", "192.0.2.1", "192.0.2.254")


def refusals(*records: Record, observed: Mapping[Ident, Attributes] | None = None) -> list[Refused]:
    all_of_them = Records()
    for record in records:
        all_of_them, _ = all_of_them.added(record)
    topology, state = Topology(all_of_them, LINKS), dict(observed or {})
    return list(contradictions(topology, state, claims(topology, state), {}))


def reasons(*records: Record, observed: Mapping[Ident, Attributes] | None = None) -> list[str]:
    return [refused.reason for refused in refusals(*records, observed=observed)]


def address_of(protocol: str = "", flags: tuple[str, ...] = ("permanent",)) -> Attributes:
    return {"protocol": protocol, "flags": list(flags)}


def test_the_same_address_twice() -> None:
    address = IpAddress(enable=True, ip="eth0", address="192.0.2.7", prefix_length=24)
    assert reasons(address) == []
    assert reasons(address, address) == ["eth0 192.0.2.7/24 is wanted twice"]


@pytest.mark.parametrize(
    ("there", "refused"),
    [(address_of(), HandMade), (address_of(flags=()), Conflict), (address_of("kernel_ll"), Conflict)],
)
def test_an_address_that_somebody_gave_by_hand_is_theirs(there: Attributes, refused: type[Refused]) -> None:
    address = IpAddress(enable=True, ip="eth0", address="192.0.2.7", prefix_length=24)
    [found] = refusals(address, observed={("address", "eth0", "192.0.2.7/24"): there})
    assert type(found) is refused
    assert found.reason.startswith("eth0 192.0.2.7/24 is there already")


@pytest.mark.parametrize(
    ("protocol", "refused"), [("boot", HandMade), ("static", HandMade), ("dhcp", Conflict), ("kernel", Conflict)]
)
def test_another_route_of_the_same_metric(protocol: str, refused: type[Refused]) -> None:
    route = IpRoute(enable=True, ip="eth0", gateway="192.0.2.9")
    observed = {DEFAULT: {"protocol": protocol}, ("address", "eth0", "192.0.2.1/24"): address_of()}
    [found] = refusals(route, observed=observed)
    assert type(found) is refused
    assert found.reason.startswith("there is another route to default with metric 0")
    assert ("by 192.0.2.254 on br0.7" in found.reason) == (refused is HandMade)
    assert reasons(IpRoute(enable=True, ip="eth0", gateway="192.0.2.9", metric=5), observed=observed) == []


def test_two_routes_that_rows_ask_for_are_the_rows_conflict() -> None:
    one, other = (IpRoute(enable=True, ip="eth0", gateway=f"192.0.2.{number}") for number in (8, 9))
    observed = {("address", "eth0", "192.0.2.1/24"): address_of()}
    assert {type(found) for found in refusals(one, other, observed=observed)} == {Conflict}


def test_a_link_that_is_there_is_not_made_over_again() -> None:
    vlan = Vlan(enable=True, lower=Reference("bridge", "br0"), vlan_id=7)
    assert [type(found) for found in refusals(vlan, observed={("vlan", "br0.7"): {}})] == [HandMade]


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
