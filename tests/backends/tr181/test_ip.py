"""IP interfaces: the standard flow from an empty row, the two stacks, MTU."""

import pytest

from agent.model.errors import NotWritable
from backends.netlink_types import RouteTo
from backends.tr181.ip import SMALLEST_MTU
from tests.backends.conftest import Bench, by_our_own_hand, comes_to

IP = "Device.IP.Interface."
LINKS = "Device.Ethernet.Link."


def test_every_link_that_can_speak_ip_is_an_interface(bench: Bench) -> None:
    device = bench.device()
    names = {value for name, value in device.tree(IP).items() if name.endswith(".Name")}
    assert names == {"lo", "eth0", "far0", "eth1", "far1"}
    loopback = device.find(IP, Name="lo")
    assert (device.get(f"{loopback}Type"), device.get(f"{loopback}Loopback")) == ("Loopback", "true")


def test_the_standard_flow_link_then_interface_then_address(bench: Bench) -> None:
    device = bench.device()
    port = device.find("Device.Ethernet.Interface.", Name="eth1")
    link = device.add(LINKS)
    device.set({f"{link}LowerLayers": port, f"{link}Enable": "1"})
    interface = device.add(IP)
    assert device.get(f"{interface}Enable") == "false"
    device.set({f"{interface}LowerLayers": link, f"{interface}Enable": "true"})
    address = device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.5", SubnetMask="255.255.255.0", Enable="1")
    assert bench.addresses("eth1") == {"203.0.113.5/24"}
    assert device.get(f"{interface}Status") == "Up"
    assert device.get(f"{interface}Name") == "eth1"
    assert device.get(f"{interface}LowerLayers") == link[:-1]
    assert len([row for row in device.tree(IP) if row.endswith(".Name")]) == 5
    device.delete(interface)
    assert bench.addresses("eth1") == set()
    assert device.find(IP, Name="eth1") != interface
    assert address not in device.tree("Device.")


def test_an_interface_that_was_added_and_lies_on_nothing_has_an_error_when_enabled(memory: Bench) -> None:
    device = memory.device()
    interface = device.add(IP, Enable="true")
    assert device.get(f"{interface}Status") == "Error"


def test_a_second_interface_on_a_link_is_refused(memory: Bench) -> None:
    device = memory.device()
    link = device.find(LINKS, Name="eth1")
    device.add(IP, LowerLayers=link)
    row = device.add(IP)
    assert set(device.refused({f"{row}LowerLayers": link}).values()) == {"InvalidValue"}


def test_ipv6_is_switched_off_and_on_and_its_addresses_come_back(bench: Bench) -> None:
    device = bench.device()
    before = bench.routes()
    interface = device.find(IP, Name="eth0")
    device.set({f"{interface}IPv6Enable": "false"})
    assert bench.addresses("eth0") == {"192.0.2.1/24"}
    assert device.get(f"{interface}IPv6Enable") == "false"
    device.set({f"{interface}IPv6Enable": "true"})
    assert bench.addresses("eth0") == {"192.0.2.1/24", "2001:db8::1/64"}
    assert bench.routes() == before


def test_ipv4_is_switched_off_and_its_addresses_stay_as_rows(bench: Bench) -> None:
    device = bench.device()
    before = bench.routes()
    interface = device.find(IP, Name="eth0")
    row = f"{interface}IPv4Address.1."
    device.set({f"{interface}IPv4Enable": "false"})
    assert bench.addresses("eth0") == {"2001:db8::1/64"}
    assert (device.get(f"{row}IPAddress"), device.get(f"{row}Enable")) == ("192.0.2.1", "true")
    assert device.get(f"{row}Status") == "Disabled"
    device.set({f"{interface}IPv4Enable": "true"})
    assert bench.addresses("eth0") == {"192.0.2.1/24", "2001:db8::1/64"}
    assert bench.routes() == before


def test_the_mtu_is_set_and_bounded(bench: Bench) -> None:
    device = bench.device()
    interface = device.find(IP, Name="eth1")
    device.set({f"{interface}MaxMTUSize": "1400"})
    assert bench.netlink.link("eth1").mtu == 1400
    assert device.get(f"{interface}MaxMTUSize") == "1400"
    too_small = {f"{interface}MaxMTUSize": str(SMALLEST_MTU - 1)}
    assert device.refused(too_small) == {f"{interface}MaxMTUSize": "InvalidValue"}


def test_an_interface_of_the_machines_own_can_be_taken_away_and_the_loopback_cannot(bench: Bench) -> None:
    device = bench.device(manage=("*",))
    before = bench.state()
    device.delete(device.find(IP, Name="eth0"))
    assert "eth0" not in {value for name, value in device.tree(IP).items() if name.endswith(".Name")}
    assert bench.addresses("eth0") == set()
    with pytest.raises(NotWritable):
        device.delete(device.find(IP, Name="lo"))
    device.model.forget_everything()
    assert bench.state() == before


def test_lower_layers_of_the_machines_own_interface_stay(memory: Bench) -> None:
    device = memory.device()
    interface = device.find(IP, Name="eth0")
    other = device.find(LINKS, Name="eth1")
    assert device.refused({f"{interface}LowerLayers": other}) == {f"{interface}LowerLayers": "NotWritable"}
    assert device.set({f"{interface}LowerLayers": device.get(f"{interface}LowerLayers")}) == 0


def test_an_interface_lies_on_a_link_or_vlan_and_on_nothing_else(memory: Bench) -> None:
    device = memory.device()
    interface = device.add(IP)
    port = device.find("Device.Ethernet.Interface.", Name="eth1")
    assert device.refused({f"{interface}LowerLayers": port}) == {f"{interface}LowerLayers": "InvalidValue"}
    router = "Device.Routing.Router.1."
    assert device.refused({f"{interface}LowerLayers": router}) == {f"{interface}LowerLayers": "InvalidValue"}


def test_the_stack_tells_what_the_kernel_can(memory: Bench) -> None:
    device = memory.device()
    assert device.get("Device.IP.IPv4Capable") == "true"
    assert device.get("Device.IP.IPv6Status") == "Enabled"
    memory.procfs.disabled.add("all")  # type: ignore[attr-defined]
    assert device.get("Device.IP.IPv6Status") == "Disabled"


@by_our_own_hand
def test_a_reset_takes_an_interface_down_and_up_and_loses_nothing(bench: Bench) -> None:
    device = bench.device()
    before, told = bench.state(), bench.as_ip_tells()
    row = device.find(IP, Name="eth0")
    changes = bench.netlink.link("eth0").carrier_changes
    device.set({f"{row}Reset": "1"})
    assert comes_to(device, (row,), ("Up",))
    bench.netlink.forget()
    if bench.lab is not None:
        assert bench.netlink.link("eth0").carrier_changes > changes
    assert bench.state().keys() == before.keys()
    assert bench.as_ip_tells() == told
    assert device.get(f"{row}Reset") == "false"
    loopback = device.find(IP, Name="lo") + "Reset"
    assert set(device.refused({loopback: "1"}).values()) <= {"InvalidValue", "Denied"}


def test_a_reset_of_the_way_to_the_acs_waits_for_the_end_of_the_session(memory: Bench) -> None:
    device = memory.device(management_path=lambda: RouteTo("eth0", "192.0.2.1", "192.0.2.254"))
    assert device.set({device.find(IP, Name="eth0") + "Reset": "1"}) == 1
    assert device.set({device.find(IP, Name="eth1") + "Reset": "1"}) == 1
