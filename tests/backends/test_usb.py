"""USB as sysfs shows it: controllers, a hub, a device behind it."""

from pathlib import Path

import pytest

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.usb import HostSetting, Usb
from tests.backends.usb_tree import plug, usb_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return usb_tree(tmp_path)


def test_a_controller_is_known_by_what_it_is(root: Path) -> None:
    [host] = Usb(root).hosts()
    assert (host.name, host.bus, host.type, host.version, host.is_enabled) == (
        "0000:00:14.0 USB 2.00", "usb1", "xHCI", "2.00", True,
    )  # fmt: skip


def test_devices_tell_where_they_are_and_what(root: Path) -> None:
    own, hub, device = Usb(root).devices()
    assert (own.above, own.port) == ("", 0)
    assert (hub.above, hub.port, hub.ports, hub.is_self_powered) == ("usb1", 2, 4, True)
    assert (device.above, device.port, device.speed) == ("1-2", 3, 1.5)
    assert (device.vendor, device.product, device.release) == (0x0403, 0x6001, 0x0264)
    assert (device.subclass, device.protocol) == (0xFF, 1)
    assert (device.manufacturer, device.product_name, device.serial_number) == ("FTDI", "Serial", "A6008isP")
    assert device.is_suspended


def test_what_a_device_does_not_tell_is_nothing(root: Path) -> None:
    plug(root, "1-4", "pci0000:00/0000:00:14.0/usb1", speed="fast", idVendor="zz")
    found = {device.place: device for device in Usb(root).devices()}["1-4"]
    assert (found.speed, found.vendor, found.product_name, found.ports) == (0.0, 0, "", 0)


def test_a_bus_is_switched_off_and_on_and_not_touched_when_it_is_so(root: Path) -> None:
    usb = Usb(root)
    off = Wanted().with_record("0000:00:14.0 USB 2.00", HostSetting(enable=False))
    assert usb.cuts(off)
    assert usb.apply(off)
    assert (root / "bus/usb/devices/usb1/authorized").read_text() == "0"
    assert not usb.hosts()[0].is_enabled
    assert not usb.apply(off)
    assert not usb.apply(Wanted())


def test_a_bus_that_cannot_be_switched_is_told(root: Path) -> None:
    usb = Usb(root)
    usb.hosts()
    file = root / "bus/usb/devices/usb1/authorized"
    file.unlink()
    file.mkdir()
    with pytest.raises(MechanismError):
        usb.apply(Wanted().with_record("0000:00:14.0 USB 2.00", HostSetting(enable=False)))


def test_a_machine_without_usb_has_none(tmp_path: Path) -> None:
    usb = Usb(tmp_path)
    assert (usb.is_there(), list(usb.hosts()), list(usb.devices())) == (False, [], [])
