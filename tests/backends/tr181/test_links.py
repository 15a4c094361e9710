"""From rows of any interface table to links of the kernel, and back."""

import pytest

from agent.model.errors import Refusals
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer
from backends.tr181.layers import (
    BRIDGE,
    BRIDGE_PORT,
    ETHERNET_INTERFACE,
    ETHERNET_LINK,
    IP_INTERFACE,
    VLAN_TERMINATION,
)
from backends.tr181.links import Links
from tests.backends.conftest import Bench
from tests.fakes.other_layers import NamedLinks, NestedLinks

PPP = "Device.PPP.Interface.{i}."
GRE = "Device.GRE.Tunnel.{i}.Interface.{i}."


def bench_with_others(memory: Bench) -> None:
    memory.netlink.kernel.add_link("ppp0", "ppp", type=512, up=True)  # type: ignore[attr-defined]
    memory.netlink.kernel.add_link("gre1", "gre", type=778, up=True)  # type: ignore[attr-defined]


def others() -> list[NamedLinks]:
    return [NamedLinks("ppp", PPP, {"one": "ppp0"}, {"ppp0": "eth1"}), NestedLinks("gre", GRE, {"two": "gre1"})]


def test_a_row_of_each_table_stands_for_its_link(memory: Bench) -> None:
    bench_with_others(memory)
    network = memory.device().network
    network.other_layers = others()
    links = Links(network)
    for table in (ETHERNET_INTERFACE, ETHERNET_LINK, IP_INTERFACE):
        assert links.link_of(Target(table, ("eth1",))) == "eth1"
        assert links.row_of("eth1", table) == Target(table, ("eth1",))
    assert links.link_of(Pointer(PPP, ("one",))) == "ppp0"
    assert links.link_of(Target(GRE, ("tunnel", "two"))) == "gre1"
    assert links.row_of("ppp0", PPP) == Target(PPP, ("one",))
    assert links.row_of("gre1", GRE) == Target(GRE, ("tunnel", "two"))
    assert links.row_of("ppp0", GRE) is None
    assert links.row_of("ppp0", ETHERNET_LINK) is None
    assert links.row_of("ppp0", IP_INTERFACE) == Target(IP_INTERFACE, ("ppp0",))


def test_a_bridge_is_a_row_of_several_tables(memory: Bench) -> None:
    device = memory.device()
    bridge = device.add("Device.Bridging.Bridge.", Enable="1")
    port = device.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    name, links = device.get(f"{bridge}Name"), Links(device.network)
    assert links.row_of(name, BRIDGE) == Target(BRIDGE, ("+1",))
    assert links.row_of(name, BRIDGE_PORT) == Target(BRIDGE_PORT, ("+1", "+2"))
    assert links.link_of(links.row_of(name, BRIDGE_PORT)) == name
    assert port
    assert links.row_of(name, VLAN_TERMINATION) is None


def test_no_row_has_no_link(memory: Bench) -> None:
    links = Links(memory.device().network)
    assert links.link_of(None) is None
    assert links.link_of(Pointer("", ())) is None
    assert links.link_of(Target("Device.Users.User.{i}.", ("eth0",))) is None
    assert links.row_of("nothing", IP_INTERFACE) is None


def test_what_is_managed_is_told_by_link(memory: Bench) -> None:
    bench_with_others(memory)
    network = memory.device(manage=("eth*",)).network
    network.other_layers = others()
    links = Links(network)
    assert links.may_change("eth1")
    assert links.may_change("ppp0")
    assert not links.may_change("gre1")


def test_an_ip_interface_lies_on_a_row_of_another_table_and_can_be_put_on_one(memory: Bench) -> None:
    bench_with_others(memory)
    device = memory.device(manage=("eth*", "gre*"), beside=[ppp_interfaces()])
    device.network.other_layers = others()
    found = device.find("Device.IP.Interface.", Name="ppp0")
    assert device.get(f"{found}LowerLayers") == "Device.PPP.Interface.1"
    row = device.add("Device.IP.Interface.", LowerLayers="Device.PPP.Interface.1", Enable="1")
    assert (device.get(f"{row}Name"), device.get(f"{row}LowerLayers")) == ("ppp0", "Device.PPP.Interface.1")
    assert device.get(f"{row}Status") == "Up"
    address = device.add(f"{row}IPv4Address.", IPAddress="192.0.2.77", SubnetMask="255.255.255.255", Enable="1")
    assert memory.addresses("ppp0") == {"192.0.2.77/32"}
    assert device.get(f"{address}Status") == "Enabled"
    with pytest.raises(Refusals):
        device.set({f"{row}LowerLayers": "Device.Routing.Router.1"})
    memory.netlink.set_link("ppp0", up=False)
    assert device.get(f"{row}Status") == "LowerLayerDown"


def ppp_interfaces() -> Object[str]:
    name: Parameter[str, str] = Parameter("Name", lambda row: f"ppp interface {row}")
    return Object(path=PPP, rows=lambda: ["one"], keys=lambda row: (row,), parameters=[name])
