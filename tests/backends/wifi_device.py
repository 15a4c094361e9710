"""A device with Wi-Fi's objects, over radios and a kernel in memory; hostapd is never started in its tests."""

from pathlib import Path

from agent.model.own_values import OwnValues
from backends.procfs import Procfs
from backends.sysfs import Sysfs
from backends.tr181.interface_stack import interface_stack
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from backends.tr181.wifi import wifi
from backends.tr181.wifi_tables import SsidLayer, WifiTables
from backends.wifi.scan import NeighbourScan
from backends.wifi.service import WifiService
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.fakes.machine import FakeMachine
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.fakes.nl80211 import FakeAir, FakeNl80211


class WifiDevice(SmallDevice):
    """``air`` and ``kernel`` are there to be changed."""

    def __init__(self, directory: Path, manage: tuple[str, ...] = ("wlan*",), store: Documents | None = None) -> None:
        machine = FakeMachine(directory / "machine")
        self.air, self.kernel = FakeAir(), FakeKernel()
        for link in self.air.links:
            self.kernel.add_link(link.name)
        netlink, nl80211 = FakeNetlink(self.kernel), FakeNl80211(self.air)
        network = LinuxNetwork(netlink, Procfs("/nonexistent"), manage, lambda: None)
        links = Links(network)
        nowhere = Path("/nonexistent/hostapd")
        service = WifiService(nl80211, directory / "wifi", links.may_change, (nowhere, nowhere), elsewhere={})
        scan = NeighbourScan(nl80211, netlink, links.may_change)
        self.tables = WifiTables(service, nl80211, netlink, scan)
        network.other_layers = (SsidLayer(self.tables),)
        self.links = links
        own = OwnValues({}, {})
        mechanisms = Mechanisms(
            netlink, None, machine.procfs(), Sysfs("/nonexistent"), machine.system(), network, own,  # type: ignore[arg-type]
            links=links, wifi=self.tables,
        )  # fmt: skip
        declared = wifi(mechanisms)
        super().__init__(
            [*declared, interface_stack(declared)],
            own,
            [self.tables],
            store=store,
            forget=[netlink.forget, self.tables.forget],
        )
