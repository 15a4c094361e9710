"""What backends.netlink promises of 802.1Q links and bridges that filter VLANs.

Many kernels are built without either, so Linux's side runs in the throw-away machine: see tests/vm.
"""

import os
from collections.abc import Callable

import pytest

from backends.errors import MechanismError, Missing
from backends.netlink import VLAN_8021AD, VLAN_8021Q, BridgeVlan, Link, Netlink
from tests.backend_contract.conftest import MemoryKernel, RealKernel
from tests.netlab.namespace import Namespace


@pytest.fixture(params=["fake", "real"] if "CPE_AGENT_IN_MACHINE" in os.environ else ["fake"])
def net(request: pytest.FixtureRequest, make_namespace: Callable[[], Namespace]) -> Netlink:
    """A kernel with the pair ``a``–``b``, down."""
    made = MemoryKernel().netlink if request.param == "fake" else RealKernel(make_namespace()).netlink
    made.add_veth("a", "b")
    return made


def link(net: Netlink, name: str) -> Link:
    found = net.link(name)
    assert found is not None, name
    return found


@pytest.mark.parametrize("protocol", [VLAN_8021Q, VLAN_8021AD])
def test_a_vlan_knows_its_number_protocol_and_lower_link(net: Netlink, protocol: int) -> None:
    net.add_vlan("a.5", "a", 5, protocol)
    vlan = link(net, "a.5")
    assert (vlan.kind, vlan.vlan_id, vlan.vlan_protocol, vlan.lower) == ("vlan", 5, protocol, "a")
    assert (vlan.up, vlan.mac, vlan.mtu) == (False, link(net, "a").mac, 1500)


def test_a_vlan_needs_a_lower_link_that_exists(net: Netlink) -> None:
    with pytest.raises(Missing):
        net.add_vlan("x.5", "x", 5)


@pytest.mark.parametrize(("number", "protocol"), [(-1, VLAN_8021Q), (4095, VLAN_8021Q), (5, 0x0800)])
def test_a_number_or_protocol_that_cannot_be_is_refused(net: Netlink, number: int, protocol: int) -> None:
    with pytest.raises(MechanismError) as caught:
        net.add_vlan("a.5", "a", number, protocol)
    assert caught.value.code == "EINVAL"
    assert net.link("a.5") is None


def test_the_same_number_twice_on_a_link_is_refused(net: Netlink) -> None:
    net.add_vlan("a.5", "a", 5)
    with pytest.raises(MechanismError) as caught:
        net.add_vlan("other", "a", 5)
    assert caught.value.code == "EEXIST"


def test_a_vlan_goes_with_its_lower_link(net: Netlink) -> None:
    net.add_vlan("a.5", "a", 5)
    net.delete_link("a")
    assert net.link("a.5") is None


def test_a_vlan_is_deleted_alone(net: Netlink) -> None:
    net.add_vlan("a.5", "a", 5)
    net.delete_link("a.5")
    assert net.link("a") is not None


def test_a_filtering_bridge_says_so_and_can_stop(net: Netlink) -> None:
    net.add_bridge("br", vlan_filtering=1, default_pvid=0)
    bridge = link(net, "br").bridge
    assert bridge is not None
    assert (bridge.vlan_filtering, bridge.default_pvid) == (True, 0)
    net.set_bridge("br", vlan_filtering=0)
    bridge = link(net, "br").bridge
    assert bridge is not None
    assert bridge.vlan_filtering is False


@pytest.fixture
def filtering(net: Netlink) -> Netlink:
    """The bridge ``br`` that filters, with the member ``a``, and no VLAN yet."""
    net.add_bridge("br", vlan_filtering=1, default_pvid=0)
    net.set_link("a", master="br")
    return net


def test_vlans_pass_where_they_are_let_pass(filtering: Netlink) -> None:
    filtering.add_bridge_vlan("a", 10, untagged=True, pvid=True)
    filtering.add_bridge_vlan("a", 20)
    filtering.add_bridge_vlan("br", 20)
    assert set(filtering.bridge_vlans()) == {
        BridgeVlan("a", 10, untagged=True, pvid=True),
        BridgeVlan("a", 20),
        BridgeVlan("br", 20),
    }


def test_the_flags_of_a_vlan_change(filtering: Netlink) -> None:
    filtering.add_bridge_vlan("a", 10)
    filtering.add_bridge_vlan("a", 10, untagged=True, pvid=True)
    assert set(filtering.bridge_vlans()) == {BridgeVlan("a", 10, untagged=True, pvid=True)}


def test_a_port_has_one_pvid(filtering: Netlink) -> None:
    filtering.add_bridge_vlan("a", 10, pvid=True)
    filtering.add_bridge_vlan("a", 20, pvid=True)
    assert {row.vlan_id: row.pvid for row in filtering.bridge_vlans()} == {10: False, 20: True}


def test_a_vlan_is_taken_away_and_taking_it_away_again_changes_nothing(filtering: Netlink) -> None:
    filtering.add_bridge_vlan("a", 10)
    for _ in range(2):
        filtering.delete_bridge_vlan("a", 10)
        assert list(filtering.bridge_vlans()) == []


def test_a_port_that_leaves_its_bridge_has_no_vlans(filtering: Netlink) -> None:
    filtering.add_bridge_vlan("a", 10)
    filtering.set_link("a", master="")
    assert list(filtering.bridge_vlans()) == []


@pytest.mark.parametrize("number", [0, 4095, 5000])
def test_a_vlan_that_cannot_be_is_refused(filtering: Netlink, number: int) -> None:
    with pytest.raises(MechanismError):
        filtering.add_bridge_vlan("a", number)
