"""Edits are staged where the owner allows it, and refused elsewhere without a trace."""

import pytest

from backends.network.edits import NetworkEdits
from backends.network.errors import NotManaged
from backends.network.records import EthernetLink, IpAddress, Port, Reference
from backends.network.rows import Row, ports
from tests.backends.conftest import Bench


def edits(memory: Bench, *manage: str) -> NetworkEdits:
    return NetworkEdits(memory.netlink, memory.procfs, manage)


def port(network: NetworkEdits, name: str) -> Row[Port]:
    return next(row for row in ports(network.topology) if row.key == name)


def test_an_edit_is_seen_at_once_and_the_kernel_is_not_touched(memory: Bench) -> None:
    network = edits(memory, "eth*")
    row = port(network, "eth0")
    network.edit(row, enable=False)
    assert network.record(row).enable is False
    assert memory.netlink.link("eth0").up


def test_a_refused_edit_leaves_no_trace(memory: Bench) -> None:
    network = edits(memory, "eth0")
    key = network.add(EthernetLink(enable=False))
    row = Row(key, EthernetLink())
    with pytest.raises(NotManaged, match="eth1"):
        network.edit(row, lower=Reference("port", "eth1"))
    assert network.record(row).lower is None
    with pytest.raises(NotManaged):
        network.add(IpAddress(ip="eth1"))


def test_other_interfaces_may_be_given_later(memory: Bench) -> None:
    network = edits(memory)
    with pytest.raises(NotManaged):
        network.edit(port(network, "eth0"), enable=False)
    network.manage_only(["eth0"])
    network.edit(port(network, "eth0"), enable=False)
    assert network.may_change("eth0")
    assert not network.may_change("eth1")


def test_the_owner_finds_the_reason_in_the_log(memory: Bench, caplog: pytest.LogCaptureFixture) -> None:
    network = edits(memory, "lo*")
    with pytest.raises(NotManaged):
        network.edit(port(network, "eth0"), enable=False)
    assert "refused: eth0 is not in [network] manage" in caplog.text


def test_a_bridge_gets_the_first_free_name_that_is_managed(memory: Bench) -> None:
    memory.netlink.add_bridge("br0")
    network = edits(memory, "br*")
    assert network.link_name(Row(network.add_bridge(), EthernetLink())) is None
    names = {record["name"] for record in network._records.to_json()["records"]["bridge"].values()}
    assert names == {"br1"}


def test_a_new_bridge_is_not_given_what_is_configured_for_one_that_is_gone(memory: Bench) -> None:
    device = memory.device()
    bridge = device.add("Device.Bridging.Bridge.", Enable="1")
    row = device.find("Device.IP.Interface.", Name="br0")
    device.add(f"{row}IPv4Address.", IPAddress="10.44.0.1", SubnetMask="255.255.255.0", Enable="1")
    device.delete(bridge)
    device.add("Device.Bridging.Bridge.", Enable="1")
    assert memory.addresses("br1") == set()
    assert "br1" in {link.name for link in memory.netlink.links()}


def test_what_is_not_managed_is_named_as_it_is_there(memory: Bench, caplog: pytest.LogCaptureFixture) -> None:
    device = memory.device(manage=("eth1",))
    row = device.add("Device.Ethernet.VLANTermination.")
    device.refused({f"{row}LowerLayers": device.find("Device.Ethernet.Link.", Name="eth0"), f"{row}VLANID": "7"})
    assert "eth0 is not in [network] manage" in caplog.text
    assert "eth0." not in caplog.text
