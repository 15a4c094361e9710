"""The interfaces of releases old and new, and those that only netifd knows the links of."""

from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from backends.openwrt.interfaces import interfaces
from backends.uci.reading import parsed

pytestmark = pytest.mark.slow

TEXT = """
config interface 'lan'
	option type 'bridge'
	option ifname 'eth0.1 eth1'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'guest'
	option device 'br-guest'
	option proto 'static'
	list ipaddr 'nonsense'
	list ipaddr '10.9.0.1/16'

config interface 'wan'
	option ifname 'eth0.2 eth0.3'
	option proto 'pppoe'

config interface 'wan6'
	option device '@wan'
	option proto 'dhcpv6'

config interface 'loop'
	option device '@loop'

config interface
	option device 'nobody'
"""


def test_links_and_addresses_as_they_are_configured() -> None:
    found = interfaces(parsed("network", TEXT, Path("/etc/config/network")), {"wan": "pppoe-wan"})
    assert {name: one.link for name, one in found.items()} == {
        "lan": "br-lan", "guest": "br-guest", "wan": "pppoe-wan", "wan6": "eth0.2", "loop": "",
    }  # fmt: skip
    assert found["lan"].address == IPv4Interface("192.168.1.1/24")
    assert found["guest"].address == IPv4Interface("10.9.0.1/16")
    assert found["wan"].address is None
