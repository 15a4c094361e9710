"""The view joins what is configured with what is there."""

from backends.network.view import NetworkView
from tests.backends.conftest import Bench

IP = "Device.IP.Interface."
V4 = "Device.Routing.Router.1.IPv4Forwarding."


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


def test_the_links_and_default_routes_that_rows_ask_for_are_known_before_they_are_there(memory: Bench) -> None:
    device = memory.device()
    network = device.network
    assert (network.links_wanted(), network.ways_out_wanted()) == (frozenset(), frozenset())
    address = device.find(IP, Name="eth1") + "IPv4Address."
    device.add(address, IPAddress="198.18.0.1", SubnetMask="255.255.255.0", Enable="1")
    route = device.add(V4, GatewayIPAddress="198.18.0.254", ForwardingMetric="5", Enable="1")
    lower = device.find("Device.Ethernet.Link.", Name="eth1")
    device.add("Device.Ethernet.VLANTermination.", LowerLayers=lower, VLANID="7", Enable="1")
    bridge = device.add("Device.Bridging.Bridge.", Enable="1")
    for name in ("eth1.7", "br0"):
        memory.netlink.delete_link(name)
    memory.netlink.set_link("eth1", up=False)
    device.model.forget()
    assert network.links_wanted() == {"eth1.7", "br0"}
    assert network.ways_out_wanted() == {"eth1"}
    device.set({f"{route}Enable": "0", f"{bridge}Enable": "0"})
    assert (network.links_wanted(), network.ways_out_wanted()) == ({"eth1.7"}, frozenset())
