"""When the next session of its own accord is due: the phase of periodic Informs, and what ScheduleInform asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.cwmp.event_queue import LONGEST_KEY
from agent.model.errors import ResourcesExceeded

MOST_SCHEDULED: Final = 64
CLOCK_JUMP: Final = 2.0  # seconds that the wall clock may drift from the monotonic one before it counts as set anew


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What the ACS configures: every ``interval`` seconds, so that ``reference`` (Unix time) is one of the moments.

    ``reference`` ``None`` is the Unknown Time: the phase is the CPE's to choose.
    """

    enabled: bool
    interval: int
    reference: float | None = None


class Recurring:
    """A timer with a phase. Times are monotonic seconds; ``wall`` is Unix time, ``None`` while the clock is not set.

    Whatever the wall clock does in between, two moments are never closer than a tenth of the interval: no storm.
    """

    def __init__(self, chance: float) -> None:
        """``chance``, uniformly random in [0, 1), is the phase where no reference is given or the time is unknown."""
        self._chance = chance
        self._plan: Recurrence | None = None
        self._wall_offset: float | None = None
        self._due: float | None = None
        self._fired: float | None = None

    def next_due(self, plan: Recurrence, now: float, wall: float | None) -> float | None:
        """When the next moment is, possibly past already; ``None`` while disabled. Call it as often as you like.

        A changed plan, or a clock that was set, moves the moment; nothing else does until ``fired``.
        """
        if plan != self._plan:
            self._fired = None  # the first moment of a new plan counts however soon it comes
            self._plan = plan
            self._arrange(plan, now, wall)
        elif self._clock_was_set(now, wall) and (self._due is None or now < self._due):
            self._arrange(plan, now, wall)  # a moment that has come is not put off
        return self._due

    def fired(self, now: float, wall: float | None) -> None:
        """The moment came and the event is queued; arrange the next."""
        self._fired = now
        if self._plan is not None:
            self._arrange(self._plan, now, wall)

    def _clock_was_set(self, now: float, wall: float | None) -> bool:
        if wall is None or self._wall_offset is None:
            return (wall is None) != (self._wall_offset is None)
        return abs(wall - now - self._wall_offset) > CLOCK_JUMP

    def _arrange(self, plan: Recurrence, now: float, wall: float | None) -> None:
        self._wall_offset = None if wall is None else wall - now
        if not plan.enabled:
            self._due = None
            return
        if plan.reference is None or wall is None:
            due = now + self._to_own_phase(plan.interval, now)
        else:
            due = now + (plan.reference - wall) % plan.interval
        if self._fired is not None and due < self._fired + plan.interval / 10:
            due += plan.interval
        self._due = due

    def _to_own_phase(self, interval: int, now: float) -> float:
        """Seconds to the next moment of a phase fixed on the monotonic clock: settings of it do not matter."""
        return (self._chance * interval - now) % interval


@dataclass(slots=True)
class _Scheduled:
    command_key: str
    delay: int
    boot: str
    due: float  # on the monotonic clock of ``boot``
    due_wall: float | None
    follows_wall: bool = False  # after a reboot, until the wall clock is known


class ScheduledInforms:
    """What ScheduleInform asked for and has not come yet; durable.

    Delays count on the monotonic clock, after a reboot on the wall clock; where that is not set they start anew, until
    it is set.
    """

    def __init__(self, boot: str = "") -> None:
        """``boot`` names this run of the kernel: while it is the same, the monotonic clock goes on."""
        self._boot = boot
        self._entries: list[_Scheduled] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, delay: int, command_key: str, now: float, wall: float | None) -> None:
        """Remember to inform in ``delay`` seconds; raises ResourcesExceeded when too many wait."""
        if len(self._entries) >= MOST_SCHEDULED:
            raise ResourcesExceeded("", f"{MOST_SCHEDULED} scheduled informs wait already")
        self._entries.append(
            _Scheduled(command_key, delay, self._boot, now + delay, None if wall is None else wall + delay)
        )

    def remove_last(self) -> None:
        """Take the last ``add`` back: it could not be saved."""
        self._entries.pop()

    def clear(self) -> None:
        """Forget all of them: factory reset."""
        self._entries.clear()

    def waiting(self, now: float) -> Sequence[tuple[str, float]]:
        """Command key and seconds left of each, the next first; for people."""
        return [(entry.command_key, max(0.0, entry.due - now)) for entry in self._in_order()]

    def next_due(self, now: float, wall: float | None) -> float | None:
        """The monotonic time of the next one; ``None`` when none waits."""
        self._follow_wall(now, wall)
        return min((entry.due for entry in self._entries), default=None)

    def pop_due(self, now: float, wall: float | None) -> tuple[str, ...]:
        """The command keys of all whose time has come, oldest first; each becomes "M ScheduleInform"."""
        self._follow_wall(now, wall)
        come = [entry.command_key for entry in self._in_order() if entry.due <= now]
        self._entries = [entry for entry in self._entries if entry.due > now]
        return tuple(come)

    def dump(self) -> Any:
        """As JSON."""
        return [
            {
                "command_key": entry.command_key,
                "delay": entry.delay,
                "boot": entry.boot,
                "due": entry.due,
                "due_wall": entry.due_wall,
            }
            for entry in self._entries
        ]

    @classmethod
    def load(cls, document: Any, boot: str, now: float) -> "ScheduledInforms":
        """What ``dump`` wrote, on the clock of now; raises ValueError for what it cannot have written."""
        if not isinstance(document, list) or len(document) > MOST_SCHEDULED:
            raise ValueError("the scheduled informs are no list, or too many")
        scheduled = cls(boot)
        scheduled._entries = [_read(item, boot, now) for item in document]
        return scheduled

    def _in_order(self) -> list[_Scheduled]:
        return sorted(self._entries, key=lambda entry: entry.due)

    def _follow_wall(self, now: float, wall: float | None) -> None:
        if wall is None:
            return
        for entry in self._entries:
            if entry.follows_wall and entry.due_wall is not None:
                entry.due = min(entry.due, now + max(0.0, entry.due_wall - wall))
            entry.follows_wall = False  # a clock that is set later moves nothing


def _read(item: Any, boot: str, now: float) -> _Scheduled:
    match item:
        case {
            "command_key": str(key),
            "delay": int(delay),
            "boot": str(of_boot),
            "due": int() | float() as due,
            "due_wall": None | int() | float() as due_wall,
        } if len(item) == 5 and len(key) <= LONGEST_KEY and 0 < delay < 2**32:
            if of_boot == boot:
                return _Scheduled(key, delay, boot, min(due, now + delay), due_wall)
            # Its own boot stays on record: the next start still has to follow the wall clock.
            return _Scheduled(key, delay, of_boot, now + delay, due_wall, follows_wall=True)
        case _:
            raise ValueError(f"no scheduled inform: {str(item)[:120]}")
