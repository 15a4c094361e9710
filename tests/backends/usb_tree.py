"""A machine's USB as sysfs has it: a controller, a hub, a serial adapter behind it."""

from collections.abc import Mapping
from pathlib import Path

HUB = {"devnum": "1", "version": " 2.00", "bDeviceClass": "09", "speed": "480", "maxchild": "4", "bmAttributes": "e0"}


def plug(root: Path, place: str, at: str, **attributes: str) -> Path:
    """A device as sysfs has it: the folder under the controller's, and a link on the bus."""
    folder = root / "devices" / at / place
    (folder / "power").mkdir(parents=True)
    for name, text in attributes.items():
        (folder / name.replace("__", "/")).write_text(f"{text}\n")
    bus = root / "bus/usb/devices"
    bus.mkdir(parents=True, exist_ok=True)
    (bus / place).symlink_to(folder)
    return folder


def usb_tree(tmp_path: Path) -> Path:
    """What ``Usb`` is given as /sys."""
    plug(tmp_path, "usb1", "pci0000:00/0000:00:14.0", serial="0000:00:14.0", authorized="1", **HUB)
    driver = tmp_path / "bus/pci/drivers/xhci_hcd"
    driver.mkdir(parents=True)
    (tmp_path / "devices/pci0000:00/0000:00:14.0/driver").symlink_to(driver)
    hub: Mapping[str, str] = {**HUB, "devnum": "2"}
    plug(tmp_path, "1-2", "pci0000:00/0000:00:14.0/usb1", **hub)
    plug(
        tmp_path, "1-2.3", "pci0000:00/0000:00:14.0/usb1/1-2", devnum="5", version=" 1.10", bDeviceClass="00",
        bDeviceSubClass="ff", bDeviceProtocol="01", bcdDevice="0264", idVendor="0403", idProduct="6001",
        manufacturer="FTDI", product="Serial", serial="A6008isP", speed="1.5", maxchild="0",
        power__runtime_status="suspended",
    )  # fmt: skip
    (tmp_path / "bus/usb/devices/1-2:1.0").symlink_to(tmp_path)  # an interface is no device
    return tmp_path
