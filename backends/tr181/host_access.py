"""Device.Hosts.AccessControl. and Device.Schedules.: who of the LAN may reach beyond it, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.model.errors import Denied, InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.desired_state import SINGLE, Record
from backends.errors import MechanismError
from backends.host_access import KINDS, Access, HostAccess, Schedule, Schedules, denied, is_active
from backends.nftables import Nftables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService, only, target_of

ACCESS: Final = "Device.Hosts.AccessControl.{i}."
SCHEDULES: Final = "Device.Schedules."
SCHEDULE: Final = "Device.Schedules.Schedule.{i}."
TOPICS: Final = frozenset({"schedule"})
LOOK_AGAIN: Final = 60.0  # seconds; the clock may be set meanwhile
SHORTEST: Final = 1.0


class AccessTables(TableService):
    """The backend of both, and the chore that makes schedules begin and end."""

    def __init__(self, access: HostAccess) -> None:
        tables: dict[type[Record], str] = {Schedules: SCHEDULES, Schedule: SCHEDULE, Access: ACCESS}
        super().__init__("host_access", KINDS, access, tables)
        self.access = access
        self._not_before = 0.0

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
        return TOPICS

    def _is_late(self) -> bool:
        return denied(self.wanted, self.access.now()) != self.access.refused


def host_access(mechanisms: Mechanisms) -> Part | None:
    """Access control, where the kernel's packet filter can be had."""
    try:
        packet_filter = Nftables()
    except MechanismError:
        return None
    system = mechanisms.system
    tables = AccessTables(HostAccess(packet_filter, lambda: system.clock().astimezone(system.time_zone.zone())))
    return Part("host_access", {"host_access": tables}, tables, chores=[tables], follows=frozenset({"clock"}))


@dataclass(frozen=True, slots=True)
class _Row:
    key: str


def access_control(mechanisms: Mechanisms) -> list[Object[Any]]:
    """AccessControl and the schedules that it refers to."""
    tables = mechanisms.host_access
    if tables is None:
        return []
    editing = _Editing(tables, mechanisms.may_change_system)
    return [_schedules(tables, editing), _schedule_table(tables, editing), _access_table(editing)]


class _Editing:
    """Rows of records whose parameters are their fields."""

    def __init__(self, tables: AccessTables, may_change: bool) -> None:
        self.tables = tables
        self._may_change = may_change

    def allow(self) -> None:
        """Denied unless the owner lets the agent change the machine."""
        if not self._may_change:
            raise Denied("", "who may reach beyond the LAN is changed only with [system] manage = true")

    def edit(self, kind: type[Record], key: str, **values: Any) -> None:
        """Stage values."""
        self.allow()
        self.tables.edit(kind, key, **values)

    def field(self, kind: type[Record], name: str, field: str) -> Parameter[_Row, Any]:
        """A parameter that is a field of the record."""

        def store(row: _Row, value: Any) -> None:
            self.edit(kind, row.key, **{field: tuple(value) if isinstance(value, (list, tuple)) else value})

        return Parameter(name, lambda row: getattr(self.tables.wanted.get(kind, row.key), field), store)

    def table(self, path: str, kind: type[Record], parameters: Sequence[Parameter[_Row, Any]]) -> Object[_Row]:
        """The table of a kind."""

        def add(_: tuple[str, ...]) -> tuple[str, ...]:
            self.allow()
            return (self.tables.add(kind()),)

        def delete(row: _Row) -> None:
            self.allow()
            self.tables.remove(kind, row.key)

        return Object(
            path=path,
            rows=lambda: [_Row(key) for key in self.tables.wanted.of(kind)],
            keys=lambda row: (row.key,),
            parameters=parameters,
            add=add,
            delete=delete,
            changed_by=("schedule", "clock"),
            backend=self.tables,
            source=lambda _: "what is configured",
        )


def _schedules(tables: AccessTables, editing: _Editing) -> Object[None]:
    return Object(
        path=SCHEDULES,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter(
                "Enable",
                lambda _: tables.wanted.get(Schedules).enable,
                lambda _, enable: editing.edit(Schedules, SINGLE, enable=enable),
            )
        ],
        backend=tables,
        source=lambda _: "what is configured",
    )


def _schedule_table(tables: AccessTables, editing: _Editing) -> Object[_Row]:
    def status(row: _Row) -> str:
        schedule = tables.wanted.get(Schedule, row.key)
        if schedule.enable and not tables.wanted.get(Schedules).enable:
            return "StackDisabled"
        if schedule.enable and not schedule.is_complete():
            return "Error"
        return "Active" if is_active(tables.wanted, row.key, tables.access.now()) else "Inactive"

    def left(row: _Row) -> int:
        schedule = tables.wanted.get(Schedule, row.key)
        counts = schedule.enable and tables.wanted.get(Schedules).enable
        return schedule.seconds_left(tables.access.now()) if counts else 0

    names = {
        "Enable": "enable", "Description": "description", "Day": "day", "StartTime": "start_time",
        "Duration": "duration", "InverseMode": "inverse_mode",
    }  # fmt: skip
    parameters = [editing.field(Schedule, name, field) for name, field in names.items()]
    return editing.table(SCHEDULE, Schedule, [*parameters, Parameter("Status", status), Parameter("TimeLeft", left)])


def _access_table(editing: _Editing) -> Object[_Row]:
    pointer = only(SCHEDULE)

    def references(row: _Row) -> list[Target]:
        found = [target_of(one) for one in editing.tables.wanted.get(Access, row.key).schedule_ref]
        return [one for one in found if one is not None]

    def refer(row: _Row, targets: Sequence[Target | None]) -> None:
        pointers = tuple(pointer(one) for one in targets)
        if None in pointers:
            raise InvalidValue("", "a row of Schedules.Schedule is needed")
        editing.edit(Access, row.key, schedule_ref=pointers)

    names = {
        "Enable": "enable", "PhysAddress": "phys_address", "PhysAddressMask": "phys_address_mask",
        "HostName": "host_name", "AccessPolicy": "access_policy",
    }  # fmt: skip
    return editing.table(
        ACCESS,
        Access,
        [
            *(editing.field(Access, name, field) for name, field in names.items()),
            Parameter("Origin", lambda _: "Controller"),
            Parameter("ScheduleRef", references, refer),
        ],
    )
