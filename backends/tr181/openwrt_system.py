"""Host name and time zone of a machine with OpenWrt: /etc/config/system has them, OpenWrt's init scripts make them."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from backends.desired_state import SINGLE, Record
from backends.errors import MechanismError
from backends.lan.file_watch import FileWatch
from backends.openwrt.configured import Configured
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.host import SYSTEM, HostMapping, HostName, Zone, first
from backends.openwrt.system.log import log_file
from backends.openwrt.system.zone import UciTimeZone, has_zones, in_force
from backends.system import System
from backends.time_zone import UTC_STRING, compiled
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.service import TableService

TOPIC: Final = "system"
"""What has changed is /etc/config/system."""
TABLES: Final[Mapping[type[Record], str]] = {HostName: "Device.DeviceInfo.", Zone: "Device.Time."}
PARAMETERS: Final = {"name": ("HostName",), "posix": ("LocalTimeZone",)}


class UciSettings(TableService, UciDesired):
    """See backends.system_settings.Settings."""

    topics: tuple[str, ...] = (TOPIC,)

    def __init__(self, configured: Configured, system: System) -> None:
        super().__init__("system", (HostName, Zone), configured, TABLES, PARAMETERS)
        self._system = system

    def host_name(self) -> str:
        """See Settings; the kernel's where OpenWrt's configuration has no say."""
        found = self.wanted.of(HostName).get(SINGLE)
        return found.name if isinstance(found, HostName) else self._system.host_name()

    def time_zone(self) -> str:
        """See Settings."""
        return self.wanted.get(Zone).posix

    def stage_host_name(self, name: str) -> None:
        """See Settings."""
        self._system.check_host_name(name)
        self.edit(HostName, SINGLE, name=name)

    def stage_time_zone(self, posix: str) -> None:
        """See Settings."""
        self._system.time_zone.check(posix)
        self.edit(Zone, SINGLE, posix=posix)


def openwrt_system(given: Mechanisms, surface: Surface) -> Part:
    """The machine as it is, with OpenWrt's host name and time zone."""
    system, uci, root = given.system, surface.uci, surface.root

    def zone() -> bytes:
        try:
            return in_force(first(uci.read)[1], root)
        except MechanismError:  # told of by who reads the package for its values
            return compiled(UTC_STRING)

    mapping = HostMapping(root, system.check_host_name, lambda: has_zones(root))
    settings = UciSettings(Configured(uci, mapping, surface.reloads.note), system)
    time_zone = UciTimeZone(zone)
    found = partial(log_file, uci.read, root)
    provides: dict[str, Any] = {"system": system.over(settings, time_zone), "log_files": found}
    return Part(
        name="system",
        provides=provides,
        backend=settings,
        forget=[settings.forget, time_zone.forget],
        watch=FileWatch({root / "etc/config" / SYSTEM: TOPIC}).watch,
        follows=frozenset(),
        settle=surface.reloads.settle,
    )
