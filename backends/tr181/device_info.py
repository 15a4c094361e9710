"""Device.DeviceInfo.: what this machine is, how it is doing, and what runs on it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.errors import MechanismError
from backends.procfs import Procfs
from backends.system import Identity, identity
from backends.tr181.mechanisms import Mechanisms

FIRST_USE_DATE: Final = "DeviceInfo.FirstUseDate"
OWN_VALUES: Final = {"DeviceInfo.ProvisioningCode": "", FIRST_USE_DATE: ""}
LARGEST_SIZE: Final = 2**32 - 1

# Which of TR-181's words say what Linux does: all of its algorithms but Vegas recover from loss as New Reno does.
_TCP_WORDS: Final = {"vegas": "Vegas"}


def device_identity(mechanisms: Mechanisms) -> Identity:
    """Who the device is: the settings' words, else the machine's own."""
    found = identity(
        mechanisms.sysfs.machine(),
        mechanisms.system.release(),
        mechanisms.netlink.links(),
        mechanisms.system.machine_id(),
        mechanisms.system.board(),
    )
    given = mechanisms.identity
    return replace(
        found,
        manufacturer=given.manufacturer or found.manufacturer,
        oui=given.oui or found.oui,
        product_class=given.product_class or found.product_class,
        serial_number=given.serial_number or found.serial_number,
    )


def device_info(mechanisms: Mechanisms) -> list[Object[Any]]:
    """DeviceInfo, MemoryStatus and NetworkProperties; the tables below it have files of their own."""
    return [
        _itself(mechanisms),
        _memory_status(mechanisms),
        _network_properties(mechanisms.procfs),
    ]


def _itself(mechanisms: Mechanisms) -> Object[Identity]:
    own, system, procfs = mechanisms.own, mechanisms.system, mechanisms.procfs
    known: list[Identity] = []

    def rows() -> Iterable[Identity]:
        if not known:
            known.append(device_identity(mechanisms))  # who a device is does not change while it runs
        return known

    def who(name: str, attribute: str, found_in: str) -> Parameter[Identity, str]:
        given = getattr(mechanisms.identity, attribute, "")
        source = "the settings' [identity]" if given else found_in
        return Parameter(name, lambda it: str(getattr(it, attribute)), source=lambda _: source)

    firmware = "DMI, the device tree or /etc/board.json"
    parameters: list[Parameter[Identity, Any]] = [
        who("Manufacturer", "manufacturer", f"{firmware}, else /etc/os-release"),
        who("ManufacturerOUI", "oui", "the MAC address of the label or of the first Ethernet port"),
        who("ModelName", "model_name", f"{firmware}, else /etc/os-release"),
        Parameter("Description", lambda it: f"{it.model_name}, {system.release().pretty_name or 'Linux'}"[:256]),
        who("ProductClass", "product_class", f"{firmware}, else /etc/os-release"),
        who("SerialNumber", "serial_number", f"{firmware}, else the first MAC address, else /etc/machine-id"),
        who("HardwareVersion", "hardware_version", firmware),
        who("SoftwareVersion", "software_version", "/etc/os-release"),
        Parameter(
            "AdditionalSoftwareVersion",
            lambda _: [system.kernel().replace(" ", "/")[:64]],
            source=lambda _: "uname(2)",
        ),
        _provisioning_code(own),
        Parameter("UpTime", lambda _: procfs.uptime(), source=lambda _: "/proc/uptime"),
        Parameter(
            "FirstUseDate", lambda _: _moment(str(own.get(FIRST_USE_DATE))), source=lambda _: "noted by the agent"
        ),
    ]
    return Object(
        path="Device.DeviceInfo.",
        rows=rows,
        keys=lambda _: (),
        parameters=parameters,
        changed_by=("own",),
        backend=own,
        source=lambda _: f"{firmware}, /etc/os-release",
    )


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _provisioning_code(own: OwnValues) -> Parameter[Identity, str]:
    name = "DeviceInfo.ProvisioningCode"
    return Parameter(
        "ProvisioningCode",
        lambda _: str(own.get(name)),
        lambda _, code: own.stage(name, code),
        lambda _: own.source(name),
    )


def host_name(mechanisms: Mechanisms) -> list[Object[Any]]:
    """DeviceInfo.HostName, which another backend changes."""
    settings = mechanisms.system.settings

    def rename(_: None, name: str) -> None:
        if not mechanisms.may_change_system:
            raise Denied("", "the host name is changed only with [system] manage = true")
        try:
            settings.stage_host_name(name)
        except MechanismError as wrong:
            raise InvalidValue("", str(wrong)) from wrong

    return [
        Object(
            path="Device.DeviceInfo.",
            rows=lambda: (None,),
            keys=lambda _: (),
            parameters=[Parameter("HostName", lambda _: settings.host_name(), rename)],
            changed_by=settings.topics,
            backend=settings,
            source=lambda _: "gethostname(2)",
        )
    ]


def _memory_status(mechanisms: Mechanisms) -> Object[None]:
    procfs, system = mechanisms.procfs, mechanisms.system
    parameters: list[Parameter[None, Any]] = [
        Parameter("Total", lambda _: min(LARGEST_SIZE, procfs.memory().total)),
        Parameter("Free", lambda _: min(LARGEST_SIZE, procfs.memory().available)),  # what a program could still get
        Parameter("TotalPersistent", lambda _: min(LARGEST_SIZE, system.storage().total)),
        Parameter("FreePersistent", lambda _: min(LARGEST_SIZE, system.storage().free)),
    ]
    return Object(
        path="Device.DeviceInfo.MemoryStatus.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=parameters,
        source=lambda _: "/proc/meminfo, statvfs(2)",
    )


def _network_properties(procfs: Procfs) -> Object[None]:
    def window(_: None) -> int:
        words = (procfs.setting("net/ipv4/tcp_rmem") or "").split()
        return min(LARGEST_SIZE, int(words[-1])) if words and words[-1].isdecimal() else 0

    def implementation(_: None) -> list[str]:
        return [_TCP_WORDS.get(procfs.setting("net/ipv4/tcp_congestion_control") or "", "New Reno")]

    return Object(
        path="Device.DeviceInfo.NetworkProperties.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[Parameter("MaxTCPWindowSize", window), Parameter("TCPImplementation", implementation)],
        source=lambda _: "/proc/sys/net/ipv4",
    )
