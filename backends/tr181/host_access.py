"""Device.Hosts.AccessControl. and Device.Schedules.: who of the LAN may reach beyond it, and when."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import Pointer, Record
from backends.errors import MechanismError
from backends.host_access import KINDS, Access, HostAccess, Schedule, Schedules, denied, is_active
from backends.nftables import Nftables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable, tables_of
from backends.tr181.service import TableService, only, target_of
from backends.tr181.table_look import TableLook

ACCESS: Final = "Device.Hosts.AccessControl.{i}."
SCHEDULES: Final = "Device.Schedules."
SCHEDULE: Final = "Device.Schedules.Schedule.{i}."
TABLES: Final[dict[type[Record], str]] = {Schedules: SCHEDULES, Schedule: SCHEDULE, Access: ACCESS}
CHANGED_BY: Final = ("schedule", "clock")
CONFIGURED: Final = "what is configured"
TOPIC: Final = "schedule"
LOOK_AGAIN: Final = 60.0  # seconds; the clock may be set meanwhile
SHORTEST: Final = 1.0


class AccessTables(TableService):
    """The backend of both, and the chore that makes schedules begin and end.

    Nothing is staged (Denied) unless the owner lets the agent change the machine: ``may_change``.
    """

    def __init__(self, access: HostAccess, may_change: bool) -> None:
        super().__init__("host_access", KINDS, access, TABLES)
        self.access = access
        self._may_change = may_change
        self._not_before = 0.0

    def put(self, key: str, record: Record) -> None:
        """See Desired."""
        self._allow()
        super().put(key, record)

    def add(self, record: Record) -> str:
        """See Desired."""
        self._allow()
        return super().add(record)

    def remove(self, kind: type[Record], key: str) -> None:
        """See Desired."""
        self._allow()
        super().remove(kind, key)

    def due(self, now: float) -> float | None:
        """When somebody comes to be refused or no longer is; None while no schedule says when."""
        scheduled = [one for one in self.wanted.of(Access).values() if one.enable and one.schedule_ref]
        if self._is_late():
            return max(now, self._not_before)
        if not scheduled:
            return None
        moment = self.access.now()
        left = [one.seconds_left(moment) for one in self.wanted.of(Schedule).values() if one.enable]
        return now + max(SHORTEST, min([*filter(None, left), LOOK_AGAIN]))

    def act(self, now: float) -> frozenset[str]:
        """Refuse and let pass who should be now; tried again after a minute where that fails."""
        if not self._is_late():
            return frozenset()
        self.reapply()
        self._not_before = now + LOOK_AGAIN if self._is_late() else 0.0
        return frozenset({TOPIC})

    def _is_late(self) -> bool:
        return denied(self.wanted, self.access.now()) != self.access.refused

    def _allow(self) -> None:
        if not self._may_change:
            raise Denied("", "who may reach beyond the LAN is changed only with [system] manage = true")


def host_access(mechanisms: Mechanisms) -> Part | None:
    """Access control, where the kernel's packet filter can be had."""
    try:
        packet_filter = Nftables(memory=mechanisms.directory / "nftables")
    except MechanismError:
        return None
    system = mechanisms.system
    access = HostAccess(packet_filter, lambda: system.clock().astimezone(system.time_zone.zone()))
    tables = AccessTables(access, mechanisms.may_change_system)
    chores = (tables, TableLook(tables, access, TOPIC))
    return Part("host_access", {"host_access": tables}, tables, chores=chores, follows=frozenset({"clock"}))


def access_control(mechanisms: Mechanisms) -> list[Object[Any]]:
    """AccessControl and the schedules that it refers to."""
    service = mechanisms.host_access
    if service is None:
        return []
    tables = tables_of(service, TABLES)
    schedules = tables[Schedules]
    return [
        schedules.object(schedules.plain("Enable"), CONFIGURED),
        _schedule_table(service, tables[Schedule]),
        _access_table(tables[Access]),
    ]


def _schedule_table(service: AccessTables, table: RecordTable[Schedule]) -> Object[Keys]:
    def status(row: Keys) -> str:
        schedule = table.record(row)
        if schedule.enable and not service.wanted.get(Schedules).enable:
            return "StackDisabled"
        if schedule.enable and not schedule.is_complete():
            return "Error"
        return "Active" if is_active(service.wanted, row[0], service.access.now()) else "Inactive"

    def left(row: Keys) -> int:
        schedule = table.record(row)
        counts = schedule.enable and service.wanted.get(Schedules).enable
        return schedule.seconds_left(service.access.now()) if counts else 0

    return table.object(
        [
            *table.plain("Enable", "Description", "Day", "StartTime", "Duration", "InverseMode"),
            Parameter("Status", status),
            Parameter("TimeLeft", left),
        ],
        CONFIGURED,
        CHANGED_BY,
    )


def _access_table(table: RecordTable[Access]) -> Object[Keys]:
    pointer = only(SCHEDULE)

    def references(pointers: Sequence[Pointer]) -> list[Target | None]:
        return [target_of(one) for one in pointers]

    def refer(targets: Sequence[Target | None]) -> tuple[Pointer | None, ...]:
        pointers = tuple(pointer(one) for one in targets)
        if None in pointers:
            raise InvalidValue("", "a row of Schedules.Schedule is needed")
        return pointers

    return table.object(
        [
            *table.plain("Enable", "PhysAddress", "PhysAddressMask", "HostName", "AccessPolicy"),
            Parameter("Origin", lambda _: "Controller"),
            table.field("ScheduleRef", read=references, write=refer),
        ],
        CONFIGURED,
        CHANGED_BY,
    )
