"""A device with Wi-Fi's objects over /etc/config/wireless, and radios and a kernel in memory."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.model.own_values import OwnValues
from backends.netlink_types import RouteTo
from backends.openwrt.reloads import Reloads
from backends.sysfs import Sysfs
from backends.tr181.interface_stack import interface_stack
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_wifi_tables import wireless_part
from backends.tr181.staging import LinuxNetwork
from backends.tr181.wifi import wifi
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.device import KernelSettings
from tests.backends.openwrt.router import Told
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.fakes.machine import FakeMachine
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.fakes.nl80211 import FakeAir, FakeNl80211

PATHS = {"phy0": "platform/soc/18000000.wifi", "phy1": "pci0000:00/0000:00:01.0"}
RADIOS = """# two radios
config wifi-device 'radio0'
	option type 'mac80211'
	option path 'soc/18000000.wifi'
	option band '2g'
	option channel '1'
	option htmode 'HE20'
	option cell_density '0'

config wifi-device 'radio1'
	option type 'mac80211'
	option path 'pci0000:00/0000:00:01.0'
	option band '2g'
	option channel '6'
	option htmode 'HE20'
"""
STATIONS = "".join(
    f"""
config wifi-iface 'uplink{number}'
	option device 'radio{number}'
	option mode 'sta'
	option ifname 'wlan{number}'
	option disabled '1'
"""
    for number in (0, 1)
)


class WirelessDevice(SmallDevice):
    """``text`` is what the package says; ``air``, ``kernel`` and ``way`` (to the server) are there to be changed."""

    def __init__(
        self,
        directory: Path,
        text: str = RADIOS + STATIONS,
        manage: tuple[str, ...] = ("*",),
        store: Documents | None = None,
        bus: Path | None = None,
    ) -> None:
        self.directory = directory
        machine = FakeMachine(directory / "machine")
        self.places = Places.under(directory)
        if store is None:
            for folder in (self.places.config, self.places.staged):
                folder.mkdir(parents=True, exist_ok=True)
            self.write(text)
        sysfs = tree_of_radios(directory / "sysfs")
        self.air, self.kernel = FakeAir(), FakeKernel()
        for link in self.air.links:
            self.kernel.add_link(link.name)
        self.way: RouteTo | None = None
        netlink, nl80211 = FakeNetlink(self.kernel), FakeNl80211(self.air)
        network = LinuxNetwork(netlink, KernelSettings(self.kernel), manage, lambda: None)
        self.links = Links(network)
        own = OwnValues({}, {})
        nothing: Any = None
        self.given = given = Mechanisms(
            netlink, nothing, machine.procfs(), Sysfs("/nonexistent"), machine.system(), network, own,
            links=self.links, directory=directory / "run", management_path=lambda: self.way,
        )  # fmt: skip
        self.uci, self.told = FileUci(self.places), Told()
        bus_ = Bus(bus or directory / "no-bus")
        reloads = Reloads(bus_, self.told)
        self.surface = surface = Surface(self.uci, bus_, reloads, directory)
        self.part = wireless_part(given, surface, nl80211, sysfs=sysfs)
        self.tables = self.part.provides["wifi"]
        declared = wifi(replace(given, wifi=self.tables))
        super().__init__(
            [*declared, interface_stack(declared)],
            own,
            [self.tables],
            store=store,
            forget=[netlink.forget, self.tables.forget],
        )
        self.model.settle = reloads.settle

    @property
    def text(self) -> str:
        """The package's text."""
        return (self.places.config / "wireless").read_text()

    def write(self, text: str) -> None:
        """Somebody writes the package."""
        (self.places.config / "wireless").write_text(text)

    def says(self, section: str) -> Mapping[str, Any]:
        """The options of a section."""
        self.uci.forget()
        found = self.uci.read("wireless").get(section)
        assert found is not None, f"there is no section {section}"
        return dict(found.options)

    def sections(self, kind: str) -> list[str]:
        """The names of the sections of a type."""
        self.uci.forget()
        return [one.name for one in self.uci.read("wireless").of_type(kind)]


def tree_of_radios(sysfs: Path, paths: Mapping[str, str] = PATHS) -> Path:
    """/sys as far as it says where radios are."""
    (sysfs / "class/ieee80211").mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        place = sysfs / "devices" / path / "ieee80211" / name
        place.mkdir(parents=True, exist_ok=True)
        link = sysfs / "class/ieee80211" / name
        if not link.is_symlink():
            link.symlink_to(place)
    return sysfs
