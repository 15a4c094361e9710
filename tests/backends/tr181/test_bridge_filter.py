"""Device.Bridging.Filter as an ACS sees and changes it."""

import re
from typing import Any

import pytest

from agent.model.errors import ResourcesExceeded
from backends.bridge_filter import BridgeFilter, Filter
from backends.netlink_types import RouteTo
from backends.nftables import Table
from backends.tr181.absent import NO_DHCP_CLASSES, NO_SUCH_THING
from backends.tr181.bridge_filter import FILTER, FilterTable, bridging_filter, ground
from backends.tr181.bridging import MOST_FILTERS, bridging
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from tests.backends.conftest import Bench
from tests.backends.small_device import SmallDevice
from tests.schemas import shipped_schema

FILTERS = "Device.Bridging.Filter."
NAMES = re.compile("(?<=MACFrom).*")


class InMemory:
    """A packet filter that remembers the last table."""

    table = Table("")

    def bring_to(self, table: Table) -> bool:
        before, self.table = self.table, table
        return before != table

    def has(self, table: Table) -> bool:
        return self.table == table


class Device(SmallDevice):
    """br0 with eth0 and eth1, which are the agent's; the link ``lead`` leads to the ACS."""

    def __init__(self, bench: Bench) -> None:
        bench.netlink.add_bridge("br0")
        for name in ("eth0", "eth1"):
            bench.netlink.set_link(name, master="br0")
        network = bench.device().network
        nothing: Any = None
        self.lead = ""
        basic: Any = {
            "links": Links(network),
            "management_path": lambda: RouteTo(self.lead, "192.0.2.1", None) if self.lead else None,
        }
        on = Mechanisms(bench.netlink, nothing, nothing, nothing, nothing, network, nothing, **basic)
        self.packets = InMemory()
        self.tables = FilterTable(BridgeFilter(self.packets, ground(on)))
        self.full = full = Mechanisms(
            bench.netlink, nothing, nothing, nothing, nothing, network, nothing, bridge_filter=self.tables, **basic
        )
        super().__init__([*bridging(full), *bridging_filter(full)], backends=[network, self.tables])
        self.bridge = self.find("Device.Bridging.Bridge.", Name="br0")

    def port(self, name: str) -> str:
        return self.find(f"{self.bridge}Port.", Name=name).removesuffix(".")

    def filter(self, **values: str) -> str:
        usual = {"Bridge": self.bridge.removesuffix("."), "Interface": self.port("eth1"), "Enable": "1"}
        return self.add(FILTERS, **{**usual, **values})

    def about(self) -> list[str]:
        return [rule.about for chain in self.packets.table.chains for rule in chain.rules]


@pytest.fixture
def device(memory: Bench) -> Device:
    return Device(memory)


def test_a_filter_says_what_its_port_admits(device: Device) -> None:
    assert device.get("Device.Bridging.MaxFilterEntries") == str(MOST_FILTERS)
    row = device.filter(EthertypeFilterList="2048,2054", EthertypeFilterExclude="0")
    told = device.tree(row)
    names = ("Status", "Order", "EthertypeFilterList", "SourceMACAddressFilterExclude")
    assert [told[name] for name in names] == ["Enabled", "1", "2048,2054", "true"]
    assert told["Interface"] == device.port("eth1")
    assert device.about() == ["admit eth1 1", "others eth1"]
    device.set({f"{row}Enable": "0"})
    assert (device.get(f"{row}Status"), device.about()) == ("Disabled", [])
    device.delete(row)
    assert device.get("Device.Bridging.FilterNumberOfEntries") == "0"


def test_a_filter_that_lacks_something_says_so_and_admits_all(device: Device) -> None:
    row = device.filter(Interface="")
    assert (device.get(f"{row}Status"), device.about()) == ("Error_Misconfigured", [])
    device.set({f"{row}Interface": device.port("br0")})  # the bridge's own: nothing comes in by it
    assert (device.get(f"{row}Status"), device.about()) == ("Error_Misconfigured", [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("VLANIDFilter", "7"), ("EthertypeFilterList", "17"), ("SourceMACAddressFilterList", "$(reboot)"),
     ("DestMACAddressFilterList", "02:00:00:00:00:01/x")],
)  # fmt: skip
def test_a_refusal_names_its_parameter(device: Device, name: str, value: str) -> None:
    row = device.filter()
    assert device.refused({row + name: value}) == {row + name: "InvalidValue"}


def test_what_the_profiles_demand_beyond_it_has_a_reason(device: Device) -> None:
    [table] = bridging_filter(device.full)
    bound = {parameter.name for parameter in table.parameters}
    for profile in map(shipped_schema().profile, ("BridgeFilter:1", "BridgeFilter:2")):
        assert profile is not None
        missing = [name for name in profile.objects[FILTER].parameters if name not in bound]
        assert {NO_SUCH_THING.get(FILTER + NAMES.sub("", name)) for name in missing} == {NO_DHCP_CLASSES}


def test_there_are_no_more_than_it_says(device: Device) -> None:
    wanted = device.tables.wanted
    for number in range(MOST_FILTERS):
        wanted = wanted.with_record(f"+{number}", Filter())
    device.tables.wanted = wanted
    with pytest.raises(ResourcesExceeded, match="already"):
        device.add(FILTERS)


def test_frames_on_the_way_to_the_server_are_not_kept_away_for_good(device: Device) -> None:
    assert not device.tables.filters.cuts(device.tables.wanted)
    device.lead = "br0"
    device.filter(EthertypeFilterList="2054")
    assert device.model.awaits_application
