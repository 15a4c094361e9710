"""Device.FaultMgmt.: alarms that stand, and the last of what happened to this machine."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.faults import EXPEDITED, HISTORY, KINDS, MOST_ALARMS, QUEUED, Alarm, Event, Faults, Kind, Reporting
from backends.netlink_types import Link, RouteTo
from backends.tr181.layers import link_status
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.moments import moment
from backends.tr181.parts import Part
from backends.tr181.service import TableService

FAULT_MGMT: Final = "Device.FaultMgmt."
SUPPORTED: Final = f"{FAULT_MGMT}SupportedAlarm.{{i}}."
TABLES: Final = {HISTORY: "HistoryEvent", EXPEDITED: "ExpeditedEvent", QUEUED: "QueuedEvent"}
TOPIC: Final = "fault"


class FaultTables(TableService):
    """The backend of the SupportedAlarm table; ``faults`` is what is kept."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("faults", (Reporting,), faults, {Reporting: SUPPORTED}, {"mechanism": ("ReportingMechanism",)})
        self.faults = faults


class LinkLosses:
    """Raises an alarm for a link that is enabled and lost what it hangs on, and clears it: one of hardware, one of the
    agent's own, or that by which the ACS is reached; what programs of the machine make and take away is none.
    """

    def __init__(
        self,
        faults: Faults,
        links: Callable[[], Iterable[Link]],
        may_change: Callable[[str], bool],
        way_to_acs: Callable[[], RouteTo | None] = lambda: None,
    ) -> None:
        self._faults = faults
        self._links = links
        self._may_change = may_change
        self._way_to_acs = way_to_acs
        self._led_to_acs = ""
        self._were_up: set[str] = set()

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """Compare; the topics of which values may differ now."""
        if not topics & {"link", "everything"}:
            return frozenset()
        if way := self._way_to_acs():
            self._led_to_acs = way.interface
        links = {link.name: link for link in self._links() if self._counts(link)}
        is_up = {name for name, link in links.items() if link_status(link) == "Up"}
        news = [
            self._faults.raise_alarm("link", name, f"{name} has no link")
            for name in self._were_up - is_up
            if name in links and links[name].up
        ]
        standing = {about for kind, about in self._faults.alarms if kind == "link"}
        over = {name for name in standing if name in is_up or name not in links or not links[name].up}
        news += [self._faults.clear_alarm("link", name, _why_over(links.get(name))) for name in over]
        self._were_up = is_up | (self._were_up & standing)
        return frozenset({TOPIC}) if any(news) else frozenset()

    def _counts(self, link: Link) -> bool:
        is_ours = link.name == self._led_to_acs or self._may_change(link.name)
        return not link.loopback and (is_ours or not link.kind)


def fault_tables(given: Mechanisms) -> Part:
    """What happened to this machine; there is always something to tell."""
    system = given.system

    def clock() -> tuple[float, float | None]:
        now = system.clock()
        return time.clock_gettime(time.CLOCK_BOOTTIME), now.timestamp() if now.year >= 2024 else None

    faults = Faults(given.state_directory, given.procfs.boot_id(), clock)
    losses = LinkLosses(faults, given.netlink.links, given.links.may_change, given.management_path)
    tables = FaultTables(faults)
    return Part("faults", {"faults": tables}, tables, follows=frozenset(), look=losses.look)


def faults_of(mechanisms: Mechanisms) -> Faults:
    """What is kept, for whoever else has something to note."""
    if mechanisms.faults is None:
        raise LookupError("this machine was built without a history of faults")
    return mechanisms.faults.faults


def fault_mgmt(mechanisms: Mechanisms) -> list[Object[Any]]:
    """SupportedAlarm, CurrentAlarm and the three tables of events."""
    tables = mechanisms.faults
    if tables is None:
        return []
    faults = tables.faults
    whole: Object[Any] = Object(
        path=FAULT_MGMT,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[Parameter("MaxCurrentAlarmEntries", lambda _: MOST_ALARMS)],
    )
    return [whole, _supported(tables), _current(faults), *(_events(faults, table) for table in TABLES)]


def _supported(tables: FaultTables) -> Object[str]:
    return Object(
        path=SUPPORTED,
        rows=lambda: list(KINDS),
        keys=lambda key: (key,),
        parameters=[
            *_described(lambda key: KINDS[key]),
            Parameter("PerceivedSeverity", lambda key: KINDS[key].severity),
            Parameter(
                "ReportingMechanism",
                lambda key: tables.wanted.get(Reporting, key).mechanism,
                lambda key, value: tables.edit(Reporting, key, mechanism=value),
            ),
        ],
        backend=tables,
        source=lambda _: "built in",
    )


def _current(faults: Faults) -> Object[Alarm]:
    return Object(
        path=f"{FAULT_MGMT}CurrentAlarm.{{i}}.",
        rows=lambda: list(faults.alarms.values()),
        keys=lambda alarm: (alarm.identifier,),
        parameters=[
            Parameter("AlarmIdentifier", lambda alarm: alarm.identifier),
            Parameter("AlarmRaisedTime", lambda alarm: moment(alarm.raised)),
            Parameter("AlarmChangedTime", lambda alarm: moment(alarm.changed)),
            *_told(lambda _: ""),
            Parameter("PerceivedSeverity", lambda alarm: KINDS[alarm.kind].severity),
        ],
        changed_by=(TOPIC,),
        durable=False,
        source=lambda _: "the agent's record of faults",
    )


def _events(faults: Faults, table: str) -> Object[Event]:
    return Object(
        path=f"{FAULT_MGMT}{TABLES[table]}.{{i}}.",
        rows=lambda: faults.events(table),
        keys=lambda event: (str(event.slot),),
        parameters=[
            Parameter("EventTime", lambda event: moment(event.time)),
            Parameter("AlarmIdentifier", lambda event: event.identifier),
            Parameter("NotificationType", lambda event: event.notification),
            *_told(lambda event: "; ".join(f"{name}={value}" for name, value in event.fields.items())),
            Parameter("PerceivedSeverity", lambda event: event.perceived_severity),
        ],
        changed_by=(TOPIC,),
        durable=False,  # the rows fill up in the order of their places, also after a restart
        source=lambda _: "the agent's record of faults",
    )


def _told(more: Callable[[Any], str]) -> list[Parameter[Any, Any]]:
    return [
        *_described(lambda row: KINDS[row.kind]),
        Parameter("ManagedObjectInstance", lambda row: row.about),
        Parameter("AdditionalText", lambda row: row.text),
        Parameter("AdditionalInformation", lambda row: more(row)[:256]),
    ]


def _described(kind_of: Callable[[Any], Kind]) -> list[Parameter[Any, Any]]:
    return [
        Parameter("EventType", lambda row: kind_of(row).event_type),
        Parameter("ProbableCause", lambda row: kind_of(row).probable_cause),
        Parameter("SpecificProblem", lambda row: kind_of(row).specific_problem),
    ]


def _why_over(link: Link | None) -> str:
    if link is None:
        return "the interface has gone"
    return f"{link.name} is up again" if link.up else f"{link.name} was switched off"
