"""6rd and DS-Lite in /etc/config/network, beside people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.openwrt.protocols.provider_tunnels import NEW, link_name
from backends.tr181.dslite import dslite
from backends.tr181.ipv6rd import ipv6rd
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

pytestmark = pytest.mark.slow
THEIRS = """
config interface 'six'
	option proto '6rd'
	option peeraddr '192.0.2.1'
	option ip6prefix '2001:db8::'
	option ip6prefixlen '32'
	option mtu '1280'

config interface 'lite'
	option proto 'dslite'
	option peeraddr '2001:db8::7'
	option encaplimit 'ignore'
"""
SIX, LITE = "Device.IPv6rd.InterfaceSetting.1.", "Device.DSLite.InterfaceSetting.1."


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Gateway]:
    return lambda network=NETWORK + THEIRS: Gateway(tmp_path, [over_uci], [ipv6rd, dslite], network=network)


def test_a_person_s_are_the_one_row_of_each(make: Callable[..., Gateway]) -> None:
    gateway = make()
    assert (gateway.get(f"{SIX}SPIPv6Prefix"), gateway.get(f"{SIX}Enable")) == ("2001:db8::/32", "true")
    assert gateway.get(f"{SIX}BorderRelayIPv4Addresses") == "192.0.2.1"
    assert (gateway.get(f"{LITE}EndpointAddress"), gateway.get(f"{LITE}EndpointName")) == ("2001:db8::7", "")


def test_only_what_differs_is_written(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.set_row(SIX, SPIPv6Prefix="2001:db8:100::/40", IPv4MaskLength="8")
    assert gateway.says("six") == {
        "proto": "6rd", "peeraddr": "192.0.2.1", "ip6prefix": "2001:db8:100::", "ip6prefixlen": "40", "mtu": "1280",
        "ip4prefixlen": "8",
    }  # fmt: skip
    gateway.set_row(LITE, EndpointName="aftr.example")
    assert gateway.says("lite") == {
        "proto": "dslite", "peeraddr": "aftr.example", "encaplimit": "ignore", "cpe_endpoint": "2001:db8::7",
    }  # fmt: skip
    gateway.set_row(LITE, EndpointName="")
    gateway.set_row(LITE, Enable="0")
    assert (gateway.says("lite")["disabled"], gateway.says("lite")["cpe_enable"]) == ("1", "10")
    assert gateway.get("Device.DSLite.Enable") == "true"


def test_where_there_is_none_the_first_edit_makes_one(make: Callable[..., Gateway]) -> None:
    gateway = make(NETWORK)
    assert gateway.get("Device.IPv6rd.Enable") == "false"
    gateway.set_row(SIX, SPIPv6Prefix="2001:db8::/32")
    assert gateway.says("cpe_6rd") == {
        "proto": "6rd", "disabled": "1", "ip6prefix": "2001:db8::", "ip6prefixlen": "32",
    }  # fmt: skip
    assert "cpe_dslite" not in gateway.sections()
    assert all(len(link_name(name, proto)) <= 15 for proto, name in NEW.items())


def test_what_netifd_s_scripts_cannot_do_is_refused(make: Callable[..., Gateway]) -> None:
    gateway = make()
    refused = gateway.refused_in(SIX, AllTrafficToBorderRelay="1")
    assert refused == {"AllTrafficToBorderRelay": "InvalidValue"}
