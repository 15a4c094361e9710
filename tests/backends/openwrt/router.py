"""A router with OpenWrt's configuration in a directory and its links in memory; LAN tables over both."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any

from agent.model.data_model import DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.netlink_types import Address
from backends.openwrt.reloads import Reloads
from backends.sysfs import Sysfs
from backends.tr181.dhcpv4_relay import dhcpv4_relay
from backends.tr181.dhcpv4_server import dhcpv4_server
from backends.tr181.dhcpv6_server import dhcpv6_server
from backends.tr181.dns import dns
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface, openwrt_lan
from backends.tr181.root import root
from backends.tr181.router_advertisement import router_advertisement
from backends.tr181.staging import LinuxNetwork
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.acs import Acs
from tests.backends.device import KernelSettings
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.schemas import shipped_schema

NETWORK = """
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	list ipaddr '127.0.0.1/8'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'guest'
	option device 'br-guest'
	option proto 'static'
	list ipaddr '10.9.0.1/16'

config interface 'wan'
	option device 'wan'
	option proto 'dhcp'

config interface 'wan6'
	option device '@wan'
	option proto 'dhcpv6'
"""
DHCP = """# as it is delivered

config dnsmasq
	option domainneeded '1'
	option authoritative '1'
	option leasefile '/tmp/dhcp.leases'
	option resolvfile '/tmp/resolv.conf.d/resolv.conf.auto'
	list server '/corp.example/10.9.9.9'
	list rebind_domain 'free.example'

config dhcp 'lan'
	option interface 'lan'
	option start '100'
	option limit '150'
	option leasetime '12h'
	option dhcpv4 'server'
	option dhcpv6 'server'
	option ra 'server'
	list ra_flags 'managed-config'
	list ra_flags 'other-config'
	list dhcp_option 'option:dns-server,192.168.1.1,192.168.1.2'
	list dhcp_option '42,192.168.1.1'
	list dhcp_option 'tag:phones,66,tftp.example'
	option force '1'

config dhcp 'wan'
	option interface 'wan'
	option ignore '1'

config odhcpd 'odhcpd'
	option maindhcp '0'
	option leasefile '/tmp/odhcpd.leases'

# the printer
config host
	option name 'printer'
	option ip '192.168.1.20'
	list mac '00:11:22:33:44:55'
	list mac '00:11:22:33:44:56'
	option dns '1'

config domain
	option name 'nas.lan'
	option ip '192.168.1.21'
"""
BARE_NETWORK = """
config interface 'lan'
	option device 'br0'
	option proto 'static'
	option ipaddr '192.0.2.1'
	option netmask '255.255.255.0'
"""
BARE = """
config dnsmasq
	option authoritative '1'

config odhcpd 'odhcpd'
	option maindhcp '0'
"""


class Told:
    """Instead of the bus and of init scripts: what they are told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, arguments: Any, **_: Any) -> str:
        self.calls.append(tuple(arguments))
        return ""


class Router(Acs):
    """Set, add, delete and get as an ACS would; ``dhcp`` is the package's text, ``told`` what services were told."""

    def __init__(self, directory: Path, dhcp: str = DHCP, network: str = NETWORK, store: Documents | None = None,
                 manage: tuple[str, ...] = ("*",), bus: Path | None = None,
                 lan: tuple[str, str] = ("br-lan", "192.168.1.1/24")) -> None:  # fmt: skip
        self.directory = directory
        self.places = Places.under(directory)
        if store is None:
            for folder in (self.places.config, self.places.staged, directory / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)
            self.write("dhcp", dhcp)
            self.write("network", network)
        self.store = store or Documents()
        self.lan = lan[0]
        self.kernel = kernel(*lan)
        netlink = FakeNetlink(self.kernel)
        procfs = KernelSettings(self.kernel)
        network_ = LinuxNetwork(netlink, procfs, manage, lambda: None)
        own = OwnValues({}, {})
        nothing: Any = None
        self.uci = FileUci(self.places)
        self.told = Told()
        self.reloads = Reloads(Bus(bus or directory / "no-bus"), self.told)
        mechanisms: Any = Mechanisms(
            netlink, nothing, procfs, Sysfs("/nonexistent"), nothing, network_, own, links=Links(network_),
        )  # fmt: skip
        part = openwrt_lan(mechanisms, Surface(self.uci, Bus(bus or directory / "no-bus"), self.reloads, directory))
        assert part is not None
        self.part = part
        self.tables = part.provides["lan"]
        given = replace(mechanisms, lan=self.tables)
        declared: list[Object[Any]] = [
            one
            for declare in (root, ip, dhcpv4_server, dhcpv4_relay, dhcpv6_server, dns, router_advertisement)
            for one in declare(given)
        ]
        self.model = DataModel(
            shipped_schema(), declared, own, [network_, self.tables], self.store, time.monotonic,
            forget=[netlink.forget, *part.forget], boot_id="boot",
        )  # fmt: skip
        self.model.settle = self.reloads.settle
        self.model.load(self.tables.apply_at_start)

    @property
    def dhcp(self) -> str:
        """The package's text."""
        return self.text("dhcp")

    def text(self, package: str) -> str:
        """A package's text."""
        return (self.places.config / package).read_text()

    def write(self, package: str, text: str) -> None:
        """Somebody writes a package."""
        (self.places.config / package).write_text(text)

    def says(self, section: str) -> Mapping[str, Any]:
        """The options of a section."""
        self.uci.forget()
        found = self.uci.read("dhcp").get(section)
        assert found is not None, f"there is no section {section}"
        return dict(found.options)

    def set_row(self, path: str, **values: str) -> None:
        """Set parameters of one row; raises Refusals."""
        self.set({path + name: text for name, text in values.items()})

    def refused_in(self, path: str, **values: str) -> dict[str, str]:
        """The class of the refusal of each parameter, by its name."""
        refused = self.refused({path + name: text for name, text in values.items()})
        return {one.removeprefix(path): refusal for one, refusal in refused.items()}

    def interface(self, name: str = "") -> str:
        """The IP interface with this name, of the LAN without one."""
        return self.find("Device.IP.Interface.", Name=name or self.lan).removesuffix(".")

    def pool(self, **values: str) -> str:
        """A DHCPv4 pool on br0, enabled; its path."""
        self.set_row("Device.DHCPv4.Server.", Enable="1")
        usual = {
            "Enable": "1", "Interface": self.interface(), "MinAddress": "192.0.2.50", "MaxAddress": "192.0.2.99",
            "SubnetMask": "255.255.255.0", "IPRouters": "192.0.2.1", "LeaseTime": "3600",
        }  # fmt: skip
        return self.add("Device.DHCPv4.Server.Pool.", **{**usual, **values})

    def again(self) -> "Router":
        """The same after a restart of the agent."""
        return Router(self.directory, store=self.store)


def kernel(lan: str, address: str) -> FakeKernel:
    made = FakeKernel()
    for name, kind, own in (
        (lan, "bridge", address), ("br-guest", "bridge", "10.9.0.1/16"), ("wan", "", "198.51.100.7/24"),
    ):  # fmt: skip
        made.add_link(name, kind, up=True, running=True, operstate="up")
        one = IPv4Interface(own)
        made.addresses.append(Address(name, 4, str(one.ip), one.network.prefixlen))
    return made


Make = Callable[..., Router]
