"""Device.USB.USBHosts.: the controllers, and the devices on them."""

from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter, Target
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService
from backends.usb import HostSetting, Usb, UsbDevice, UsbHost

HOST: Final = "Device.USB.USBHosts.Host.{i}."
DEVICE: Final = f"{HOST}Device.{{i}}."
LONGEST: Final = 64
RATES: Final = ((1.5, "Low"), (12, "Full"), (480, "High"))
"""The most Mbit/s of each; what is faster is Super."""


class UsbHosts(TableService):
    """The backend of the Host table; ``usb`` is what it reads."""

    def __init__(self, usb: Usb) -> None:
        super().__init__("usb", (HostSetting,), usb, {HostSetting: HOST})
        self.usb = usb


def usb_hosts(given: Mechanisms) -> Part | None:  # noqa: ARG001 - a machine has USB or has not
    """The USB of this machine; None where the kernel knows of none."""
    usb = Usb()
    if not usb.is_there():
        return None
    hosts = UsbHosts(usb)
    return Part("usb", {"usb": hosts}, hosts, forget=(usb.forget,), follows=frozenset())


def usb(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Host and Device."""
    service = mechanisms.usb
    if service is None:
        return []
    return [_hosts(service, mechanisms.may_change_system), _devices(service.usb)]


def _hosts(service: UsbHosts, may_change: bool) -> Object[UsbHost]:
    def is_enabled(host: UsbHost) -> bool:
        told = service.wanted.get(HostSetting, host.name).enable
        return host.is_enabled if told is None else told

    def enable(host: UsbHost, value: bool) -> None:
        if not may_change and value != is_enabled(host):
            raise Denied("", "USB controllers are switched only with [system] manage = true")
        service.edit(HostSetting, host.name, enable=value)

    return Object(
        path=HOST,
        rows=service.usb.hosts,
        keys=lambda host: (host.name,),
        parameters=[
            Parameter("Enable", is_enabled, enable),
            Parameter("Name", lambda host: host.name[:LONGEST]),
            Parameter("Type", lambda host: host.type),
            Parameter("USBVersion", lambda host: host.version),
        ],
        backend=service,
        source=lambda host: f"/sys/bus/usb/devices/{host.bus}",
    )


def _devices(usb: Usb) -> Object[UsbDevice]:
    def name_of(bus: str) -> str:
        return next(host.name for host in usb.hosts() if host.bus == bus)

    def parent(device: UsbDevice) -> Target | None:
        is_below_hub = device.above not in ("", device.host)
        return Target(DEVICE, (name_of(device.host), device.above)) if is_below_hub else None

    return Object(
        path=DEVICE,
        rows=lambda: [device for device in usb.devices() if device.above],
        keys=lambda device: (name_of(device.host), device.place),
        parameters=[
            Parameter("DeviceNumber", lambda device: device.number),
            Parameter("USBVersion", lambda device: device.version),
            Parameter("DeviceClass", lambda device: bytes([device.device_class & 0xFF])),
            Parameter("DeviceSubClass", lambda device: bytes([device.subclass & 0xFF])),
            Parameter("DeviceProtocol", lambda device: bytes([device.protocol & 0xFF])),
            Parameter("DeviceVersion", lambda device: device.release & 0xFFFF),
            Parameter("ProductID", lambda device: device.product & 0xFFFF),
            Parameter("VendorID", lambda device: device.vendor & 0xFFFF),
            Parameter("Manufacturer", lambda device: device.manufacturer[:LONGEST]),
            Parameter("ProductClass", lambda device: device.product_name[:LONGEST]),
            Parameter("SerialNumber", lambda device: device.serial_number[:LONGEST]),
            Parameter("Port", lambda device: min(device.port, 255)),
            Parameter("Rate", _rate),
            Parameter("Parent", parent),
            Parameter("MaxChildren", lambda device: device.ports),
            Parameter("IsSuspended", lambda device: device.is_suspended),
            Parameter("IsSelfPowered", lambda device: device.is_self_powered),
        ],
        durable=False,
        source=lambda device: f"/sys/bus/usb/devices/{device.place}",
    )


def _rate(device: UsbDevice) -> str:
    if not device.speed:
        return "Unknown"
    return next((word for most, word in RATES if device.speed <= most), "Super")
