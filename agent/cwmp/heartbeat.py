"""The heartbeat (TR-069 Annex O): an Inform with "14 HEARTBEAT" alone, on a timer of its own."""

from typing import Final

from agent.cwmp.event_queue import HEARTBEAT, EventQueue
from agent.cwmp.schedule import Recurrence, Recurring

SHORTEST_INTERVAL: Final = 30  # TR-181, HeartbeatPolicy.ReportingInterval


class Heartbeat:
    """The timer of HeartbeatPolicy. Beats that have to wait for a retry are told as one afterwards."""

    def __init__(self, chance: float) -> None:
        """``chance``, uniformly random in [0, 1), is the phase where InitiationTime is unknown."""
        self._timer = Recurring(chance)

    def next_due(self, policy: Recurrence, now: float, wall: float | None) -> float | None:
        """When the next beat is, in monotonic seconds; ``None`` while the policy is off. See ``Recurring.next_due``."""
        return self._timer.next_due(policy, now, wall)

    def beat(self, events: EventQueue, now: float, wall: float | None) -> None:
        """Its time came: queue the event, which goes out alone and after everything else."""
        events.occurred(HEARTBEAT)
        self._timer.fired(now, wall)
