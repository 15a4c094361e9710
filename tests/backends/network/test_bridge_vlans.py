"""What records of VLANs ask of bridges that filter."""

from dataclasses import replace
from typing import Any

import pytest

from backends.netlink_types import BridgeState, BridgeVlan, Link
from backends.network import rows as tables
from backends.network.bridge_vlans import claims, is_filtering, member_ident, pvid, vlan_id, vlan_key
from backends.network.plan import plan
from backends.network.records import Bridge, BridgedVlan, BridgePort, Record, Records, Reference, VlanMember
from backends.network.topology import Topology

FILTERS = BridgeState(vlan_filtering=True)
LINKS = [
    Link(2, "eth0", master="br0"),
    Link(3, "eth1", master="br0"),
    Link(4, "br0", "bridge", bridge=FILTERS),
    Link(5, "eth2"),
]
DEFAULT = {"untagged": True, "pvid": True}
THERE = {("bridge_vlan", name, "1"): DEFAULT for name in ("eth0", "eth1", "br0")}
ENTRIES = [BridgeVlan(name, 1, untagged=True, pvid=True) for name in ("eth0", "eth1", "br0")]
VLAN, PORT = Reference("bridged_vlan", "+1"), Reference("bridge_port", "eth0")
TEN = BridgedVlan(enable=True, bridge="br0", vlan_id=10)
MEMBER = VlanMember(enable=True, bridge="br0", vlan=VLAN, port=PORT)


def topology(*records: tuple[str, Record], links: list[Link] = LINKS) -> Topology:
    all_of_them = Records()
    for key, record in records:
        all_of_them = all_of_them.with_record(key, record)
    return Topology(all_of_them, links)


def wanted(*records: tuple[str, Record]) -> dict[Any, Any]:
    return claims(topology(*records), THERE)


def test_a_vlan_passes_a_port_that_a_row_names() -> None:
    assert wanted(("+1", TEN), ("+2", MEMBER)) == {("bridge_vlan", "eth0", "10"): {"untagged": False, "pvid": False}}
    untagged = replace(MEMBER, untagged=True)
    assert wanted(("+1", TEN), ("+2", untagged)) == {("bridge_vlan", "eth0", "10"): {"untagged": True, "pvid": False}}


@pytest.mark.parametrize(
    "records",
    [
        [("+1", replace(TEN, enable=False)), ("+2", MEMBER)],
        [("+1", TEN), ("+2", replace(MEMBER, enable=False))],
        [("+1", TEN), ("+2", replace(MEMBER, port=None))],
        [("+2", MEMBER)],
        [("+1", TEN), ("+2", MEMBER), ("br0", Bridge(standard="802.1D-2004"))],
    ],
)
def test_what_is_off_or_incomplete_asks_for_nothing(records: list[tuple[str, Record]]) -> None:
    assert wanted(*records) == {}


def test_untagged_frames_come_into_the_vlan_that_the_port_says() -> None:
    port = ("eth0", BridgePort(bridge="br0", pvid=10))
    assert wanted(("+1", TEN), ("+2", MEMBER), port) == {
        ("bridge_vlan", "eth0", "10"): {"untagged": False, "pvid": True},
        ("bridge_vlan", "eth0", "1"): {"pvid": False},
    }


def test_a_port_that_takes_tagged_frames_only_has_no_vlan_for_untagged_ones() -> None:
    port = ("eth0", BridgePort(bridge="br0", frames="tagged"))
    assert wanted(port) == {("bridge_vlan", "eth0", "1"): {"pvid": False}}
    assert pvid(topology(port), "eth0", 1) is None
    assert pvid(topology(), "eth0", 7) == 7
    assert pvid(topology(), "eth0", None) == 1


def test_a_vlan_of_the_machines_own_that_is_switched_off_is_taken_from_every_port_and_stays_so() -> None:
    off = ("br0 1", BridgedVlan(enable=False, bridge="br0"))
    assert wanted(off) == dict.fromkeys(THERE)
    held = topology(off)
    held.records = replace(held.records, originals=THERE)
    assert claims(held, {}) == dict.fromkeys(THERE)


def test_a_member_that_joins_the_machines_bridge_does_not_get_its_default_vlan_beside_its_own() -> None:
    joins = ("+3", BridgePort(enable=True, bridge="br0", lower=Reference("port", "eth2"), pvid=10))
    member = ("+2", replace(MEMBER, port=Reference("bridge_port", "+3"), untagged=True))
    assert wanted(("+1", TEN), member, joins) == {
        ("bridge_vlan", "eth2", "10"): {"untagged": True, "pvid": True},
        ("bridge_vlan", "eth2", "1"): None,
    }


def test_rows_are_what_the_kernel_has_and_what_is_wanted() -> None:
    both = topology(("+1", TEN), ("+2", MEMBER))
    entries = [*ENTRIES, BridgeVlan("eth0", 10)]
    assert [row.key for row in tables.bridged_vlans(both, entries)] == ["br0 1", "+1"]
    assert [row.key for row in tables.vlan_members(both, entries)] == ["+2", "eth0 1", "eth1 1", "br0 1"]
    plain = topology(links=[replace(link, bridge=link.bridge and BridgeState()) for link in LINKS])
    assert tables.bridged_vlans(plain, entries) == tables.vlan_members(plain, entries) == []


def test_a_vlan_that_was_taken_away_is_no_row_and_neither_are_its_ports() -> None:
    gone = topology(("br0 1", BridgedVlan(deleted=True, bridge="br0")))
    assert tables.bridged_vlans(gone, ENTRIES) == tables.vlan_members(gone, ENTRIES) == []


def test_keys_tell_where_a_row_belongs() -> None:
    both = topology(("+1", TEN), ("+2", MEMBER))
    assert member_ident(both, "+2") == ("bridge_vlan", "eth0", "10")
    assert member_ident(both, "eth1 20") == ("bridge_vlan", "eth1", "20")
    assert (vlan_id(both, "+1"), vlan_id(both, "br0 7"), vlan_id(both, "+9")) == (10, 7, None)
    assert (vlan_key(both, "br0", 10), vlan_key(both, "br0", 11)) == ("+1", "br0 11")
    assert [both.link_of(Reference(*row)) for row in (("bridged_vlan", "+1"), ("vlan_member", "+2"))] == ["br0", "eth0"]
    assert both.link_of(Reference("vlan_member", "eth1 20")) == "eth1"
    assert is_filtering(both, "br0")


def test_the_flags_of_an_entry_are_set_together() -> None:
    state = {**THERE, ("port", "eth0"): {"bridge": "br0"}, ("link", "eth0"): {"up": True}}
    [change] = plan({("bridge_vlan", "eth0", "1"): {"pvid": False}}, state)
    assert change.after == {"untagged": True, "pvid": False}
    assert plan({("bridge_vlan", "eth9", "1"): {}}, state) == []
