"""Bridges: the standard flow, their ports, spanning tree options."""

from dataclasses import replace

import pytest

from agent.model.errors import Denied, NotWritable
from backends.netlink_types import BridgeState
from backends.tr181.bridging import MOST_BRIDGES
from tests.backends.conftest import Bench, by_our_own_hand, comes_to
from tests.backends.device import NetworkDevice

BRIDGES = "Device.Bridging.Bridge."
PORTS = "Device.Ethernet.Interface."


def test_the_capabilities_are_those_of_the_kernel(memory: Bench) -> None:
    told = memory.device().tree("Device.Bridging.")
    assert told["MaxBridgeEntries"] == told["MaxDBridgeEntries"] == told["MaxQBridgeEntries"] == str(MOST_BRIDGES)
    assert told["MaxVLANEntries"] == "4094"
    memory.netlink.add_bridge("br7")
    kernel = memory.netlink.kernel  # type: ignore[attr-defined]
    kernel.links["br7"] = replace(kernel.links["br7"], bridge=BridgeState(can_filter=False))
    told = memory.device().tree("Device.Bridging.")
    assert told["MaxQBridgeEntries"] == told["MaxVLANEntries"] == "0"


def test_the_standard_flow_bridge_management_port_members_and_ip(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    bridge = device.add(BRIDGES)
    assert device.get(f"{bridge}Status") == "Disabled"
    management = device.add(f"{bridge}Port.", ManagementPort="true", Enable="1")
    member = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name="eth1"), Enable="1")
    assert bench.netlink.link("eth1").master is None
    device.set({f"{bridge}Enable": "1"})
    name = device.get(f"{bridge}Name")
    bench.netlink.forget()
    assert (bench.netlink.link("eth1").master, bench.netlink.link(name).up) == (name, True)
    assert device.get(f"{bridge}Status") == "Enabled"
    assert device.get(f"{management}LowerLayers") == member[:-1]
    assert device.get(f"{member}LowerLayers") == device.find(PORTS, Name="eth1")[:-1]
    link = device.add("Device.Ethernet.Link.", LowerLayers=management, Enable="1")
    interface = device.add("Device.IP.Interface.", LowerLayers=link, Enable="1")
    device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.1", SubnetMask="255.255.255.0", Enable="1")
    assert bench.addresses(name) == {"203.0.113.1/24"}
    assert device.get(f"{member}PortState") in ("Forwarding", "Disabled")
    device.set({f"{member}Enable": "0"})
    bench.netlink.forget()
    assert bench.netlink.link("eth1").master is None
    device.set({f"{member}Enable": "1"})
    device.delete(bridge)
    bench.netlink.forget()
    assert bench.netlink.link(name) is None
    device.delete(interface)
    device.delete(link)
    assert bench.state() == before
    assert bench.as_ip_tells() == told


def test_a_bridge_port_over_a_disabled_link_says_that_it_is_held_down(bench: Bench) -> None:
    device = bench.device()
    bridge = device.add(BRIDGES, Enable="1")
    management = device.add(f"{bridge}Port.", ManagementPort="true", Enable="1")
    port = device.find(PORTS, Name="eth1")
    member = device.add(f"{bridge}Port.", LowerLayers=port, Enable="1")
    bench.netlink.set_link("far1", up=False)
    held = ["Down", "LowerLayerDown", "LowerLayerDown"]
    assert comes_to(device, (port, member, management), held)
    device.set({f"{port}Enable": "0"})
    assert comes_to(device, (port, member, management), held)
    device.set({f"{member}Enable": "0"})
    assert device.get(f"{member}Status") == "Down"


def test_a_member_has_no_ip_interface_of_its_own(memory: Bench) -> None:
    memory.netlink.add_bridge("br7")
    memory.netlink.set_link("eth1", master="br7")
    device = memory.device()
    names = {value for name, value in device.tree("Device.IP.Interface.").items() if name.endswith(".Name")}
    assert names == {"lo", "eth0", "far0", "far1", "br7"}


@by_our_own_hand
def test_a_bridge_of_the_machines_own_shows_its_management_port_and_members(bench: Bench) -> None:
    bench.netlink.add_bridge("br7")
    bench.netlink.set_link("eth1", master="br7")
    bench.netlink.set_link("br7", up=True)
    device = bench.device()
    bridge = device.find(BRIDGES, Name="br7")
    management = device.find(f"{bridge}Port.", ManagementPort="true")
    member = device.find(f"{bridge}Port.", ManagementPort="false")
    assert device.get(f"{management}LowerLayers") == member[:-1]
    link = device.find("Device.Ethernet.Link.", Name="br7")
    assert device.get(f"{link}LowerLayers") == management[:-1]
    with pytest.raises(NotWritable):
        device.delete(management)
    device.delete(member)
    bench.netlink.forget()
    assert bench.netlink.link("eth1").master is None
    device.model.forget_everything()
    bench.netlink.forget()
    assert bench.netlink.link("eth1").master == "br7"


def test_options_are_in_the_kernels_units(bench: Bench) -> None:
    device = bench.device()
    bridge = device.add(BRIDGES, Enable="1", AgingTime="600")
    stp = f"{bridge}STP."
    device.set(
        {f"{stp}BridgePriority": "4096", f"{stp}HelloTime": "300", f"{stp}ForwardingDelay": "10", f"{stp}Enable": "1"}
    )
    state = bench.netlink.link(device.get(f"{bridge}Name")).bridge
    assert (state.ageing_time, state.priority, state.hello_time, state.forward_delay, state.stp) == (
        60000, 4096, 300, 1000, True,
    )  # fmt: skip
    assert device.get(f"{stp}Status") == "Enabled"
    assert device.get(f"{stp}MaxAge") == "2000"
    assert device.get(f"{bridge}AgingTime") == "600"


@by_our_own_hand
def test_cost_and_priority_of_a_member(bench: Bench) -> None:
    device = bench.device()
    bridge = device.add(BRIDGES, Enable="1")
    member = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name="eth1"), Enable="1")
    assert device.get(f"{member}Priority") == "128"
    device.set({f"{member}Priority": "64", f"{member}PathCost": "100"})
    port = bench.netlink.link("eth1").port
    assert (port.priority, port.path_cost) == (16, 100)
    assert device.get(f"{member}Priority") == "64"


def test_a_port_needs_both_bridge_and_member_to_be_managed(memory: Bench) -> None:
    device = memory.device(manage=("br*",))
    bridge = device.add(BRIDGES, Enable="1")
    row = device.add(f"{bridge}Port.")
    asked = {f"{row}LowerLayers": device.find(PORTS, Name="eth1")}
    assert device.refused(asked) == {f"{row}LowerLayers": "Denied"}


def test_a_new_bridge_has_to_match_what_is_managed_by_its_name(memory: Bench) -> None:
    with pytest.raises(Denied):
        memory.device(manage=("eth*",)).add(BRIDGES)
    device = memory.device(manage=("lan*",))
    assert device.get(device.add(BRIDGES) + "Name") == "lan0"


def test_one_link_in_two_bridges_is_refused(memory: Bench) -> None:
    device = memory.device()
    port = device.find(PORTS, Name="eth1")
    one, other = device.add(BRIDGES, Enable="1"), device.add(BRIDGES, Enable="1")
    device.add(f"{one}Port.", LowerLayers=port, Enable="1")
    row = device.add(f"{other}Port.", LowerLayers=port)
    assert set(device.refused({f"{row}Enable": "1"}).values()) == {"InvalidValue"}


def test_the_management_port_of_the_machines_own_bridge_is_what_it_is(memory: Bench) -> None:
    memory.netlink.add_bridge("br7")
    device = memory.device()
    row = device.find(f"{device.find(BRIDGES, Name='br7')}Port.", ManagementPort="true")
    asked = {f"{row}Enable": "0", f"{row}ManagementPort": "0", f"{row}PathCost": "5", f"{row}LowerLayers": f"{PORTS}1."}
    assert device.refused(asked) == dict.fromkeys(asked, "NotWritable")
    present = {**dict.fromkeys(asked, ""), **{f"{row}{name}": text for name, text in device.tree(row).items()}}
    assert device.set({path: present[path] for path in asked}) == 0


def working(device: NetworkDevice) -> tuple[str, str]:
    """A bridge with a member: their paths."""
    bridge = device.add(BRIDGES)
    member = device.add(f"{bridge}Port.", LowerLayers=device.find(PORTS, Name="eth1"), Enable="1")
    device.set({f"{bridge}Enable": "1"})
    return bridge, member


def test_a_working_member_does_not_become_the_management_port(memory: Bench) -> None:
    device = memory.device()
    _, member = working(device)
    master = memory.netlink.link("eth1").master

    assert device.refused({f"{member}ManagementPort": "1"}) == {f"{member}ManagementPort": "InvalidValue"}
    memory.netlink.forget()
    assert memory.netlink.link("eth1").master == master is not None
    assert device.set({f"{member}ManagementPort": "1", f"{member}LowerLayers": ""}) == 0
    assert device.get(f"{member}LowerLayers") == ""


def test_a_bridge_has_one_management_port(memory: Bench) -> None:
    device = memory.device()
    bridge, _ = working(device)
    device.add(f"{bridge}Port.", ManagementPort="1", Enable="1")
    other = device.add(f"{bridge}Port.")

    assert device.refused({f"{other}ManagementPort": "1"}) == {f"{other}ManagementPort": "InvalidValue"}
    assert device.get(f"{other}ManagementPort") == "false"


def test_an_interface_with_addresses_is_still_one_in_a_bridge_and_they_can_be_taken_away(bench: Bench) -> None:
    device = bench.device()
    interface = device.find("Device.IP.Interface.", Name="eth1")
    link = device.find("Device.Ethernet.Link.", Name="eth1")
    address = device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.9", SubnetMask="255.255.255.0", Enable="1")
    forwarding = "Device.Routing.Router.1.IPv4Forwarding."
    told = {"DestIPAddress": "198.18.0.0", "DestSubnetMask": "255.254.0.0", "GatewayIPAddress": "203.0.113.1"}
    route = device.add(forwarding, **told, Enable="1")
    working(device)

    assert bench.addresses("eth1") == {"203.0.113.9/24"}
    assert device.get(f"{address}Status") == "Enabled"
    assert device.get(f"{interface}LowerLayers") == link[:-1]
    assert device.get(f"{route}Interface") == interface[:-1]
    device.delete(route)
    device.delete(address)
    assert bench.addresses("eth1") == set()
    assert "eth1" not in [text for name, text in device.tree("Device.IP.").items() if name.endswith(".Name")]


@by_our_own_hand
def test_a_bridge_of_ours_has_one_address_over_boots_and_whatever_its_ports_unless_somebody_sets_another(
    bench: Bench,
) -> None:
    device = bench.device()
    bridge = device.add("Device.Bridging.Bridge.", Enable="1")
    lower = device.find("Device.Ethernet.Interface.", Name="eth1")

    def mac() -> str:
        bench.netlink.forget()
        return bench.netlink.link("br0").mac

    first = mac()
    assert int(first[:2], 16) & 3 == 2, "locally administered, of one machine"
    device.add(f"{bridge}Port.", LowerLayers=lower, Enable="1")
    assert mac() == first
    bench.netlink.delete_link("br0")
    again = bench.device(store=device.store)
    assert mac() == first
    link = again.find("Device.Ethernet.Link.", Name="br0")
    again.set({f"{link}MACAddress": "02:00:5E:10:00:07"})
    assert mac() == "02:00:5e:10:00:07"
    other = bench.device(store=again.store)
    other.add("Device.Bridging.Bridge.", Enable="1")
    bench.netlink.forget()
    assert bench.netlink.link("br1").mac not in (first, mac())
