"""Which link a row stands for, and which row stands for a link."""

from backends.netlink import Link
from backends.network.records import Bridge, BridgePort, EthernetLink, IpInterface, Records, Reference, Vlan
from backends.network.topology import Topology, cidr, is_managed

LINKS = [
    Link(1, "lo", type=772, loopback=True),
    Link(2, "eth0"),
    Link(3, "eth1", master="br0"),
    Link(4, "br0", "bridge"),
    Link(5, "eth0.7", "vlan", lower="eth0", vlan_id=7),
    Link(6, "a-very-long-one"),
]


def whole() -> tuple[Topology, dict[str, str]]:
    """An IP interface on a link on the management port of a bridge; a VLAN on a link on a port."""
    records, bridge = Records().added(Bridge(enable=True, name="br9"))
    records, port = records.added(BridgePort(bridge=bridge, management=True))
    records, link = records.added(EthernetLink(lower=Reference("bridge_port", port)))
    records, ip = records.added(IpInterface(lower=Reference("ethernet_link", link)))
    records, other = records.added(EthernetLink(lower=Reference("port", "eth0")))
    records, vlan = records.added(Vlan(lower=Reference("ethernet_link", other), vlan_id=12))
    keys = {"bridge": bridge, "port": port, "link": link, "ip": ip, "other": other, "vlan": vlan}
    return Topology(records, LINKS), keys


def test_references_are_followed_down_to_the_link() -> None:
    topology, keys = whole()
    assert topology.link_of(Reference("ip", keys["ip"])) == "br9"
    assert topology.link_of(Reference("vlan", keys["vlan"])) == "eth0.12"
    assert topology.link_of(Reference("ip", "eth0")) == "eth0"
    assert topology.link_of(None) is None
    assert topology.link_of(Reference("ip", "+99")) is None


def test_a_circle_of_references_ends() -> None:
    records, key = Records().added(Vlan(vlan_id=5))
    circle = records.with_record(key, Vlan(vlan_id=5, lower=Reference("vlan", key)))
    assert Topology(circle, LINKS).link_of(Reference("vlan", key)) is None


def test_a_name_that_the_kernel_would_not_take_is_made_of_the_key() -> None:
    records, key = Records().added(Vlan(vlan_id=100, lower=Reference("port", "a-very-long-one")))
    assert Topology(records, LINKS).link_of(Reference("vlan", key)) == f"vlan{key[1:]}"


def test_an_added_row_takes_the_place_of_the_one_that_observation_gives() -> None:
    topology, keys = whole()
    assert topology.ethernet_link_key("eth0") == keys["other"]
    assert topology.ip_key("eth0") == "eth0"
    assert topology.vlan_key("eth0.7") == "eth0.7"
    assert topology.bridge_key("br0") == "br0"
    assert topology.management_port("br9") == keys["port"]
    assert topology.management_port("br0") == "br0"


def test_the_layers_are_those_of_the_kernels_stack() -> None:
    topology, keys = whole()
    assert topology.lower_of("eth0.7", "ip") == Reference("vlan", "eth0.7")
    assert topology.lower_of("eth0.7", "vlan") == Reference("ethernet_link", keys["other"])
    assert topology.lower_of("br0", "ip") == Reference("ethernet_link", "br0")
    assert topology.lower_of("br0", "ethernet_link") == Reference("bridge_port", "br0")
    assert topology.lower_of("eth0", "ethernet_link") == Reference("port", "eth0")
    assert topology.lower_of("lo", "ip") is None
    assert topology.member("eth1") == Reference("port", "eth1")
    assert topology.member("eth0.7") == Reference("vlan", "eth0.7")


def test_ports_of_a_switch_are_ports_like_others() -> None:
    topology = Topology(Records(), [])
    kinds = [kind for kind in ("", "dsa", "veth", "vlan", "bridge") if topology.is_port(Link(1, "lan1", kind))]
    assert kinds == ["", "dsa", "veth"]


def test_what_lies_below_counts_what_is_only_wanted() -> None:
    topology, _ = whole()
    assert topology.below("eth0.12") == {"eth0"}
    assert topology.below("eth0.7") == {"eth0"}
    assert topology.below("eth0") == set()


def test_managing_a_link_covers_what_is_made_on_it() -> None:
    topology, _ = whole()
    assert is_managed("eth0.12", ["eth0"], topology)
    assert is_managed("eth1", ["eth?"], topology)
    assert not is_managed("br0", ["eth*"], topology)
    assert not is_managed("eth0", [], topology)


def test_addresses_are_written_as_the_kernel_writes_them() -> None:
    assert cidr("2001:DB8:0::0001", 64) == "2001:db8::1/64"
