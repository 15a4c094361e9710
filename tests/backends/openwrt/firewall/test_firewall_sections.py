"""The zones of /etc/config/firewall, their links, and the addresses behind them."""

from pathlib import Path

import pytest

from backends.desired_state import Pointer
from backends.openwrt.firewall.firewall_sections import FirewallSections, beside_name
from backends.openwrt.interfaces import interfaces
from backends.uci.reading import parsed
from tests.backends.openwrt.firewall.gateway import FIREWALL, NOTHING
from tests.backends.openwrt.router import NETWORK

pytestmark = pytest.mark.slow

IP = "Device.IP.Interface.{i}."


def sections(text: str = FIREWALL, network: str = NETWORK) -> FirewallSections:
    """The package as it is read; every link is a row, and a row its link."""
    found = interfaces(parsed("network", network, Path("/etc/config/network")), {})
    package = parsed("firewall", text, Path("/etc/config/firewall"))
    subnets = {"wan": ("198.51.100.7/24",), "br-lan": ("2001:db8:1::1/64",)}
    return FirewallSections(
        package, found, lambda link: Pointer(IP, (link,)), lambda row: row.keys[0] if row else None,
        lambda link: subnets.get(link, ()),
    )  # fmt: skip


def test_a_zone_has_the_links_of_its_networks_and_its_devices() -> None:
    more = "list network 'guest'\n\tlist device 'tun+'\n\tlist device 'wg0'\n\toption input ACCEPT"
    here = sections(NOTHING.replace("option input		ACCEPT", more))
    assert {name: zone.links for name, zone in here.zones.items()} == {
        "lan": ("br-lan", "br-guest", "wg0"), "wan": ("wan",),
    }  # fmt: skip
    assert here.pointer(here.zones["lan"]) == Pointer(IP, ("br-lan",))
    assert here.zone_of(Pointer(IP, ("br-guest",))) is here.zones["lan"]
    assert here.zone_of(Pointer(IP, ("elsewhere",))) is None
    assert here.zone_of(None) is None


def test_an_address_is_in_the_zone_whose_network_has_it() -> None:
    here = sections()
    for host, name in (("192.168.1.9", "lan"), ("198.51.100.9", "wan"), ("2001:db8:1::9", "lan")):
        assert here.zone_with(host) is here.zones[name]
    assert here.zone_with("203.0.113.1") is None
    assert here.zone_with("lan") is None


def test_outside_is_where_addresses_are_translated() -> None:
    here = sections()
    assert [zone.name for zone in here.outside()] == ["wan"]
    assert [zone.is_outer for zone in here.zones.values()] == [False, True]
    assert sections(NOTHING.replace("name		wan", "name		wan\n\toption enabled 0")).outside() == []


def test_what_is_kept_beside_is_found_by_its_row() -> None:
    here = sections(f"{NOTHING}\nconfig cpe_row '{beside_name('a')}'\n\toption of 'a'\n\toption enable '1'\n")
    assert here.beside == {"a": {"enable": "1"}}
    assert here.section("nobody").options == {}
