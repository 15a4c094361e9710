"""Device.USB.USBHosts. over a controller with a hub and a device behind it."""

from pathlib import Path
from typing import Any

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.usb import UsbHosts, usb
from backends.usb import Usb
from tests.backends.small_device import SmallDevice
from tests.backends.usb_tree import usb_tree

HOST = "Device.USB.USBHosts.Host.1."


def device(root: Path, *, may_change: bool = True) -> SmallDevice:
    nothing: Any = None
    hosts = UsbHosts(Usb(root))
    given = Mechanisms(
        nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing,
        may_change_system=may_change, usb=hosts,
    )  # fmt: skip
    return SmallDevice(usb(given), backends=[hosts], forget=[hosts.usb.forget])


def test_the_profile_is_whole(tmp_path: Path) -> None:
    [found] = coverage(device(usb_tree(tmp_path)).model.tree, ["USBHostsBasic:1"], lambda _: "")
    assert found.missing == ()


def test_devices_are_told_with_the_hub_above_them(tmp_path: Path) -> None:
    made = device(usb_tree(tmp_path))
    assert made.get(f"{HOST}Type") == "xHCI"
    assert made.get(f"{HOST}DeviceNumberOfEntries") == "2"
    hub = made.find(f"{HOST}Device.", MaxChildren="4")
    serial = made.find(f"{HOST}Device.", Manufacturer="FTDI")
    assert (made.get(f"{serial}Parent"), made.get(f"{hub}Parent")) == (hub[:-1], "")
    assert (made.get(f"{serial}Rate"), made.get(f"{hub}Rate")) == ("Low", "High")
    assert (made.get(f"{serial}DeviceSubClass"), made.get(f"{serial}VendorID")) == ("FF", "1027")


def test_a_controller_is_switched_after_the_session_where_the_owner_allows_it(tmp_path: Path) -> None:
    made = device(usb_tree(tmp_path))
    assert made.set({f"{HOST}Enable": "0"}) == 1
    assert made.get(f"{HOST}Enable") == "false"
    kept = device(tmp_path, may_change=False)
    assert kept.refused({f"{HOST}Enable": "0"}) == {f"{HOST}Enable": "Denied"}
    assert kept.set({f"{HOST}Enable": "1"}) == 0
