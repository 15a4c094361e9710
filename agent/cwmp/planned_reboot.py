"""Reboots that the ACS planned by parameter: ``ManagementServer.ScheduleReboot`` and ``DelayReboot`` (TR-181)."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

SCHEDULE_REBOOT: Final = "ManagementServer.ScheduleReboot"
DELAY_REBOOT: Final = "ManagementServer.DelayReboot"
NO_DELAY: Final = -1


class PlannedReboot:
    """When to reboot. A session that is under way is waited for; ``look`` is called at every turn of the core.

    ``delay`` tells the value in force of DelayReboot, ``schedule`` that of ScheduleReboot (ISO text, "" for none).
    """

    def __init__(self, delay: Callable[[], int] = lambda: NO_DELAY, schedule: Callable[[], str] = lambda: "") -> None:
        self._delay = delay
        self._schedule = schedule
        self._known_delay = NO_DELAY
        self._known_schedule = ""
        self._after_delay: float | None = None
        self._is_counted = False
        self._at: float | None = None  # Unix time

    def look(self, now: float, wall: float | None, in_session: bool) -> None:
        """Take over what was set. A delay counts from the end of the session in which it was set; a date that has
        passed when it is first seen, or that passes while the agent does not run, asks for nothing.
        """
        if self._delay() != self._known_delay:
            self._known_delay, self._after_delay, self._is_counted = self._delay(), None, False
        if self._known_delay >= 0 and not self._is_counted and not in_session:
            self._after_delay, self._is_counted = now + self._known_delay, True
        if wall is not None and self._schedule() != self._known_schedule:
            self._known_schedule = self._schedule()
            at = datetime.fromisoformat(self._known_schedule).timestamp() if self._known_schedule else None
            self._at = at if at is not None and at > wall else None

    def next_due(self, now: float, wall: float | None) -> float | None:
        """When a reboot is due, in monotonic seconds; None while none is planned, or while the clock is not set."""
        dues = [self._after_delay, None if self._at is None or wall is None else now + self._at - wall]
        return min((due for due in dues if due is not None), default=None)

    def come_due(self, now: float, wall: float | None) -> bool:
        """Whether to reboot now; each plan says so once."""
        due = self.next_due(now, wall)
        if due is None or due > now:
            return False
        if self._after_delay is not None and self._after_delay <= now:
            self._after_delay = None
        if self._at is not None and wall is not None and self._at <= wall:
            self._at = None
        return True
