"""What is configured is a row, also while no kernel has it."""

from pathlib import Path

import pytest

from backends.network.records import IpInterface, IpRoute, IpStack, Port, Reference, Vlan
from backends.openwrt.network.said import ANY_SUBNET, said
from backends.openwrt.network.said_rows import said_rows
from tests.backends.openwrt.network.board import DSA, document_of, links

pytestmark = pytest.mark.slow


def test_rows_of_interfaces_addresses_routes_and_vlans(tmp_path: Path) -> None:
    text = DSA + "\nconfig device\n\toption name 'lan3'\n\toption enabled '0'\n"
    document = document_of(tmp_path, text)
    rows = said_rows(document, said(document, {}, {}), links("br-lan.10"))
    assert rows[Reference("ip", "wan.7")] == IpInterface(enable=True)
    assert rows[Reference("ip", "br-lan.10")] == IpInterface(enable=True, ula=ANY_SUBNET)
    assert Reference("address", "wan.7 203.0.113.2/30") in rows
    assert rows[Reference("route", "4 10.66.0.0/16 192.168.1.254 br-lan.10 0 unicast")] == IpRoute(enable=False)
    assert rows[Reference("route", "4 10.55.0.0/16 192.168.1.254 br-lan.10 0 unicast")] == IpRoute()
    assert rows[Reference("vlan", "wan.7")] == Vlan(vlan_id=7, tpid=0x8100)
    assert Reference("vlan", "br-lan.10") not in rows, "the kernel has it, and tells more"
    assert rows[Reference("port", "lan3")] == Port(enable=False)
    assert rows[Reference("stack", "")] == IpStack(ula_prefix="fd00:1234:5678::/48")


def test_an_interface_that_is_switched_off_in_all_its_sections_is_disabled(tmp_path: Path) -> None:
    document = document_of(tmp_path, DSA.replace("option metric '9'", "option auto '0'"))
    assert said_rows(document, said(document, {}, {}), {})[Reference("ip", "wan.7")] == IpInterface(enable=False)
