"""VLANs: in intent until they are whole, then in the kernel. Linux's side runs in the throw-away machine (tests/vm)."""

import os

import pytest

from backends import kernel_features as features
from backends.netlink import Link
from backends.network import rows as tables
from backends.tr181.ethernet import SMALLEST_MTU
from tests.backends.conftest import Bench

LINKS = "Device.Ethernet.Link."
VLANS = "Device.Ethernet.VLANTermination."


KERNELS = ["fake", "linux"] if "CPE_AGENT_IN_MACHINE" in os.environ else ["fake"]
by_our_own_hand = pytest.mark.parametrize("vlans", KERNELS, indirect=True)
"""What netifd does otherwise, or leaves to whoever made it."""


@pytest.fixture(
    params=[
        *KERNELS,
        *([] if "CPE_AGENT_IN_MACHINE" in os.environ else [pytest.param("openwrt", marks=pytest.mark.slow)]),
    ]
)
def vlans(request: pytest.FixtureRequest) -> Bench:
    """The bench, on a kernel that has VLANs."""
    return request.getfixturevalue({"fake": "memory"}.get(request.param, request.param))  # type: ignore[no-any-return]


def link(bench: Bench, name: str) -> Link | None:
    bench.netlink.forget()
    return bench.netlink.link(name)


def test_a_vlan_lives_in_intent_until_it_is_whole_and_enabled(vlans: Bench) -> None:
    device = vlans.device()
    row = device.add(VLANS)
    assert (device.get(f"{row}Enable"), device.get(f"{row}Status"), device.get(f"{row}TPID")) == (
        "false",
        "Down",
        "33024",
    )
    device.set({f"{row}Enable": "1"})
    assert device.get(f"{row}Status") == "Error"
    device.set({f"{row}LowerLayers": device.find(LINKS, Name="eth1"), f"{row}VLANID": "10"})
    assert device.get(f"{row}Name") == "eth1.10"
    assert device.get(f"{row}Status") == "Up"
    made = link(vlans, "eth1.10")
    assert (made.lower, made.vlan_id, made.vlan_protocol) == ("eth1", 10, 0x8100)
    device.set({f"{row}VLANID": "11", f"{row}TPID": "34984"})
    assert link(vlans, "eth1.10") is None
    assert link(vlans, "eth1.11").vlan_protocol == 0x88A8
    device.set({f"{row}Enable": "0"})
    assert link(vlans, "eth1.11") is None
    assert device.get(f"{row}VLANID") == "11"


def test_an_ip_interface_on_a_vlan(vlans: Bench) -> None:
    device = vlans.device()
    before = vlans.state()
    vlan = device.add(VLANS, LowerLayers=device.find(LINKS, Name="eth1"), VLANID="10", Enable="1")
    interface = device.find("Device.IP.Interface.", Name="eth1.10")
    assert device.get(f"{interface}LowerLayers") == vlan[:-1]
    device.add(f"{interface}IPv4Address.", IPAddress="203.0.113.5", SubnetMask="255.255.255.0", Enable="1")
    assert vlans.addresses("eth1.10") == {"203.0.113.5/24"}
    device.delete(vlan)
    assert vlans.state() == before


def test_a_vlan_over_a_vlan(vlans: Bench) -> None:
    device = vlans.device()
    lower = device.add(VLANS, LowerLayers=device.find(LINKS, Name="eth1"), VLANID="10", TPID="34984", Enable="1")
    device.add(VLANS, LowerLayers=lower, VLANID="20", Enable="1")
    assert link(vlans, "eth1.10.20").lower == "eth1.10"
    device.set({f"{lower}Enable": "0"})
    assert link(vlans, "eth1.10.20") is None
    device.set({f"{lower}Enable": "1"})
    assert link(vlans, "eth1.10.20").up


@by_our_own_hand
def test_a_vlan_of_the_machines_own_keeps_its_identifier_and_can_be_deleted(vlans: Bench) -> None:
    vlans.netlink.add_vlan("eth1.5", "eth1", 5)
    device = vlans.device()
    before = vlans.state()
    row = device.find(VLANS, Name="eth1.5")
    assert device.refused({f"{row}VLANID": "6"}) == {f"{row}VLANID": "NotWritable"}
    device.delete(row)
    assert link(vlans, "eth1.5") is None
    assert device.tree(VLANS) == {}
    device.model.forget_everything()
    assert vlans.state() == before


def test_a_vlan_on_a_link_that_is_not_managed_is_refused(vlans: Bench) -> None:
    device = vlans.device(manage=("eth0",))
    row = device.add(VLANS)
    asked = {f"{row}LowerLayers": device.find(LINKS, Name="eth1")}
    assert device.refused(asked) == {f"{row}LowerLayers": "Denied"}


def test_an_identifier_or_tag_that_cannot_be_is_refused(vlans: Bench) -> None:
    device = vlans.device()
    row = device.add(VLANS)
    asked = {f"{row}VLANID": "4095", f"{row}TPID": "37120"}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")


def test_the_same_vlan_twice_is_refused(vlans: Bench) -> None:
    device = vlans.device()
    link = device.find(LINKS, Name="eth1")
    device.add(VLANS, LowerLayers=link, VLANID="10", Enable="1")
    row = device.add(VLANS, LowerLayers=link, VLANID="10")
    assert set(device.refused({f"{row}Enable": "1"}).values()) == {"InvalidValue"}


def test_a_vlan_has_the_mtu_that_is_set_and_goes_down_with_the_link_below(vlans: Bench) -> None:
    device = vlans.device()
    port = device.find("Device.Ethernet.Interface.", Name="eth1")
    row = device.add(VLANS, LowerLayers=device.find(LINKS, Name="eth1"), VLANID="10", Enable="1")
    interface = device.find("Device.IP.Interface.", Name="eth1.10")
    device.set({f"{interface}MaxMTUSize": str(SMALLEST_MTU)})
    assert link(vlans, "eth1.10").mtu == SMALLEST_MTU
    device.set({f"{port}Enable": "0"})
    assert device.get(f"{row}Status") in ("Down", "LowerLayerDown")
    device.set({f"{port}Enable": "1"})
    assert device.get(f"{row}Status") == "Up"


@by_our_own_hand
def test_a_vlan_of_the_machines_own_that_a_reset_brings_back_has_its_addresses_and_routes(vlans: Bench) -> None:
    vlans.netlink.add_vlan("eth1.5", "eth1", 5)
    vlans.netlink.set_link("eth1.5", up=True, mtu=1400)
    vlans.netlink.add_address("eth1.5", "203.0.113.1", 24)
    device = vlans.device()
    before = vlans.state()
    network = device.network
    network.begin()
    network.remove(next(row for row in tables.vlans(network.topology) if row.key == "eth1.5"))
    network.prepare()
    network.commit()
    assert link(vlans, "eth1.5") is None
    network.rollback()
    assert vlans.state() == before


def test_what_is_wanted_is_kept_where_there_are_no_vlans_any_more(memory: Bench) -> None:
    before = memory.device()
    row = before.add(VLANS, LowerLayers=before.find(LINKS, Name="eth1"), VLANID="10")
    before.add("Device.IP.Interface.", LowerLayers=row)
    memory.netlink.forget()
    without = memory.device(store=before.store, kernel_lacks=frozenset({features.VLANS}))
    told = without.tree("Device.")
    assert [path for path in told if "VLAN" in path and not path.startswith("Bridging.Max")] == []
    assert told["Bridging.MaxQBridgeEntries"] == told["Bridging.MaxVLANEntries"] == "0"
    assert f"{row}."[:-1] not in told.values()
    again = memory.device(store=without.store)
    assert (again.get(f"{row}VLANID"), again.get(f"{row}Name")) == ("10", "eth1.10")
