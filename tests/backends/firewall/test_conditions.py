"""What cannot be is refused, with the row and what of it; what cannot be yet is known as such."""

from typing import Any

import pytest

from backends.desired_state import NotOurs, Record, Refused
from backends.firewall.conditions import check, is_host_address, lacking
from backends.firewall.records import (
    Dmz,
    FilterRule,
    FirewallSettings,
    InterfaceNat,
    Level,
    LocalService,
    Pinhole,
    Policy,
    PortMapping,
    RuleChain,
)
from tests.backends.firewall.conftest import GONE, LAN, WAN, surroundings, wanted

HOST = "192.168.1.10"
WEB: dict[str, Any] = {"enable": True, "interface": WAN, "external_port": 80, "internal_client": HOST}
JUMP: dict[str, Any] = {"enable": True, "target": "TargetChain"}

TO_A, TO_B = FilterRule(parent="b", target_chain="a", **JUMP), FilterRule(parent="a", target_chain="b", **JUMP)

IMPOSSIBLE: list[tuple[tuple[Record, ...], dict[str, Record], str]] = [
    ((PortMapping(external_port=9, external_port_end_range=8),), {}, "external_port_end_range"),
    ((PortMapping(external_port=1, external_port_end_range=10, internal_port=65530),), {}, "internal_port"),
    ((PortMapping(external_port=7000, external_port_end_range=8000),), {}, "external_port"),
    ((PortMapping(internal_client="255.255.255.255"),), {}, "internal_client"),
    ((PortMapping(**WEB), PortMapping(**WEB)), {}, "external_port"),
    ((InterfaceNat(enable=True, interface=WAN), InterfaceNat(enable=True, interface=WAN)), {}, "interface"),
    ((Dmz(enable=True, dest_ip=HOST), Dmz(enable=True, dest_ip=HOST)), {}, "dest_ip"),
    ((FilterRule(dest_port=9, dest_port_range_max=8),), {}, "dest_port_range_max"),
    ((Pinhole(source_port=9, source_port_range_max=8),), {}, "source_port_range_max"),
    ((FilterRule(source_ip="192.0.2.1", source_mask="/33"),), {}, "source_mask"),
    ((FilterRule(parent="a", target_chain="a", **JUMP),), {}, "target_chain"),
    (
        (FilterRule(parent="a", target_chain="b", **JUMP), FilterRule(parent="b", target_chain="a", **JUMP)),
        {},
        "target",
    ),
    ((Level(name="x"), Level(name="x")), {}, "name"),
    ((RuleChain(name="x"), RuleChain(name="x")), {}, "name"),
    ((), {"settings": FirewallSettings(config="Advanced")}, "advanced_level"),
    ((), {"settings": FirewallSettings(config="Policy", policy_level="gone", enable=True)}, "policy_level"),
]


@pytest.mark.parametrize(("records", "named", "field"), IMPOSSIBLE)
def test_what_cannot_be_is_refused(records: tuple[Record, ...], named: dict[str, Record], field: str) -> None:
    goal = wanted(*records, **named)
    with pytest.raises(Refused) as caught:
        check(goal, wanted(), surroundings(), lambda link: True)
    assert field in caught.value.fields
    kinds = {type(record) for record in (*records, *named.values())}
    assert caught.value.kind in kinds


@pytest.mark.parametrize(
    "records",
    [
        (PortMapping(**WEB), PortMapping(**{**WEB, "enable": False})),
        (PortMapping(**WEB), PortMapping(**WEB, remote_host="192.0.2.1")),
        (PortMapping(**WEB), PortMapping(**WEB, protocol="UDP")),
        (PortMapping(internal_client="255.255.255.255", protocol="UDP"),),
        (PortMapping(external_port=7547, protocol="UDP"),),
        (InterfaceNat(enable=True), InterfaceNat(enable=True)),
        (FilterRule(parent="a", target_chain="a", enable=False, target="TargetChain"),),
        (Level(), Level()),
    ],
)
def test_what_can_be_is_not_refused(records: tuple[Record, ...]) -> None:
    check(wanted(*records), wanted(), surroundings(), lambda link: True)


@pytest.mark.parametrize(
    "record", [InterfaceNat, PortMapping, Dmz, Pinhole, LocalService], ids=lambda kind: str(kind.__name__)
)
def test_an_interface_that_the_owner_keeps_is_not_touched(record: Any) -> None:
    one = record(enable=True, interface=LAN)
    with pytest.raises(NotOurs, match="lan0"):
        check(wanted(one), wanted(), surroundings(), lambda link: link == "wan0")
    check(wanted(one), wanted(one), surroundings(), lambda link: link == "wan0")
    check(wanted(record(enable=False, interface=LAN)), wanted(), surroundings(), lambda link: False)


def test_a_firewall_needs_something_to_filter() -> None:
    goal = wanted(settings=FirewallSettings(config="Low"))
    with pytest.raises(NotOurs):
        check(goal, wanted(), surroundings(managed=frozenset()), lambda link: False)
    check(goal, goal, surroundings(managed=frozenset()), lambda link: False)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (InterfaceNat(), True),
        (InterfaceNat(interface=WAN), False),
        (LocalService(), True),
        (PortMapping(all_interfaces=True), True),
        (PortMapping(internal_client=HOST), True),
        (PortMapping(internal_client=HOST, all_interfaces=True), False),
        (Dmz(interface=WAN), True),
        (Dmz(interface=WAN, dest_ip=HOST), False),
        (Pinhole(interface=WAN, dest_ip=HOST), False),
        (Pinhole(interface=WAN, dest_ip=HOST, ip_version=6), True),
        (FilterRule(), False),
        (FilterRule(source_interface=GONE), True),
        (FilterRule(source_interface=WAN, dest_interface=GONE), True),
        (FilterRule(source_all_interfaces=True, source_interface=GONE), False),
        (FilterRule(source_interface=WAN, dest_all_interfaces=True), False),
        (FilterRule(source_interface=WAN, dest_all_interfaces=True, target="TargetChain"), True),
        (
            FilterRule(source_all_interfaces=True, dest_all_interfaces=True, target="TargetChain", target_chain="x"),
            True,
        ),
        (FilterRule(source_all_interfaces=True, dest_all_interfaces=True, source_ip="::1", ip_version=4), True),
        (Policy(source_interface=WAN, destination_interface=LAN), False),
        (Policy(source_interface=WAN, destination_interface=LAN, target_chain="Chain"), True),
        (Policy(source_interface=WAN, destination_interface=LAN, target_chain="Chain", chain="x"), True),
        (Policy(source_interface=WAN), True),
        (RuleChain(), False),
    ],
)
def test_what_is_not_complete_is_known(record: Record, expected: bool) -> None:
    assert bool(lacking(record, surroundings(), wanted())) is expected


@pytest.mark.parametrize("text", ["", "x", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "1.2.3"])
def test_not_every_address_is_a_hosts(text: str) -> None:
    assert not is_host_address(text)
    assert is_host_address(HOST)
