"""The package in the plan's words."""

from pathlib import Path

import pytest

from backends.openwrt.network.said import ANY_SUBNET, advertised_by_netifd, rule_told, said
from tests.backends.openwrt.network.board import DSA, document_of, links

pytestmark = pytest.mark.slow


def test_what_the_configuration_of_a_router_says(tmp_path: Path) -> None:
    state = said(document_of(tmp_path), links("lan1", "lan2", "wan", "phy0-ap0"), {})
    assert state["bridge", "br-lan"]["vlan_filtering"] is True
    assert (state["bridge", "br-lan"]["hello_time"], state["bridge", "br-lan"]["max_age"]) == (200, None)
    assert state["bridge_vlan", "lan2", "10"] == {"untagged": True, "pvid": True}
    assert state["bridge_vlan", "lan1", "10"] == {"untagged": False, "pvid": False}
    assert state["bridge_vlan", "br-lan", "10"] == {"untagged": False, "pvid": False}
    assert state["vlan", "wan.7"] == {"lower": "wan", "id": 7, "protocol": 0x8100}
    assert state["link", "wan.7"]["mac"] == "02:00:00:00:00:77"
    assert state["link", "wan"]["up"] is True
    assert state["link", "phy0-ap0"]["up"] is None, "netifd has nothing to do with it"
    assert state["interface", "wan.7"] == {"enabled": True}
    assert state["assign", "br-lan.10"] == {"subnet": ANY_SUBNET}
    assert state["ula", ""] == {"prefix": "fd00:1234:5678::/48"}
    assert {ident[2] for ident in state if ident[0] == "address"} == {
        "127.0.0.1/8", "192.168.1.1/24", "2001:db8:1::1/64", "203.0.113.2/30",
    }  # fmt: skip
    assert [ident for ident in state if ident[0] == "rule"] == [("rule", "4", "1")], "not a person's own"
    assert [ident[2] for ident in state if ident[0] == "off"] == ["10.66.0.0/16"]


def test_a_subnet_that_is_chosen_is_known(tmp_path: Path) -> None:
    text = DSA.replace("option ip6assign '60'", "option ip6assign '64'\n\toption ip6hint '1f'")
    assert said(document_of(tmp_path, text), {}, {})["assign", "br-lan.10"] == {"subnet": 0x1F}


def test_a_port_offers_one_speed_or_all(tmp_path: Path) -> None:
    supported = [0, 1, 2, 3, 5, 6]  # 10 and 100 half and full, 1000 full, and one bit that is no speed
    assert advertised_by_netifd(supported, 0, None) == supported
    assert advertised_by_netifd(supported, 100, True) == [3, 6]
    text = DSA + "\nconfig device\n\toption name 'lan1'\n\toption speed '100'\n\toption eee '0'\n"
    state = said(document_of(tmp_path, text), links("lan1", "lan2"), {"lan1": supported, "lan2": supported})
    assert state["phy", "lan1"] == {"advertised": [2, 3, 6], "eee": False}
    assert state["phy", "lan2"] == {"advertised": None, "eee": None}


def test_only_a_policy_s_rule_is_one(tmp_path: Path) -> None:
    rules = [section for section in document_of(tmp_path).sections.values() if section.type == "rule"]
    assert [rule_told(section) for section in rules] == [("rule", "4", "1"), None]
