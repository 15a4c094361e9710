"""A plan's changes as edits of the package: what is new, what is gone, and that all else stays to the letter."""

import json
from pathlib import Path

import pytest

from backends.network.errors import Conflict, HandMade
from backends.network.plan import Change, Ident
from backends.network.sysctls import DAD_TRANSMITS, RETRANS
from backends.openwrt.network.addresses import pairs
from backends.openwrt.network.links import tell_link
from backends.openwrt.network.said import ANY_SUBNET
from backends.openwrt.network.sheet import Sheet, cannot
from backends.openwrt.network.telling import Telling
from tests.backends.openwrt.network.board import DSA, OLD, Edited

pytestmark = pytest.mark.slow


LAN, WAN = "br-lan.10", "wan.7"
DEFAULT: Ident = ("route", "4", "default", "203.0.113.1", WAN, "9", "unicast")
STATIC: Ident = ("route", "4", "10.55.0.0/16", "192.168.1.254", LAN, "0", "unicast")


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path)


def test_an_address_joins_the_list_and_one_that_moves_keeps_its_place(edited: Edited) -> None:
    first: Ident = ("address", LAN, "192.168.1.1/24")
    second: Ident = ("address", LAN, "10.1.1.1/24")
    assert "list ipaddr '10.1.1.1/24'" in edited.tell(Change(second, None, {}))
    other: Ident = ("address", LAN, "192.168.1.2/24")
    told = edited.tell(Change(first, {}, None), Change(other, None, {}), moves={other: first})
    assert "list ipaddr '192.168.1.2/24'" in told
    assert edited.before.index("192.168.1.2") < edited.before.index("10.1.1.1")


def test_the_older_form_of_one_address_stays_and_becomes_a_list_when_there_are_two(edited: Edited) -> None:
    first: Ident = ("address", WAN, "203.0.113.2/30")
    other: Ident = ("address", WAN, "203.0.113.9/29")
    told = edited.tell(Change(first, {}, None), Change(other, None, {}), moves={other: first})
    assert "option ipaddr '203.0.113.9'" in told
    assert "option netmask '255.255.255.248'" in told
    assert "list ipaddr '198.51.100.1/24'" in edited.tell(Change(("address", WAN, "198.51.100.1/24"), None, {}))
    assert {i[2] for i in edited.state() if i[:2] == ("address", WAN)} == {"203.0.113.9/29", "198.51.100.1/24"}


def test_an_interface_is_made_for_a_link_that_has_none_and_goes_with_what_it_was_for(edited: Edited) -> None:
    address: Ident = ("address", "lan9", "198.51.100.1/24")
    told = edited.tell(Change(address, None, {}))
    assert {"option device 'lan9'", "option proto 'static'", "list ipaddr '198.51.100.1/24'"} <= set(told)
    edited.tell(Change(address, {}, None))
    assert "option proto 'none'" in edited.before
    edited.tell(Change(("interface", "lan9"), {"enabled": True}, None))
    assert "lan9" not in edited.before


def test_of_a_link_s_interfaces_those_are_switched_on_again_that_were_on(edited: Edited) -> None:
    off = Change(("interface", WAN), {"enabled": True}, {"enabled": False})
    on = Change(("interface", WAN), {"enabled": False}, {"enabled": True})
    assert edited.tell(off) == ["option disabled '1'", "option cpe_disabled '1'"]
    edited.tell(on)
    assert edited.before.count("disabled '1'") == 2, "wan6's and the route's, which a person has switched off"
    edited.tell(Change(("interface", LAN), {"enabled": True}, {"enabled": False}))
    assert "cpe_disabled" not in edited.before


def test_a_route_of_a_person_is_changed_where_it_stands(edited: Edited) -> None:
    other: Ident = (*STATIC[:3], "192.168.1.253", *STATIC[4:])
    told = edited.tell(Change(STATIC, {}, None), Change(other, None, {}), moves={other: STATIC})
    assert "option gateway '192.168.1.253'" in told
    assert "option netmask '255.255.0.0'" in edited.before
    assert "option mtu '1400'" in edited.before


def test_a_route_is_switched_off_and_on_and_deleted(edited: Edited) -> None:
    edited.tell(Change(STATIC, {}, None), kept=frozenset({STATIC}))
    assert ("off", *STATIC[1:]) in edited.state()
    edited.tell(Change(STATIC, None, {}))
    assert STATIC in edited.state()
    edited.tell(Change(STATIC, {}, None))
    assert "10.55.0.0" not in edited.before
    off: Ident = ("off", "4", "10.66.0.0/16", "192.168.1.254", LAN, "0", "unicast")
    edited.tell(Change(off, {}, None))
    assert "10.66.0.0" not in edited.before
    edited.tell(Change(off, None, {}))
    assert off in edited.state()


def test_the_gateway_of_an_interface_stays_its_option_where_that_can_say_it(edited: Edited) -> None:
    other: Ident = (*DEFAULT[:3], "203.0.113.5", *DEFAULT[4:])
    assert edited.tell(Change(DEFAULT, {}, None), Change(other, None, {}), moves={other: DEFAULT}) == [
        "-option gateway '203.0.113.1'", "option gateway '203.0.113.5'",
    ]  # fmt: skip
    cheap: Ident = (*other[:5], "0", *other[6:])
    told = edited.tell(Change(other, {}, None), Change(cheap, None, {}), moves={cheap: other})
    assert "config route cpe" in told
    assert "option metric '0'" in told, "the interface's own is another"
    assert cheap in edited.state()


@pytest.mark.parametrize(
    "ident",
    [
        ("route", "4", "10.9.0.0/16", "-", "-", "0", "blackhole"),
        ("route", "6", "2001:db8:7::/48", "-", "lo", "1024", "unreachable"),
        ("route", "6", "default", "2001:db8:1::fe", LAN, "1024", "unicast"),
        ("route", "4", "10.8.0.0/16", "192.168.1.9", LAN, "0", "unicast", "13002"),
    ],
)
def test_each_kind_of_route_is_read_as_it_was_written(edited: Edited, ident: Ident) -> None:
    edited.tell(Change(ident, None, {"protocol": "static"}))
    assert ident in edited.state()
    edited.tell(Change(ident, {}, None))
    assert ident not in edited.state()


def test_a_policy_s_rule(edited: Edited) -> None:
    assert edited.tell(Change(("rule", "6", "3"), None, {})) == [
        "config rule6 cpe", "option mark '0x4000000/0x7f000000'", "option priority '13003'", "option lookup '13003'",
    ]  # fmt: skip
    edited.tell(Change(("rule", "4", "1"), {}, None))
    assert "13001" not in edited.before
    assert "option in 'lan'" in edited.before, "a person's own stays"


def test_a_link_s_settings_go_where_the_device_is(edited: Edited) -> None:
    edited.tell(Change(("link", WAN), {}, {"mtu": 1492, "mac": None}))
    assert ("mtu '1492'" in edited.before, "macaddr" in edited.before) == (True, False)
    told = edited.tell(Change(("link", "lan5"), {}, {"mtu": 1400}), Change(("ipv6", "lan5"), {}, {"enabled": False}))
    assert {"option mtu '1400'", "option ipv6 '0'"} <= set(told)
    told = edited.tell(Change(("sysctl", "lan5", DAD_TRANSMITS), {}, {"value": "3"}))
    assert told == ["option dadtransmits '3'"]
    assert edited.tell(Change(("link", "lan5"), {}, {"up": False})) == ["option enabled '0'"]
    assert "option proto 'none'" in edited.tell(Change(("link", "lan5"), {}, {"up": True}))
    assert "-option proto 'none'" in edited.tell(Change(("link", "lan5"), {"up": True}, {"up": None}))


def test_a_bridge_with_filtering_from_nothing_and_back(edited: Edited) -> None:
    told = edited.tell(
        Change(("bridge", "br0"), None, {"vlan_filtering": True, "stp": True, "forward_delay": 400}),
        Change(("port", "lan7"), None, {"bridge": "br0"}),
        Change(("bridge_vlan", "lan7", "20"), None, {"untagged": True, "pvid": True}),
        Change(("bridge_vlan", "br0", "20"), None, {"untagged": False, "pvid": False}),
        Change(("link", "br0"), {}, {"up": True, "mac": "02:00:00:00:00:01"}),
    )
    assert set(told) >= {
        "option bridge_empty '1'", "option vlan_filtering '1'", "option stp '1'",
        "option forward_delay '4'", "list ports 'lan7'", "option macaddr '02:00:00:00:00:01'", "option device 'br0'",
        "option vlan '20'", "list ports 'lan7:u*'", "option local '1'", "option proto 'none'",
    }  # fmt: skip
    edited.tell(Change(("bridge_vlan", "br0", "20"), {}, None), Change(("bridge_vlan", "lan7", "20"), {}, None))
    assert "option vlan '20'" not in edited.before
    edited.tell(Change(("bridge", "br0"), {}, None))
    assert "br0" not in edited.before


def test_a_port_leaves_one_bridge_for_another_and_a_vlan_keeps_its_others(edited: Edited) -> None:
    edited.tell(Change(("bridge", "br1"), None, {}))
    edited.tell(Change(("port", "lan2"), {"bridge": "br-lan"}, {"bridge": "br1"}))
    assert edited.state()["port", "lan2"]["bridge"] == "br1"
    edited.tell(Change(("bridge_vlan", "lan1", "10"), {}, {"untagged": True, "pvid": True}))
    assert "list ports 'lan1:u*'" in edited.before


def test_a_vlan_link_is_a_device(edited: Edited) -> None:
    vlan: Ident = ("vlan", "lan8.30")
    assert edited.tell(Change(vlan, None, {"lower": "lan8", "id": 30, "protocol": 0x88A8})) == [
        "config device cpe", "option name 'lan8.30'", "option type '8021ad'", "option ifname 'lan8'", "option vid '30'",
    ]  # fmt: skip
    edited.tell(Change(vlan, {}, None))
    assert "lan8" not in edited.before


@pytest.mark.parametrize(
    "change",
    [
        Change(("link", "lan1"), {}, {"arp": False}),
        Change(("port", "lan1"), {}, {"path_cost": 5}),
        Change(("bridge", "br-lan"), {}, {"hello_time": 150}),
        Change(("bridge_vlan", "br-lan", "10"), {}, {"untagged": True, "pvid": True}),
        Change(("sysctl", "lan1", RETRANS), {}, {"value": "5"}),
        Change(("address", LAN, "2001:db8:1::7/64"), None, {"until": [1, 2]}),
        Change(("phy", "lan1"), {}, {"advertised": [0, 3]}),
    ],
)
def test_what_no_option_says_is_refused(edited: Edited, change: Change) -> None:
    with pytest.raises(Conflict, match="cannot say"):
        edited.tell(change, supported={"lan1": [0, 1, 2, 3]})


@pytest.mark.parametrize("change", [Change(("vlan", WAN), {}, None), Change(("bridge", "br-lan"), {}, None),
    Change(("assign", LAN), {"subnet": ANY_SUBNET}, None)])  # fmt: skip
def test_what_a_person_s_sections_stand_on_is_not_taken_away(edited: Edited, change: Change) -> None:
    if change.ident == ("bridge", "br-lan"):
        edited = Edited(edited.places.config.parents[1], DSA.replace("br-lan.10", "br-lan"))
    with pytest.raises(HandMade):
        edited.tell(change)


def test_a_port_is_told_one_speed(edited: Edited) -> None:
    told = edited.tell(Change(("phy", "lan1"), {}, {"advertised": [3], "eee": True}), supported={"lan1": [0, 1, 2, 3]})
    assert told == ["config device cpe", "option name 'lan1'", "option eee '1'", "option speed '100'",
                    "option duplex '1'"]  # fmt: skip


def test_the_older_form_of_a_bridge_is_edited_as_such(tmp_path: Path) -> None:
    edited = Edited(tmp_path, OLD)
    assert edited.tell(Change(("port", "eth3"), None, {"bridge": "br-lan"}))[-1] == "list ifname 'eth3'" or (
        "eth3" in edited.before
    )
    assert edited.state()["port", "eth3"]["bridge"] == "br-lan"
    with pytest.raises(HandMade):
        edited.tell(Change(("bridge", "br-lan"), {}, None))


def test_unique_local_prefix_and_subnet(edited: Edited) -> None:
    told = edited.tell(Change(("ula", ""), {}, {"prefix": "fd11::/48"}), Change(("assign", WAN), None, {"subnet": 18}))
    assert told == ["-option ula_prefix 'fd00:1234:5678::/48'", "option ula_prefix 'fd11::/48'",
                    "option ip6assign '64'", "option ip6hint '12'"]  # fmt: skip
    edited.tell(Change(("assign", WAN), {"subnet": 18}, None))
    assert "ip6hint" not in edited.before


def test_what_is_told_is_taken_back_by_its_reverse_also_from_its_written_form(edited: Edited) -> None:
    before = edited.state()
    address: Ident = ("address", LAN, "10.1.1.1/24")
    telling = Telling((Change(address, None, {}), Change(STATIC, {"protocol": "static"}, None)), {}, frozenset())
    edited.tell(*telling.changes)
    assert edited.state() != before
    back = Telling.from_json(json.loads(json.dumps(telling.to_json()))).reversed()
    edited.tell(*back.changes, moves=dict(back.moves))
    assert edited.state() == before


def test_pairs_begin_with_what_moves() -> None:
    one, two, three = ("address", "a", "1"), ("address", "a", "2"), ("address", "a", "3")
    changes = [Change(one, {}, None), Change(two, None, {}), Change(three, None, {})]
    assert pairs(changes, {two: one}, "address") == [(one, two), (None, three)]


def test_refusals_name_a_thing_only_where_its_rows_are_known() -> None:
    assert cannot("this", ("link", "a")).ident == ("link", "a")
    assert cannot("this", ("sysctl", "a", "b")).ident is None


def test_a_device_of_ours_goes_with_the_last_thing_that_it_says(edited: Edited) -> None:
    edits = edited.uci.edit()
    sheet = Sheet(edits, dict)
    tell_link(sheet, Change(("link", "lan5"), {}, {"mtu": None}))
    assert not edits.changed()
    tell_link(sheet, Change(("link", "lan5"), {}, {"mtu": 1400}))
    tell_link(sheet, Change(("link", "lan5"), {}, {"mtu": None}))
    assert "lan5" not in str(edits.read("network"))
