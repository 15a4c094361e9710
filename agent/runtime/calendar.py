"""What time alone makes due: periodic Informs, those that ScheduleInform asked for, and the heartbeat."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.cwmp.event_queue import M_SCHEDULE_INFORM, PERIODIC, EventQueue
from agent.cwmp.heartbeat import Heartbeat
from agent.cwmp.schedule import Recurrence, Recurring, ScheduledInforms
from agent.runtime.events import Moment


@dataclass(slots=True)
class Calendar:
    """The three timers over the policies in force, which are asked anew each time: the ACS may have set them."""

    periodic_policy: Callable[[], Recurrence]
    heartbeat_policy: Callable[[], Recurrence]
    scheduled: ScheduledInforms
    periodic: Recurring
    heartbeat: Heartbeat

    def next_due(self, now: Moment) -> float | None:
        """The monotonic time of whatever comes first."""
        dues = (
            self.periodic.next_due(self.periodic_policy(), now.monotonic, now.wall),
            self.heartbeat.next_due(self.heartbeat_policy(), now.monotonic, now.wall),
            self.scheduled.next_due(now.monotonic, now.wall),
        )
        return min((due for due in dues if due is not None), default=None)

    def come_due(self, events: EventQueue, now: Moment) -> bool:
        """Queue the events whose time has come; whether there were any."""
        due = self.next_due(now)
        if due is None or due > now.monotonic:
            return False
        periodic = self.periodic.next_due(self.periodic_policy(), now.monotonic, now.wall)
        if periodic is not None and periodic <= now.monotonic:
            events.occurred(PERIODIC)
            self.periodic.fired(now.monotonic, now.wall)
        beat = self.heartbeat.next_due(self.heartbeat_policy(), now.monotonic, now.wall)
        if beat is not None and beat <= now.monotonic:
            self.heartbeat.beat(events, now.monotonic, now.wall)
        for command_key in self.scheduled.pop_due(now.monotonic, now.wall):
            events.occurred(M_SCHEDULE_INFORM, command_key)
        return True
