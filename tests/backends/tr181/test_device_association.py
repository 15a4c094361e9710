"""Which gateway this device is behind, and which devices are behind it, as an ACS sees them."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from backends.association import Named
from backends.dhcp_client.packets import Lease4
from backends.tr181.device_association import association, gateway_finder, gateway_info, manageable_devices
from backends.tr181.mechanisms import Mechanisms
from tests.backends.small_device import SmallDevice
from tests.backends.test_association import SAID
from tests.backends.whole_device import device_in_memory
from tests.fakes.netlink import FakeKernel, FakeNetlink

TABLE = "Device.ManagementServer.ManageableDevice."


class Clients:
    """DHCP clients by what they have been given."""

    def __init__(self, leases: dict[str, Lease4]) -> None:
        self.leases = leases
        self.clients = self

    def lease4(self, link: str) -> Lease4 | None:
        return self.leases.get(link)


def mechanisms(root: Path, **values: Any) -> Mechanisms:
    return replace(device_in_memory(root)[0].mechanisms, **values)


def test_the_gateway_is_who_answered_a_client_of_ours(tmp_path: Path) -> None:
    kernel = FakeKernel()
    netlink = FakeNetlink(kernel)
    netlink.add_veth("wan", "far")
    given = Clients({"wan": Lease4("192.0.2.2", {125: SAID})})
    part = gateway_finder(mechanisms(tmp_path, netlink=netlink, dhcp_clients=given))
    device = SmallDevice(gateway_info(mechanisms(tmp_path, **part.provides)))
    assert device.tree("Device.GatewayInfo.") == {
        "ManufacturerOUI": "00D09E", "ProductClass": "Box", "SerialNumber": "Série 1",
    }  # fmt: skip
    given.leases = {"wan": Lease4("192.0.2.2")}
    assert set(device.tree("Device.GatewayInfo.").values()) == {""}


def test_what_the_machines_own_client_hands_over_says_who_the_gateway_is(tmp_path: Path) -> None:
    told = [Named("00D09E", "7", "Gateway")]
    part = gateway_finder(mechanisms(tmp_path, gateway_told=lambda: told[0] if told else None))
    device = SmallDevice(gateway_info(mechanisms(tmp_path, **part.provides)))
    assert device.tree("Device.GatewayInfo.") == {
        "ManufacturerOUI": "00D09E", "ProductClass": "Gateway", "SerialNumber": "7",
    }  # fmt: skip
    told.clear()
    assert set(device.tree("Device.GatewayInfo.").values()) == {""}


def test_who_hears_nobody_tells_of_nobody(tmp_path: Path) -> None:
    assert gateway_info(mechanisms(tmp_path)) == []
    assert manageable_devices(mechanisms(tmp_path)) == []


def test_a_device_with_two_interfaces_is_one_row(tmp_path: Path) -> None:
    here: Sequence[Named] = [
        Named("00D09E", "1", "STB", "02:00:00:00:00:01"),
        Named("00D09E", "2", "", ""),
        Named("00D09E", "1", "STB", "02:00:00:00:00:02"),
    ]
    device = SmallDevice(manageable_devices(mechanisms(tmp_path, manageable_devices=lambda: here)))
    assert device.get("Device.ManagementServer.ManageableDeviceNumberOfEntries") == "2"
    assert device.tree(f"{TABLE}1.") == {
        "ManufacturerOUI": "00D09E", "SerialNumber": "1", "ProductClass": "STB", "Host": "",
        "Alias": "cpe-1",
    }  # fmt: skip


def test_who_may_listen_hears_the_devices_of_the_lan(tmp_path: Path) -> None:
    part = association(mechanisms(tmp_path))
    assert (part is not None) == (os.geteuid() == 0)
    if part is not None:
        assert part.watch is not None
        assert part.provides["manageable_devices"]() == []
