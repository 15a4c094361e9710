"""Logical interfaces."""

from tests.backends.conftest import Bench

LOGICAL = "Device.Logical.Interface."
IP = "Device.IP.Interface."


def test_a_logical_interface_is_a_name_for_what_lies_below(memory: Bench) -> None:
    device = memory.device()
    row = device.add(LOGICAL, Name="WAN")
    assert (device.get(f"{row}Status"), device.get(f"{row}LowerLayers")) == ("Down", "")
    below = device.find(IP, Name="eth0")
    device.set({f"{row}LowerLayers": below, f"{row}Enable": "1"})
    assert (device.get(f"{row}Name"), device.get(f"{row}Status")) == ("WAN", "Up")
    assert device.get(f"{row}LowerLayers") == below[:-1]
    assert device.get(f"{row}Stats.BytesSent") == device.get(f"{below}Stats.BytesSent")
    memory.netlink.set_link("eth0", up=False)
    assert device.get(f"{row}Status") == "LowerLayerDown"
    device.delete(row)
    assert device.get("Device.Logical.InterfaceNumberOfEntries") == "0"


def test_it_changes_nothing_of_the_system_and_needs_no_leave(memory: Bench) -> None:
    device = memory.device(manage=())
    before = memory.state()
    row = device.add(LOGICAL, Name="LAN", LowerLayers=device.find(IP, Name="eth1"), Enable="1")
    assert memory.state() == before
    assert device.get(f"{row}LastChange")


def test_it_lies_on_no_other_logical_one(memory: Bench) -> None:
    device = memory.device()
    one, other = device.add(LOGICAL), device.add(LOGICAL)
    assert device.refused({f"{one}LowerLayers": other}) == {f"{one}LowerLayers": "InvalidValue"}
