"""A gateway with OpenWrt's /etc/config/network in a directory and its links in memory: what protocols are of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.model.data_model import DataModel
from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.netlink_types import Address, RouteTo
from backends.openwrt.reloads import Reloads
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_network import openwrt_network
from backends.tr181.parts import Part
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.acs import Acs
from tests.backends.device import KernelSettings
from tests.backends.openwrt.router import Told
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.schemas import shipped_schema

NETWORK = """# as it is delivered
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'

config globals 'globals'
	option ula_prefix 'fd12:3456:789a::/48'
	option dhcp_default_duid '0004aabb'

config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'
	option ip6assign '60'

# the provider's
config interface 'wan'
	option device 'wan'
	option proto 'dhcp'
	option reqopts '43 125'
	option vendorid 'dslforum.org'
	option unknown 'kept'

config interface 'wan6'
	option device '@wan'
	option proto 'dhcpv6'
	option reqopts '17'
	option norelease '1'
"""

Build = Callable[[Mechanisms, Surface], Part | None]
Declare = Callable[[Mechanisms], list[Object[Any]]]


class Gateway(Acs):
    """Set, add, delete and get as an ACS would. ``way``: how the management server is reached. ``over_uci``: links,
    addresses and routes are OpenWrt's configuration as well.
    """

    def __init__(
        self,
        directory: Path,
        builds: Sequence[Build],
        declares: Sequence[Declare],
        *,
        network: str = NETWORK,
        bus: Path | None = None,
        store: Documents | None = None,
        manage: tuple[str, ...] = ("*",),
        kernel: FakeKernel | None = None,
        over_uci: bool = False,
    ) -> None:
        self._made_of: dict[str, Any] = {
            "builds": builds,
            "declares": declares,
            "bus": bus,
            "manage": manage,
            "over_uci": over_uci,
        }
        self.directory = directory
        self.places = Places.under(directory)
        if store is None:
            for folder in (self.places.config, self.places.staged, directory / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)
            self.write(network)
        self.store = store or Documents()
        self.kernel = kernel or links()
        self.way: RouteTo | None = None
        netlink = FakeNetlink(self.kernel)
        procfs = KernelSettings(self.kernel)
        own, nothing = OwnValues({}, {}), None
        self.uci = FileUci(self.places)
        self.told = Told()
        bus_ = Bus(bus or directory / "no-bus")
        self.reloads = Reloads(bus_, self.told)
        self.surface = Surface(self.uci, bus_, self.reloads, directory)
        self.linux: LinuxNetwork = (
            openwrt_network(self.surface, netlink, procfs, manage, lambda: self.way)
            if over_uci
            else LinuxNetwork(netlink, procfs, manage, lambda: self.way)
        )
        system: Any = SimpleNamespace(root=directory)
        made: Any = Mechanisms(
            netlink, nothing, procfs, Sysfs("/nonexistent"), system, self.linux, own,  # type: ignore[arg-type]
            links=Links(self.linux), management_path=lambda: self.way, may_change_system=bool(manage),
        )  # fmt: skip
        self.parts: list[Part] = []
        for build in builds:
            part = build(made, self.surface)
            assert part is not None
            self.parts.append(part)
            made = replace(made, **part.provides)
        self.mechanisms: Mechanisms = made
        declared = [one for declare in (root, ethernet, ip, *declares) for one in declare(made)]
        backends = [part.backend for part in self.parts if part.backend is not None]
        self.model = DataModel(
            shipped_schema(), declared, own, [self.linux, *backends], self.store, time.monotonic,
            forget=[netlink.forget, *(one for part in self.parts for one in part.forget)], boot_id="boot",
        )  # fmt: skip
        self.model.settle = self.reloads.settle
        self.model.load()

    @property
    def text(self) -> str:
        """The package's text."""
        return (self.places.config / "network").read_text()

    def write(self, text: str) -> None:
        """Somebody writes the package."""
        (self.places.config / "network").write_text(text)

    def says(self, section: str) -> Mapping[str, Any]:
        """The options of a section."""
        self.uci.forget()
        found = self.uci.read("network").get(section)
        assert found is not None, f"there is no section {section}"
        return dict(found.options)

    def sections(self, kind: str = "interface") -> list[str]:
        """The names of the sections of a type."""
        self.uci.forget()
        return [one.name for one in self.uci.read("network").of_type(kind)]

    def row(self, link: str, table: str = "Device.IP.Interface.") -> str:
        """The row of a link, as references name it."""
        return self.find(table, Name=link).removesuffix(".")

    def set_row(self, path: str, **values: str) -> int:
        """Set parameters of one row; raises Refusals."""
        return self.set({path + name: text for name, text in values.items()})

    def refused_in(self, path: str, **values: str) -> dict[str, str]:
        """The class of the refusal of each parameter, by its name."""
        refused = self.refused({path + name: text for name, text in values.items()})
        return {one.removeprefix(path): refusal for one, refusal in refused.items()}

    def again(self) -> "Gateway":
        """The same after a restart of the agent."""
        return Gateway(self.directory, store=self.store, kernel=self.kernel, **self._made_of)


def links() -> FakeKernel:
    """The links of a router with a WAN port and a bridge."""
    made = FakeKernel()
    for name, kind, own in (
        ("br-lan", "bridge", "192.168.1.1/24"), ("wan", "", "198.51.100.7/24"), ("eth2", "", ""),
    ):  # fmt: skip
        made.add_link(name, kind, up=True, running=True, operstate="up")
        if own:
            one = ip_interface(own)
            made.addresses.append(Address(name, 4, str(one.ip), one.network.prefixlen))
    return made


def with_pppoe(build: Build) -> Build:
    """On a router that has pppd's plugin for it."""

    def made(given: Mechanisms, surface: Surface) -> Part | None:
        plugin = surface.root / "usr/lib/pppd/2.5.1/pppoe.so"
        plugin.parent.mkdir(parents=True, exist_ok=True)
        plugin.touch()
        return build(given, surface)

    return made
