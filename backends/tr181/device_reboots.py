"""Device.DeviceInfo.X_CPEAGENT_Reboots.: the reboots of this machine, under the names that TR-181 has for USP."""

import time
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.crash_logs import CrashLogs
from backends.reboots import Reboot, Reboots
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import moment
from backends.tr181.parts import Part

REBOOTS: Final = "Device.DeviceInfo.X_CPEAGENT_Reboots."
MOST: Final = "DeviceInfo.Reboots.MaxRebootEntries"
OWN_VALUES: Final[dict[str, Any]] = {MOST: -1}


def reboot_record(mechanisms: Mechanisms) -> Part:
    """Any machine has been started."""
    system, own, root = mechanisms.system, mechanisms.own, mechanisms.system.root

    def wall() -> float | None:
        return time.time() if system.clock().year >= 2024 else None

    def most() -> int:
        return int(own.get(MOST))

    made = Reboots(root, mechanisms.state_directory, wall, most)
    crashes = CrashLogs(root, mechanisms.state_directory)
    return Part("reboots", {"reboots": made, "crash_logs": crashes}, follows=frozenset())


def device_reboots(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The counters, and a row for each of the last reboots."""
    record, own = mechanisms.reboots, mechanisms.own
    if record is None:
        return []
    whole: Object[None] = Object(
        path=REBOOTS,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter("BootCount", lambda _: record.counts.all),
            Parameter("CurrentVersionBootCount", lambda _: record.counts.of_version),
            Parameter("WatchdogBootCount", lambda _: record.counts.by_watchdog),
            Parameter("MaxRebootEntries", lambda _: own.get(MOST), lambda _, most: own.stage(MOST, most)),
        ],
        backend=own,
        changed_by=("own",),
        source=lambda _: "the record of reboots",
    )
    rows: Object[Reboot] = Object(
        path=f"{REBOOTS}Reboot.{{i}}.",
        rows=lambda: record.rows,
        keys=lambda row: (str(row.number),),
        parameters=[
            Parameter("TimeStamp", lambda row: moment(row.time)),
            Parameter("FirmwareUpdated", lambda row: row.is_update),
            Parameter("Cause", lambda row: row.cause),
            Parameter("Reason", lambda row: row.reason),
        ],
        changed_by=("own",),
        source=lambda _: "the record of reboots",
    )
    return [whole, rows]
