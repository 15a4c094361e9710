"""Ethernet ports and links."""

import pytest

from agent.model.errors import NotWritable
from backends.netlink import Link
from backends.tr181.ethernet import SMALLEST_MTU
from tests.backends.conftest import Bench, by_our_own_hand, comes_to
from tests.backends.device import fake_device
from tests.fakes.netlink import FakeKernel

PORTS = "Device.Ethernet.Interface."
LINKS = "Device.Ethernet.Link."


def test_ports_are_physical_ones_and_veths_but_no_bridges_vlans_or_tunnels() -> None:
    kernel = FakeKernel()
    for name, kind in (("eth0", ""), ("veth0", "veth"), ("br0", "bridge"), ("eth0.7", "vlan"), ("tun0", "tun")):
        kernel.add_link(name, kind, type=65534 if kind == "tun" else 1)
    device = fake_device(kernel, ())
    assert {value for name, value in device.tree(PORTS).items() if name.endswith(".Name")} == {"eth0", "veth0"}


def test_a_port_is_taken_down_and_up(bench: Bench) -> None:
    device = bench.device()
    row = device.find(PORTS, Name="eth1")
    device.set({f"{row}Enable": "0"})
    assert not bench.netlink.link("eth1").up
    assert (device.get(f"{row}Enable"), device.get(f"{row}Status")) == ("false", "Down")
    device.set({f"{row}Enable": "1"})
    assert bench.netlink.link("eth1").up
    assert (device.get(f"{row}Enable"), device.get(f"{row}Status")) == ("true", "Up")


def test_a_port_whose_other_end_is_down_is_down_and_holds_down_what_lies_on_it(bench: Bench) -> None:
    device = bench.device()
    bench.netlink.set_link("far1", up=False)
    port, *above = [device.find(table, Name="eth1") for table in (PORTS, LINKS, "Device.IP.Interface.")]
    assert comes_to(device, (port, *above), ("Down", "LowerLayerDown", "LowerLayerDown"))
    assert device.get(f"{port}Enable") == "true"


def test_a_link_held_down_by_one_layer_is_still_enabled_on_the_others(memory: Bench) -> None:
    device = memory.device()
    device.set({device.find("Device.IP.Interface.", Name="eth1") + "Enable": "0"})
    assert device.get(device.find(PORTS, Name="eth1") + "Enable") == "true"
    assert device.get(device.find(PORTS, Name="eth1") + "Status") == "Down"


@by_our_own_hand
def test_a_link_may_ask_no_neighbours_and_does_again_after_factory_reset(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    row = device.find(LINKS, Name="eth1")
    assert device.get(f"{row}NoARP") == "false"
    device.set({f"{row}NoARP": "1"})
    assert not bench.netlink.link("eth1").arp
    assert (device.get(f"{row}NoARP"), device.get(f"{row}Status")) == ("true", "Up")
    if bench.lab is not None:
        assert "NOARP" in bench.lab.ip("link show eth1")
    device.model.forget_everything()
    assert bench.state() == before


def test_the_port_of_the_default_route_is_upstream(bench: Bench) -> None:
    device = bench.device()
    assert device.get(device.find(PORTS, Name="eth0") + "Upstream") == "true"
    assert device.get(device.find(PORTS, Name="eth1") + "Upstream") == "false"


def test_counters_are_the_kernels(bench: Bench) -> None:
    device = bench.device()
    for table in (PORTS, LINKS, "Device.IP.Interface."):
        told = device.tree(device.find(table, Name="eth0") + "Stats.")
        counted = bench.netlink.link("eth0").counters
        assert int(told["BytesSent"]) <= counted.tx_bytes
        assert int(told["PacketsReceived"]) <= counted.rx_packets
    assert "Collisions" in device.tree(device.find(PORTS, Name="eth0") + "Stats.")


def test_what_a_driver_does_not_tell_is_up_when_it_runs() -> None:
    kernel = FakeKernel()
    kernel.links["eth0"] = Link(2, "eth0", up=True, running=True, operstate="unknown")
    device = fake_device(kernel, ())
    kernel.links["eth0"] = Link(2, "eth0", up=True, running=True, operstate="unknown")
    assert device.get(f"{PORTS}1.Status") == "Up"


def test_mtu_and_address_of_a_link_are_set(bench: Bench) -> None:
    device = bench.device()
    row = device.find(LINKS, Name="eth1")
    device.set({f"{row}MTU": "1350", f"{row}MACAddress": "02:00:00:AA:BB:CC"})
    link = bench.netlink.link("eth1")
    assert (link.mtu, link.mac) == (1350, "02:00:00:aa:bb:cc")
    assert device.get(f"{row}MACAddress") == "02:00:00:aa:bb:cc"


@pytest.mark.parametrize(
    ("name", "value"), [("MTU", str(SMALLEST_MTU - 1)), ("MTU", "70000"), ("MACAddress", "01:00:00:00:00:01")]
)
def test_what_a_link_cannot_have_is_refused(memory: Bench, name: str, value: str) -> None:
    device = memory.device()
    row = device.find(LINKS, Name="eth1")
    assert device.refused({row + name: value}) == {row + name: "InvalidValue"}


def test_a_link_that_was_added_takes_the_place_of_the_machines_own(memory: Bench) -> None:
    device = memory.device()
    port = device.find(PORTS, Name="eth1")
    own = device.find(LINKS, Name="eth1")
    added = device.add(LINKS, LowerLayers=port)
    assert device.find(LINKS, Name="eth1") == added
    assert device.get(device.find("Device.IP.Interface.", Name="eth1") + "LowerLayers") == added[:-1]
    device.delete(added)
    assert device.find(LINKS, Name="eth1") == own
    with pytest.raises(NotWritable):
        device.delete(own)
