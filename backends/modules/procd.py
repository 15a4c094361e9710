"""OpenWrt's services by name: procd tells over the bus what runs of each."""

from typing import Any

from backends.errors import MechanismError
from backends.files import read_text
from backends.modules.environment import KIB, Running
from backends.modules.runner import PAGE
from backends.ubus import Bus


class Procd:
    """See backends.modules.packages.Services."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def running(self, name: str) -> Running | None:
        """See Services."""
        try:
            told: Any = self._bus.call("service", "list", {"name": name})
            instances = told.get(name, {}).get("instances", {}).values()
            processes = tuple(int(one["pid"]) for one in instances if one.get("running") and "pid" in one)
        except (MechanismError, ValueError, TypeError, AttributeError):
            return None
        return Running(processes, sum(map(_resident, processes))) if processes else None


def _resident(process: int) -> int:
    fields = (read_text(f"/proc/{process}/statm", 256) or "").split()
    return int(fields[1]) * PAGE // KIB if len(fields) > 1 else 0
