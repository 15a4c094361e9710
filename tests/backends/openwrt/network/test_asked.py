"""Of what records ask of a kernel, what is OpenWrt's to say."""

import pytest

from backends.netlink_types import Link
from backends.network.plan import Ident
from backends.network.records import (
    Bridge,
    BridgedVlan,
    BridgePort,
    EthernetLink,
    IpAddress,
    IpInterface,
    IpPrefix,
    IpStack,
    Port,
    Record,
    Records,
    Reference,
    VlanMember,
)
from backends.network.topology import Topology
from backends.openwrt.network.asked import asked, is_assigned
from tests.backends.openwrt.network.board import links

pytestmark = pytest.mark.slow


PHY: Ident = ("phy", "a")


def asks(*rows: tuple[str, Record]) -> dict[Ident, object]:
    records = Records()
    for key, record in rows:
        records = records.with_record(key, record)
    topology = Topology(records, list(links("a", "b").values()), manage=("*",))
    return dict(asked(topology, {PHY: {"supported": [0, 1, 2, 3]}}, ()))


def test_an_interface_is_asked_for_as_one_and_its_link_as_another() -> None:
    told = asks(("a", IpInterface(enable=False, mtu=1400)), ("a", EthernetLink(enable=True)))
    assert told == {("interface", "a"): {"enabled": False}, ("link", "a"): {"mtu": 1400, "up": True}}
    assert asks(("a", IpInterface(enable=True))) == {("interface", "a"): {"enabled": True}}
    assert asks(("a", IpInterface(deleted=True))) == {("interface", "a"): {"enabled": False}}


def test_unique_local_addresses_are_netifd_s_to_make() -> None:
    told = asks(("a", IpInterface(ula=3)), ("b", IpInterface(ula=0)), ("", IpStack(ula_prefix="fd00::/48")))
    assert told == {("assign", "a"): {"subnet": 3}, ("assign", "b"): None, ("ula", ""): {"prefix": "fd00::/48"}}


def test_addresses_stay_said_while_their_interface_speaks_no_ipv6() -> None:
    address: Ident = ("address", "a", "2001:db8::1/64")
    told = asks(("a", IpInterface(ipv6=False)), ("a 2001:db8::1/64", IpAddress(ip="a", family=6)))
    assert told[address] == {}


def test_a_port_is_told_the_fastest_speed_alone() -> None:
    assert asks(("a", Port(max_bit_rate=10)))[PHY] == {"advertised": [0, 1]}
    assert asks(("a", Port(max_bit_rate=100, duplex="full")))[PHY] == {"advertised": [3]}
    assert asks(("a", Port(max_bit_rate=-1)))[PHY] == {"advertised": [0, 1, 2, 3]}


def test_the_first_vlan_of_a_port_is_that_of_its_untagged_frames() -> None:
    """netifd takes it so, unless another one is marked."""
    records = Records().with_record("a", Bridge(standard="802.1Q-2005"))
    for key, record in (
        ("+1", BridgedVlan(enable=True, bridge="a", vlan_id=20)),
        ("+2", BridgePort(enable=True, bridge="a", lower=Reference("port", "b"))),
        ("+3", VlanMember(enable=True, bridge="a", vlan=Reference("bridged_vlan", "+1"),
                          port=Reference("bridge_port", "+2"), untagged=True)),
    ):  # fmt: skip
        records = records.with_record(key, record)
    topology = Topology(records, [Link(1, "a", "bridge"), Link(2, "b")], manage=("*",))
    ident: Ident = ("bridge_vlan", "b", "20")
    assert asked(topology, {})[ident] == {"untagged": True, "pvid": True}
    another: Ident = ("bridge_vlan", "b", "1")
    assert asked(topology, {another: {"untagged": True, "pvid": True}})[ident] == {"untagged": True, "pvid": False}


def test_forwarding_does_not_make_routers_be_heeded() -> None:
    assert not [ident for ident in asks(("", IpStack(forwarding=True))) if "accept_ra" in ident[-1]]


def test_prefixes_that_netifd_fills() -> None:
    assert [is_assigned(IpPrefix(static_type=one)) for one in ("Child", "PrefixDelegation", None)] == [
        True,
        True,
        False,
    ]
