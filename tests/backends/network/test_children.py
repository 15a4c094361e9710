"""Prefixes of the LAN, carved out of what is delegated: arithmetic, ends, and what is to be in the kernel."""

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from backends.delegations import Delegation
from backends.netlink_types import Link
from backends.network.children import carve, children, delegation_of, handed_down, interface_identifier, slots, unused
from backends.network.records import IpInterface, IpPrefix, IpStack, Record, Records, Reference
from backends.network.topology import Topology

WAN, LAN = Link(2, "wan0", mac="02:00:00:00:00:01", up=True), Link(3, "lan0", mac="02:00:00:00:00:02", up=True)
GIVEN = Delegation("wan0", 1, "2001:db8:100::/56", 1000, 2000)
CHILD = IpPrefix(ip="lan0", enable=True, static_type="Child", parent=Reference("prefix", GIVEN.key))


def topology(
    prefixes: Mapping[str, IpPrefix], *delegated: Delegation, more: Mapping[str, Any] | None = None
) -> Topology:
    records: dict[str, Mapping[str, Record]] = {"prefix": prefixes, **(more or {})}
    return Topology(Records(9, records), [WAN, LAN], delegated=delegated)


@pytest.mark.parametrize(
    ("parent", "bits", "part"),
    [
        ("fedc::/56", "123:4567:89ab:cdef::/64", "fedc:0:0:ef::/64"),  # TR-181's own examples
        ("fedc::/60", "123:4567:89ab:cdef::/64", "fedc:0:0:f::/64"),
        ("fedc::/48", "::ab00:0:0:0:0/56", "fedc:0:0:ab00::/56"),
        ("fedc::/64", "::/64", "fedc::/64"),  # not longer than the parent: the /64 with the row's number
        ("fedc::/56", "", "fedc:0:0:3::/64"),
        ("fedc::/56", "::/48", "fedc:0:0:3::/64"),
    ],
)
def test_a_part_has_the_parents_bits_and_then_its_own(parent: str, bits: str, part: str) -> None:
    number = 0 if parent.endswith("/64") else 3
    assert carve(ipaddress.IPv6Network(parent), bits, number) == ipaddress.IPv6Network(part)


@pytest.mark.parametrize(("parent", "number"), [("fedc::/62", 4), ("fedc::/64", 1), ("fedc::/72", 0)])
def test_what_does_not_fit_is_no_part(parent: str, number: int) -> None:
    assert carve(ipaddress.IPv6Network(parent), "", number) is None


def test_the_interface_identifier_is_made_of_the_hardware_address() -> None:
    assert interface_identifier("00:1b:2c:3d:4e:5f") == 0x021B2CFFFE3D4E5F
    assert interface_identifier("") == interface_identifier("00:00:00:00:00:00") == 1


def test_a_child_ends_with_its_parent_or_sooner() -> None:
    one = children(topology({"+1": CHILD}, GIVEN))["+1"]
    assert (one.preferred_until, one.valid_until) == (1000, 2000)
    sooner = replace(CHILD, preferred_until=1500, valid_until=900)
    one = children(topology({"+1": sooner}, GIVEN))["+1"]
    assert (one.preferred_until, one.valid_until) == (900, 900)
    for_ever = GIVEN._replace(preferred_until=0, valid_until=0)
    one = children(topology({"+1": sooner}, for_ever))["+1"]
    assert (one.preferred_until, one.valid_until) == (900, 900)
    one = children(topology({"+1": CHILD}, for_ever))["+1"]
    assert (one.preferred_until, one.valid_until) == (0, 0)


@pytest.mark.parametrize(
    "record",
    [
        replace(CHILD, enable=False),
        replace(CHILD, static_type=None),
        replace(CHILD, parent=None),
        replace(CHILD, parent=Reference("prefix", "wan0 delegated 2")),
        replace(CHILD, ip="wan0"),  # where it was delegated
        replace(CHILD, ip="nowhere"),
    ],
)
def test_a_row_that_lacks_something_is_no_child(record: IpPrefix) -> None:
    assert children(topology({"+1": record}, GIVEN)) == {}


@pytest.mark.parametrize("more", [{"ip": {"lan0": IpInterface(ipv6=False)}}, {"stack": {"": IpStack(ipv6=False)}}])
def test_a_link_that_does_not_speak_ipv6_has_no_child(more: Mapping[str, Any]) -> None:
    assert children(topology({"+1": CHILD}, GIVEN, more=more)) == {}
    assert children(topology({"+1": CHILD}, GIVEN, more={"stack": {"": IpStack(ipv6=True)}})).keys() == {"+1"}


def test_of_two_that_overlap_the_earlier_is_there() -> None:
    rows = {"+10": CHILD, "+9": replace(CHILD, child_bits="::/60")}
    assert children(topology(rows, GIVEN)).keys() == {"+9"}


def test_each_slot_is_filled_by_one_delegation_of_its_link() -> None:
    slot = IpPrefix(ip="wan0", enable=True, static_type="PrefixDelegation")
    second = Delegation("wan0", 2, "2001:db8:200::/56")
    rows = {"+1": replace(slot, enable=False), "+2": slot, "+3": slot, "+4": slot, "+5": replace(slot, ip="lan0")}
    around = topology(rows, GIVEN, second)
    assert slots(around) == {"+2": GIVEN, "+3": second}
    assert delegation_of(Reference("prefix", "+3"), around) == second
    assert delegation_of(Reference("prefix", second.key), around) == second
    assert delegation_of(Reference("prefix", "+4"), around) is None
    assert delegation_of(None, around) is None


def test_what_is_unused_leads_nowhere() -> None:
    wish = dict(handed_down(topology({"+1": CHILD}, GIVEN)))
    assert wish == {
        ("address", "lan0", "2001:db8:100::ff:fe00:2/64"): {"until": [1000, 2000]},
        ("route", "6", "2001:db8:100::/56", "-", "lo", "1024", "unreachable"): {"protocol": "static"},
    }
    assert unused(GIVEN) in dict(handed_down(topology({}, GIVEN)))
    assert dict(handed_down(topology({"+1": CHILD}))) == {}
