"""Which section says what of which link."""

from pathlib import Path

import pytest

from backends.openwrt.network.document import Document, address_of, metric_of, network_of, number, plain
from tests.backends.openwrt.network.board import DSA, OLD, document_of

pytestmark = pytest.mark.slow


def test_links_of_interfaces_also_by_another_interface(tmp_path: Path) -> None:
    document = document_of(tmp_path)
    assert document.interfaces == {"loopback": "lo", "lan": "br-lan.10", "wan": "wan.7", "wan6": "wan.7"}
    assert document.on("wan.7") == ["wan", "wan6"]
    assert [document.is_on(key) for key in ("wan", "wan6")] == [True, False]


def test_an_interface_that_makes_its_own_link_is_where_netifd_says(tmp_path: Path) -> None:
    text = DSA + "\nconfig interface 'vpn'\n\toption proto 'wireguard'\n\toption device 'wan'\n"
    package = document_of(tmp_path, text).package
    assert Document(package).interfaces["vpn"] == ""
    assert (Document(package).asks_netifd, document_of(tmp_path).asks_netifd) == (True, False)
    assert Document(package, lambda: {"vpn": "vpn"}).interfaces["vpn"] == "vpn"


def test_bridges_ports_and_vlans_in_dsa_s_form(tmp_path: Path) -> None:
    document = document_of(tmp_path)
    assert document.ports == {"lan1": "br-lan", "lan2": "br-lan"}
    assert [name for name, _ in document.vlans] == ["br-lan"]
    assert {name: (at.lower, at.number, bool(at.key)) for name, at in document.vlan_links.items()} == {
        "br-lan.10": ("br-lan", 10, False), "wan.7": ("wan", 7, True),
    }  # fmt: skip
    assert document.held == {"lo", "br-lan.10", "br-lan", "lan1", "lan2", "wan.7", "wan"}


def test_the_form_of_older_releases(tmp_path: Path) -> None:
    document = document_of(tmp_path, OLD)
    assert document.interfaces == {"lan": "br-lan", "wan": "eth1"}
    assert document.bridges["br-lan"].is_interface
    assert document.ports == {"eth0.1": "br-lan", "eth2": "br-lan"}
    assert document.vlan_links["eth0.1"].lower == "eth0"
    assert [text for _, _, text in document.addresses("lan")] == ["192.168.1.1/24"]


def test_routes_wherever_they_are_said(tmp_path: Path) -> None:
    document = document_of(tmp_path)
    assert {(ident[2], ident[3], ident[4], ident[5]): at.option for ident, at in document.routes.items()} == {
        ("10.55.0.0/16", "192.168.1.254", "br-lan.10", "0"): "",
        ("2001:db8:9::/48", "2001:db8:1::9", "br-lan.10", "3"): "",
        ("default", "203.0.113.1", "wan.7", "9"): "gateway",
    }
    assert [ident[2] for ident in document.routes_off] == ["10.66.0.0/16"]


@pytest.mark.parametrize("broken", ["x", "1.2.3", "::1/129", "300.0.0.1/24"])
def test_what_is_no_address_is_none(broken: str) -> None:
    assert address_of(broken) == plain(broken) == ""
    assert network_of(broken, "", 4) is None


def test_small_readings() -> None:
    assert (number("12"), number("x"), number("²")) == (12, 0, 0)
    assert address_of("192.0.2.1", "255.255.255.0") == "192.0.2.1/24"
    assert network_of("", "", 6) == network_of("::/0", "", 6) == "default"
    assert network_of("10.0.0.5", "", 4) == "10.0.0.5/32"
    assert network_of("2001:db8::/32", "", 4) is None
    assert (metric_of(4, 0), metric_of(6, 0), metric_of(6, 5)) == ("0", "1024", "5")
