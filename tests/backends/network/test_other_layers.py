"""Links that other services' tables own, as the stack of interfaces sees them."""

from backends.netlink import Link
from backends.network import rows as tables
from backends.network.other_layers import OtherLayers
from backends.network.records import Bridge, BridgePort, EthernetLink, IpInterface, Records, Reference
from backends.network.topology import Topology, is_managed
from tests.fakes.other_layers import NamedLinks, NestedLinks

LINKS = [
    Link(1, "lo", type=772, loopback=True),
    Link(2, "eth0"),
    Link(3, "wlan0"),
    Link(4, "ppp0", type=512, point_to_point=True),
    Link(5, "wlan1", master="br0"),
    Link(6, "br0", "bridge"),
]
WIFI = NamedLinks("wifi_ssid", "Device.WiFi.SSID.{i}.", {"one": "wlan0", "two": "wlan1"})
PPP = NamedLinks("ppp", "Device.PPP.Interface.{i}.", {"+3": "ppp0"}, {"ppp0": "eth0"})
OTHERS: list[OtherLayers] = [WIFI, PPP]


def test_a_link_of_another_table_is_no_port() -> None:
    topology = Topology(Records(), LINKS, OTHERS)
    assert [row.key for row in tables.ports(topology)] == ["eth0"]
    assert [row.key for row in tables.ports(Topology(Records(), LINKS))] == ["eth0", "wlan0", "wlan1"]


def test_what_carries_ethernet_frames_has_an_ethernet_link_on_it_and_a_ppp_link_has_none() -> None:
    topology = Topology(Records(), LINKS, OTHERS)
    assert [row.key for row in tables.ethernet_links(topology)] == ["eth0", "wlan0", "br0"]
    assert topology.lower_of("wlan0", "ip") == Reference("ethernet_link", "wlan0")
    assert topology.lower_of("wlan0", "ethernet_link") == Reference("wifi_ssid", "one")
    assert topology.lower_of("ppp0", "ip") == Reference("ppp", "+3")


def test_a_bridge_port_lies_on_such_a_row() -> None:
    assert Topology(Records(), LINKS, OTHERS).member("wlan1") == Reference("wifi_ssid", "two")


def test_a_row_that_is_put_on_such_a_row_stands_for_its_link() -> None:
    records, ip = Records().added(IpInterface(lower=Reference("ppp", "+3")))
    records, link = records.added(EthernetLink(lower=Reference("wifi_ssid", "one")))
    records, bridge = records.added(Bridge(name="br7"))
    records, port = records.added(BridgePort(bridge=bridge, lower=Reference("wifi_ssid", "two")))
    topology = Topology(records, LINKS, OTHERS)
    found = [topology.link_of(Reference(*row)) for row in (("ip", ip), ("ethernet_link", link), ("bridge_port", port))]
    assert found == ["ppp0", "wlan0", "wlan1"]


def test_a_row_of_a_table_that_is_no_longer_there_stands_for_nothing() -> None:
    records, ip = Records().added(IpInterface(lower=Reference("ppp", "eth0")))
    assert Topology(records, LINKS).link_of(Reference("ip", ip)) is None


def test_who_manages_the_carrier_manages_what_is_made_over_it() -> None:
    assert is_managed("ppp0", ["eth*"], Topology(Records(), LINKS, OTHERS))
    assert not is_managed("ppp0", ["eth*"], Topology(Records(), LINKS))


def test_the_keys_of_a_row_are_its_own_and_those_of_the_tables_above() -> None:
    assert PPP.keys_of(Reference("ppp", "+3")) == ("+3",)
    assert NestedLinks("gre", "", {}).keys_of(Reference("gre", "+1")) == ("tunnel", "+1")
    assert OtherLayers.carrier_of(PPP, LINKS[3]) is None
