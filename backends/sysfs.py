"""What /sys tells: temperatures, attributes of network devices, what machine this is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.files import names_in, read_bytes, read_number, read_text

LINE = 256


@dataclass(frozen=True, slots=True)
class Sensor:
    """A temperature sensor; ``key`` stays the same over boots as long as the hardware does."""

    key: str
    name: str
    temperature: float | None  # °C; None while there is no reading


@dataclass(frozen=True, slots=True)
class NetDevice:
    """What /sys/class/net knows of an interface and netlink does not."""

    speed: int | None  # Mbit/s; None where there is none or the link is down
    duplex: str  # full half "" not known
    has_device: bool  # there is hardware behind it
    is_wireless: bool
    driver: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The maker's words about the machine, "" where it keeps none."""

    manufacturer: str = ""
    model: str = ""
    version: str = ""
    serial_number: str = ""


class Sysfs:
    """Reads below ``root``. Network devices are kept until ``forget``."""

    def __init__(self, root: str | Path = "/sys") -> None:
        self._root = Path(root)
        self._net_devices: dict[str, NetDevice] = {}

    def forget(self) -> None:
        """Let the next reads ask again."""
        self._net_devices.clear()

    def sensors(self) -> Sequence[Sensor]:
        """Thermal zones, then the temperatures of hardware monitors that are not such a zone again."""
        return (*self._thermal_zones(), *self._hardware_monitors())

    def net_device(self, interface: str) -> NetDevice:
        """The attributes of an interface; of one that does not exist, those of a link without hardware."""
        if not re.fullmatch(r"[^/\s\0]{1,15}", interface) or interface in {".", ".."}:
            return NetDevice(None, "", has_device=False, is_wireless=False, driver="")
        if interface not in self._net_devices:
            self._net_devices[interface] = self._read_net_device(self._root / "class/net" / interface)
        return self._net_devices[interface]

    @staticmethod
    def _read_net_device(folder: Path) -> NetDevice:
        speed = read_number(folder / "speed")  # EINVAL while down, -1 where the driver does not know
        return NetDevice(
            speed=speed if speed is not None and 0 < speed < 1 << 31 else None,
            duplex=duplex if (duplex := read_text(folder / "duplex", LINE)) in {"full", "half"} else "",
            has_device=(folder / "device").exists(),
            is_wireless=(folder / "wireless").exists() or (folder / "phy80211").exists(),
            driver=_target(folder / "device/driver"),
        )

    def machine(self) -> Machine:
        """From the device tree, else from DMI."""
        tree = self._root / "firmware/devicetree/base"
        model = read_text(tree / "model", LINE)
        if model:
            maker, _, rest = model.partition(" ")
            revision = re.search(r"\bRev ([\w.]+)$", model)
            # "compatible" names the chip's maker; the board's comes first in "Raspberry Pi 4 Model B Rev 1.4".
            manufacturer = "Raspberry Pi" if model.startswith("Raspberry Pi ") else maker if rest else ""
            return Machine(
                manufacturer=manufacturer,
                model=re.sub(r" Rev [\w.]+$", "", model),
                version=revision[1] if revision else "",
                serial_number=read_text(tree / "serial-number", LINE) or "",
            )
        words = {name: self._dmi(name) for name in ("sys_vendor", "product_name", "product_version", "product_serial")}
        return Machine(words["sys_vendor"], words["product_name"], words["product_version"], words["product_serial"])

    def boards(self) -> tuple[str, ...]:
        """What the board's maker calls it, the most particular name first: device tree's compatible, or DMI."""
        compatible = read_bytes(self._root / "firmware/devicetree/base/compatible", 16 * LINE) or b""
        names = [one.decode("utf-8", "replace").strip() for one in compatible.split(b"\0")]
        return tuple(dict.fromkeys(filter(None, [*names, self._dmi("board_name"), self._dmi("product_name")])))

    def _dmi(self, name: str) -> str:
        text = read_text(self._root / "class/dmi/id" / name, LINE) or ""
        # What board makers leave in the form they did not fill in.
        empty = {
            "to be filled by o.e.m.",
            "default string",
            "system serial number",
            "not specified",
            "none",
            "0",
            "n/a",
        }
        return "" if text.lower() in empty else text

    def _thermal_zones(self) -> list[Sensor]:
        found = []
        names = [name for name in names_in(self._root / "class/thermal") if name.startswith("thermal_zone")]
        for name in sorted(names, key=_by_number):
            folder = self._root / "class/thermal" / name
            kind = read_text(folder / "type", LINE) or name
            found.append(Sensor(f"{name} {kind}", kind, _degrees(folder / "temp")))
        return found

    def _hardware_monitors(self) -> list[Sensor]:
        found = []
        for monitor in sorted(names_in(self._root / "class/hwmon"), key=_by_number):
            folder = self._root / "class/hwmon" / monitor
            device = _target(folder / "device")
            if device.startswith("thermal_zone"):
                continue
            chip = read_text(folder / "name", LINE) or monitor
            inputs = [name for name in names_in(folder) if re.fullmatch(r"temp\d{1,4}_input", name)]
            for name in sorted(inputs, key=_by_number):
                channel = name.removesuffix("_input")
                label = read_text(folder / f"{channel}_label", LINE) or ""
                # hwmonN counts in the order of loading: the device behind it does not change.
                key = f"{device or monitor} {chip} {channel}"
                found.append(Sensor(key, f"{chip} {label or channel}", _degrees(folder / name)))
        return found


def _degrees(path: Path) -> float | None:
    reading = read_number(path)
    return None if reading is None or not -273_150 <= reading <= 1_000_000 else reading / 1000


def _target(link: Path) -> str:
    """The name of what a symbolic link points at; "" where there is none."""
    try:
        return link.readlink().name
    except OSError:
        return ""


def _by_number(name: str) -> tuple[int, str]:
    number = re.search(r"\d+", name)
    return int(number[0]) if number else -1, name
