"""InterfaceSetting and the zones' masq."""

import pytest

from backends.openwrt.firewall.translation import CLAIM, settings, zones_translating
from tests.backends.openwrt.firewall.gateway import UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import sections

pytestmark = pytest.mark.slow

SETTING = "Device.NAT.InterfaceSetting."


def test_a_zone_that_speaks_of_masq_is_a_row(gateway: UciGateway) -> None:
    assert gateway.get(f"{SETTING[:-1]}NumberOfEntries") == "1"
    assert gateway.get(f"{SETTING}1.Interface") == gateway.wan
    gateway.set({f"{SETTING}1.Enable": "0"})
    assert "option masq '0'" in gateway.text
    assert gateway.get(f"{SETTING}1.Status") == "Disabled"
    gateway.delete(f"{SETTING}1.")
    assert "masq" not in gateway.text
    assert "option mtu_fix		1" in gateway.text


def test_a_row_that_is_added_says_masq_of_the_zone_of_its_interface(gateway: UciGateway) -> None:
    row = gateway.add(SETTING)
    assert gateway.get(f"{row}Enable") == "false"
    gateway.set({f"{row}Enable": "1", f"{row}Interface": gateway.lan})
    assert gateway.get(f"{row}Status") == "Enabled"
    assert f"config {CLAIM} 'cpe_" in gateway.text
    assert "option masq '1'" in gateway.text
    gateway.write("firewall", gateway.text.replace("option masq '1'", "option masq '0'"))
    assert gateway.get(f"{row}Enable") == "false", "a person has the last word"
    gateway.delete(row)
    assert CLAIM not in gateway.text
    assert "masq '" not in gateway.text


def test_two_rows_are_not_of_one_zone(gateway: UciGateway) -> None:
    row = gateway.add(SETTING)
    assert gateway.refused({f"{row}Interface": gateway.wan, f"{row}Enable": "1"})
    assert gateway.refused({f"{SETTING}1.Interface": gateway.lan}) == {f"{SETTING}1.Interface": "InvalidValue"}


def test_rows_know_their_zones() -> None:
    here = sections()
    [key] = settings(here)
    assert zones_translating(here) == {key: here.zones["wan"]}
