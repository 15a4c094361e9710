"""A router with OpenWrt's configuration of a firewall, whose NAT and firewall are set as an ACS would set them."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.model.data_model import DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.netlink_types import RouteTo
from backends.openwrt.firewall.loaded import Listing
from backends.openwrt.reloads import Reloads
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.firewall import firewall
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.nat import nat
from backends.tr181.openwrt_firewall import tables_over_uci
from backends.tr181.openwrt_lan import Surface
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.acs import Acs
from tests.backends.device import KernelSettings
from tests.backends.openwrt.router import NETWORK, Told, kernel
from tests.backends.tr181.firewall_device import Moving
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeNetlink
from tests.schemas import shipped_schema

NOTHING = """# as it is delivered
config defaults
	option syn_flood	1
	option input		REJECT
	option output		ACCEPT
	option forward		REJECT

config zone
	option name		lan
	list   network		'lan'
	option input		ACCEPT
	option output		ACCEPT
	option forward		ACCEPT

config zone
	option name		wan
	list   network		'wan'
	list   network		'wan6'
	option input		REJECT
	option output		ACCEPT
	option forward		DROP
	option masq		1
	option mtu_fix		1

config forwarding
	option src		lan
	option dest		wan
"""
FIREWALL = (
    NOTHING
    + """
# Allow IPv4 ping
config rule
	option name		Allow-Ping
	option src		wan
	option proto		icmp
	option icmp_type	echo-request
	option family		ipv4
	option target		ACCEPT

config rule
	option name		Allow-ICMPv6-Forward
	option src		wan
	option dest		*
	option proto		icmp
	list icmp_type		echo-request
	list icmp_type		echo-reply
	option limit		1000/sec
	option family		ipv6
	option target		ACCEPT

config rule
	option name		Allow-ISAKMP
	option src		wan
	option dest		lan
	option dest_port	500
	option proto		udp
	option target		ACCEPT

# the web server
config redirect
	option name		'web'
	option src		wan
	option src_dport	8080
	option dest_ip		192.168.1.20
	option dest_port	80
	option proto		'tcp udp'
	option reflection	0
"""
)


class Fw4:
    """What libnftables would list of fw4's table."""

    def __init__(self) -> None:
        self.rules: list[dict[str, Any]] = []
        self.asked = 0

    def listed(self, family: str, name: str) -> list[dict[str, Any]]:
        assert (family, name) == ("inet", "fw4")
        self.asked += 1
        return self.rules


class UciGateway(Acs):
    """``nftables``: who lists what is loaded; ``way``: the link that leads to the management server."""

    def __init__(self, directory: Path, firewall_: str = FIREWALL, network: str = NETWORK,
                 store: Documents | None = None, manage: tuple[str, ...] = ("*",), nftables: Listing | None = None,
                 clock: Moving | None = None) -> None:  # fmt: skip
        self.directory, self.clock = directory, clock or Moving()
        self.places = Places.under(directory)
        self.config = self.places.config
        if store is None:
            for folder in (self.config, self.places.staged):
                folder.mkdir(parents=True, exist_ok=True)
            self.write("firewall", firewall_)
            self.write("network", network)
        self.store = store or Documents()
        self.kernel = kernel("br-lan", "192.168.1.1/24")
        netlink, procfs = FakeNetlink(self.kernel), KernelSettings(self.kernel)
        network_ = LinuxNetwork(netlink, procfs, manage, lambda: None)
        own = OwnValues({}, {})
        self.told = Told()
        self.way = ""
        bus = Bus(directory / "no-bus")
        self.surface = Surface(FileUci(self.places), bus, Reloads(bus, self.told), directory)
        nothing: Any = None
        given = Mechanisms(
            netlink, nothing, procfs, Sysfs("/nonexistent"), nothing, network_, own, links=Links(network_),
            own_ports=lambda: ((6, 7547),),
            management_path=lambda: RouteTo(self.way, "") if self.way else None,
        )  # fmt: skip
        self.given = given
        tables = tables_over_uci(given, self.surface, self.clock, nftables)
        assert tables is not None
        self.tables = tables
        given = replace(given, firewall=tables)
        declared: list[Object[Any]] = [one for declare in (root, ethernet, ip, nat, firewall) for one in declare(given)]
        self.model = DataModel(
            shipped_schema(), declared, own, [network_, tables], self.store, time.monotonic,
            forget=[netlink.forget, tables.firewall.forget], boot_id="boot",
        )  # fmt: skip
        self.model.settle = self.surface.reloads.settle
        self.model.load(tables.apply_at_start)
        tables.path_of = lambda target: self.model.instances.path_of(target.table, target.keys)
        self.wan, self.lan = (self.find("Device.IP.Interface.", Name=name)[:-1] for name in ("wan", "br-lan"))

    @property
    def text(self) -> str:
        """The package's text."""
        return (self.config / "firewall").read_text()

    def close(self) -> None:
        """Nothing is to be ended."""

    def write(self, package: str, text: str) -> None:
        """Somebody writes a package."""
        (self.config / package).write_text(text)

    def added(self, before: str) -> str:
        """What the package has behind what it had."""
        assert self.text.startswith(before), self.text
        return self.text.removeprefix(before).lstrip("\n")
