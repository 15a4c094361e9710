"""The rows of each table are what is configured and what is there, each once."""

from backends.netlink import Address, Link, Route
from backends.network import rows as tables
from backends.network.records import Bridge, BridgePort, IpAddress, IpInterface, IpRoute, Port, Records, Reference, Vlan
from backends.network.rows import Row
from backends.network.topology import Topology

LINKS = [
    Link(1, "lo", type=772),
    Link(2, "eth0"),
    Link(3, "eth1", master="br0"),
    Link(4, "br0", "bridge"),
    Link(5, "eth0.7", "vlan", lower="eth0"),
]


def keys(rows: list[Row]) -> list[str]:  # type: ignore[type-arg]
    return [row.key for row in rows]


def test_links_fall_into_their_tables() -> None:
    topology = Topology(Records(), LINKS)
    assert keys(tables.ports(topology)) == ["eth0", "eth1"]
    assert keys(tables.ethernet_links(topology)) == ["eth0", "br0"]
    assert keys(tables.vlans(topology)) == ["eth0.7"]
    assert keys(tables.bridges(topology)) == ["br0"]
    assert [(row.parent, row.key) for row in tables.bridge_ports(topology)] == [("br0", "br0"), ("br0", "eth1")]
    assert keys(tables.ip_interfaces(topology)) == ["lo", "eth0", "br0", "eth0.7"]


def test_what_is_only_wanted_has_a_row_and_what_was_taken_away_has_none() -> None:
    records, vlan = Records().added(Vlan(enable=False))
    records, port = records.added(BridgePort(bridge="br0"))
    records = records.with_record("eth0.7", Vlan(deleted=True)).with_record("br0", Bridge(deleted=True))
    topology = Topology(records, LINKS)
    assert keys(tables.vlans(topology)) == [vlan]
    assert keys(tables.bridges(topology)) == []
    assert keys(tables.bridge_ports(topology)) == [port]


def test_an_added_row_stands_in_for_the_machines_own() -> None:
    records, vlan = Records().added(Vlan(enable=True, lower=Reference("port", "eth0"), vlan_id=7))
    records, ip = records.added(IpInterface(lower=Reference("vlan", vlan)))
    topology = Topology(records, LINKS)
    assert keys(tables.vlans(topology)) == [vlan]
    assert keys(tables.ip_interfaces(topology)) == ["lo", "eth0", "br0", ip]
    [address] = tables.addresses(topology, 4, [Address("eth0.7", 4, "192.0.2.1", 24)])
    assert (address.parent, address.key) == (ip, "eth0.7 192.0.2.1/24")


def test_an_address_is_one_row_whether_it_is_wanted_or_there_or_both() -> None:
    there = Address("eth0", 4, "192.0.2.1", 24)
    records, key = Records().added(IpAddress(ip="eth0", enable=True, address="192.0.2.1", prefix_length=24))
    assert keys(tables.addresses(Topology(records, LINKS), 4, [there])) == [key]
    assert keys(tables.addresses(Topology(records, LINKS), 4, [])) == [key]
    assert keys(tables.addresses(Topology(Records(), LINKS), 4, [there])) == ["eth0 192.0.2.1/24"]
    moved = Records().with_record("eth0 192.0.2.1/24", IpAddress(ip="eth0", address="192.0.2.9"))
    after = Address("eth0", 4, "192.0.2.9", 24)
    assert keys(tables.addresses(Topology(moved, LINKS), 4, [after])) == ["eth0 192.0.2.1/24"]


def test_an_address_of_a_bridge_member_has_no_interface_to_be_shown_under() -> None:
    assert tables.addresses(Topology(Records(), LINKS), 4, [Address("eth1", 4, "192.0.2.1", 24)]) == []


def test_a_route_is_one_row_whether_it_is_wanted_or_there_or_both() -> None:
    there = Route(4, "10.0.0.0/8", None, "eth0", 5)
    records, key = Records().added(IpRoute(enable=True, destination="10.0.0.0", prefix_length=8, ip="eth0", metric=5))
    assert keys(tables.routes(Topology(records, LINKS), 4, [there], [])) == [key]
    assert keys(tables.routes(Topology(Records(), LINKS), 4, [there], [])) == ["4 10.0.0.0/8 - eth0 5 unicast"]
    assert tables.routes(Topology(Records(), LINKS), 6, [there], []) == []


def test_a_link_that_is_unplugged_keeps_its_rows_while_something_is_configured_for_it() -> None:
    records = Records().with_record("eth9", Port(enable=False))
    records, _ = records.added(IpAddress(ip="eth9", address="192.0.2.1"))
    topology = Topology(records, LINKS)
    assert keys(tables.ports(topology)) == ["eth0", "eth1", "eth9"]
    assert keys(tables.ip_interfaces(topology))[-1] == "eth9"
    assert keys(tables.ethernet_links(topology)) == ["eth0", "br0"]
    assert [row.parent for row in tables.addresses(topology, 4, [])] == ["eth9"]
