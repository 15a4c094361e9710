"""USB host controllers of this machine and what is plugged into them, from sysfs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.desired_state import Record, Wanted
from backends.errors import Missing
from backends.files import names_in, read_number, read_text, unwritable

LINE: Final = 256
ROOT_HUB: Final = re.compile(r"usb(\d+)")
DEVICE: Final = re.compile(r"(\d+)-(\d+(?:\.\d+)*)")
TYPES: Final = {"xhci": "xHCI", "ehci": "EHCI", "ohci": "OHCI", "uhci": "UHCI"}


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A device or hub. ``place`` is where it is plugged in ("1-2.3": bus 1, port 2, then port 3 of that hub).

    Numbers are as in the device's descriptors; ``speed`` is in Mbit/s, 0 where it is not known.
    """

    place: str
    host: str
    number: int
    version: str
    device_class: int
    subclass: int
    protocol: int
    release: int
    vendor: int
    product: int
    manufacturer: str
    product_name: str
    serial_number: str
    speed: float
    ports: int
    is_suspended: bool
    is_self_powered: bool

    @property
    def port(self) -> int:
        """The port of the device above it; 0 for the controller's own hub."""
        return 0 if self.place == self.host else int(re.split(r"[.-]", self.place)[-1])

    @property
    def above(self) -> str:
        """Where the hub is that it is plugged into; "" for the controller's own hub."""
        if self.place == self.host:
            return ""
        head, dot, _ = self.place.rpartition(".")
        return head if dot else self.host


@dataclass(frozen=True, slots=True)
class UsbHost:
    """A host controller's bus. ``name`` tells the controller, whatever number its bus has after a boot."""

    name: str
    bus: str
    type: str
    version: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSetting(Record):
    """Whether a bus takes devices; its key is the host's name."""

    enable: bool | None = None


class Usb:
    """Reads below ``root``, once for each request; see backends.desired_state.Service for what it changes."""

    def __init__(self, root: str | Path = "/sys") -> None:
        self._folder = Path(root) / "bus/usb/devices"
        self._hosts: Sequence[UsbHost] | None = None
        self._devices: Sequence[UsbDevice] | None = None

    def is_there(self) -> bool:
        """Whether the kernel knows of USB."""
        return self._folder.is_dir()

    def forget(self) -> None:
        """Read again for the next request."""
        self._hosts = self._devices = None

    def hosts(self) -> Sequence[UsbHost]:
        """Every host controller's bus, by number."""
        if self._hosts is None:
            self._hosts = [self._host(name) for name in self._names(ROOT_HUB)]
        return self._hosts

    def devices(self) -> Sequence[UsbDevice]:
        """Every device, the controllers' own hubs first."""
        if self._devices is None:
            hosts = {host.bus: host for host in self.hosts()}
            places = [(name, name) for name in hosts]
            places += [(name, f"usb{DEVICE.fullmatch(name)[1]}") for name in self._names(DEVICE)]  # type: ignore[index]
            self._devices = [self._device(place, host) for place, host in places if host in hosts]
        return self._devices

    def check(self, wanted: Wanted) -> None:
        """Whatever is wanted can be."""

    def cuts(self, wanted: Wanted) -> bool:
        """Whether a bus is switched off: the way to the ACS may be a modem on it."""
        return any(setting.enable is False for setting in wanted.of(HostSetting).values())

    def apply(self, wanted: Wanted) -> bool:
        """Let buses take devices, or not. MechanismError."""
        changed = False
        for host in self.hosts():
            told = wanted.get(HostSetting, host.name).enable
            if told is not None and told != host.is_enabled:
                self._write(self._folder / host.bus / "authorized", str(int(told)))
                changed = True
        self.forget()
        return changed

    def _host(self, bus: str) -> UsbHost:
        folder = self._folder / bus
        version = self._text(bus, "version")
        try:
            driver = (folder.resolve().parent / "driver").readlink().name
        except OSError:
            driver = ""
        controller = self._text(bus, "serial") or bus
        kind = next((word for key, word in TYPES.items() if driver.startswith(key)), "Unknown")
        is_enabled = read_number(folder / "authorized") != 0
        return UsbHost(f"{controller} USB {version}".strip(), bus, kind, version, is_enabled)

    def _device(self, place: str, host: str) -> UsbDevice:
        attributes = self._hexadecimal(place, "bmAttributes")
        return UsbDevice(
            place=place,
            host=host,
            number=read_number(self._folder / place / "devnum") or 0,
            version=self._text(place, "version"),
            device_class=self._hexadecimal(place, "bDeviceClass"),
            subclass=self._hexadecimal(place, "bDeviceSubClass"),
            protocol=self._hexadecimal(place, "bDeviceProtocol"),
            release=self._hexadecimal(place, "bcdDevice"),
            vendor=self._hexadecimal(place, "idVendor"),
            product=self._hexadecimal(place, "idProduct"),
            manufacturer=self._text(place, "manufacturer"),
            product_name=self._text(place, "product"),
            serial_number=self._text(place, "serial"),
            speed=self._speed(place),
            ports=read_number(self._folder / place / "maxchild") or 0,
            is_suspended=self._text(place, "power/runtime_status") == "suspended",
            is_self_powered=bool(attributes & 0x40),
        )

    def _names(self, pattern: re.Pattern[str]) -> list[str]:
        found = [name for name in names_in(self._folder) if pattern.fullmatch(name)]
        return sorted(found, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])

    def _text(self, place: str, name: str) -> str:
        return read_text(self._folder / place / name, LINE) or ""

    def _speed(self, place: str) -> float:
        try:
            return float(self._text(place, "speed"))
        except ValueError:
            return 0.0

    def _hexadecimal(self, place: str, name: str) -> int:
        try:
            return int(self._text(place, name), 16)
        except ValueError:
            return 0

    def _write(self, file: Path, text: str) -> None:
        try:
            file.write_text(text)
        except FileNotFoundError as error:
            raise Missing(f"{file}: the bus has gone") from error
        except OSError as error:
            raise unwritable(file, error) from error
