"""What went wrong or was changed on this machine: alarms that are raised and cleared, and the last of what happened.

Kept in one small file that is replaced as a whole: it survives a reboot, and nothing is written while nothing happens.
A burst is bounded, so that a link that flaps or a log-in that is tried all day wears no flash.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from backends.desired_state import Record, Wanted
from backends.errors import MechanismError
from backends.files import read_text, write_if_different

log = logging.getLogger(__name__)

FILE: Final = "faults.json"
KEPT: Final = 64
"""Entries of each table; the next one takes the place of the oldest."""
ROOM: Final[Mapping[str, int]] = {"configured": 24, "refused": 16}
"""Of kinds that others than the machine bring about, as many at most: link losses and reboots keep the rest."""
MOST_ALARMS: Final = 32
LONGEST_TEXT: Final = 256
BURST, PAUSE = 20, 600.0
"""Events of a kind that are noted at once, and seconds in which as many more may follow."""
NEW, CHANGED, CLEARED = "NewAlarm", "ChangedAlarm", "ClearedAlarm"
HISTORY: Final = "history"
EXPEDITED, QUEUED, LOGGED, DISABLED = "0 Expedited", "1 Queued", "2 Logged", "3 Disabled"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alarm in the words of ITU-T X.733. One that is not ``lasting`` happens and is over."""

    event_type: str
    probable_cause: str
    specific_problem: str
    severity: str
    lasting: bool = False


LINK_LOST: Final = Kind("Communications Alarm", "Loss of Signal", "Link lost", "Major", lasting=True)
REBOOT: Final = Kind("Equipment Alarm", "System Restart", "Reboot", "Warning")
REFUSED: Final = Kind("Security Service Or Mechanism Violation", "Authentication Failure", "Log-in refused", "Warning")
CONFIGURED: Final = Kind(
    "Processing Error Alarm", "Configuration Or Customization Change", "Configuration changed", "Indeterminate"
)
KINDS: Final[Mapping[str, Kind]] = {
    "link": LINK_LOST,
    "reboot": REBOOT,
    "refused": REFUSED,
    "configured": CONFIGURED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting(Record):
    """How a kind of alarm is told; its key is the kind's. Only logged, while nobody has said otherwise."""

    mechanism: str = LOGGED


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that is raised: Unix times, None where the clock was not set; ``about`` is what it is about."""

    identifier: str
    kind: str
    about: str
    text: str
    raised: float | None
    changed: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and in which place of its table it stands (from 1)."""

    slot: int
    identifier: str
    kind: str
    about: str
    text: str
    notification: str
    time: float | None


@dataclass(slots=True)
class _Burst:
    """How many more events of a kind are noted; ``since`` in monotonic seconds."""

    since: float
    allowance: float = float(BURST)
    left_out: int = 0

    def admits(self, now: float) -> bool:
        """Whether one more is noted; it is counted either way."""
        self.allowance = min(self.allowance + (now - self.since) * BURST / PAUSE, float(BURST))
        self.since = now
        if self.allowance < 1:
            self.left_out += 1
            return False
        self.allowance -= 1
        return True


class Faults:
    """See backends.desired_state.Service for how reporting is chosen. ``clock``: monotonic and Unix seconds."""

    def __init__(self, directory: Path, boot_id: str, clock: Callable[[], tuple[float, float | None]]) -> None:
        self._file = directory / FILE
        self._clock = clock
        self._reporting = Wanted()
        self._events: dict[str, list[Event]] = {HISTORY: [], EXPEDITED: [], QUEUED: []}
        self._number = 0
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self._bursts = {kind: _Burst(clock()[0]) for kind in KINDS}
        before, self._boot = self._read(), boot_id
        if before and before != boot_id:
            self.alarms.clear()  # what was wrong before the boot is looked at anew
            self.happened("reboot", "", "the system has started anew")
        elif not before:
            self._write()

    def events(self, table: str) -> Sequence[Event]:
        """What stands in a table, by place: HISTORY, EXPEDITED or QUEUED."""
        return sorted(self._events[table], key=lambda event: event.slot)

    def mechanism(self, kind: str) -> str:
        """How a kind of alarm is told."""
        return self._reporting.get(Reporting, kind).mechanism

    def happened(self, kind: str, about: str, text: str) -> bool:
        """Note something that is over when it has happened; whether it was noted."""
        return self._note(kind, about, text, NEW, self._identifier())

    def raise_alarm(self, kind: str, about: str, text: str) -> bool:
        """Something is wrong; whether that is news."""
        if (kind, about) in self.alarms or self.mechanism(kind) == DISABLED:
            return False
        now = self._clock()[1]
        alarm = Alarm(self._identifier(), kind, about, text[:LONGEST_TEXT], now, now)
        if len(self.alarms) >= MOST_ALARMS:
            del self.alarms[min(self.alarms, key=lambda key: self.alarms[key].changed or 0.0)]
        self.alarms[kind, about] = alarm
        return self._note(kind, about, text, NEW, alarm.identifier)

    def clear_alarm(self, kind: str, about: str, text: str) -> bool:
        """It is right again; whether that is news."""
        alarm = self.alarms.pop((kind, about), None)
        return alarm is not None and self._note(kind, about, text, CLEARED, alarm.identifier)

    # -- the choice of how things are told ----------------------------------------------------------------------------

    def check(self, wanted: Wanted) -> None:
        """Every choice can be."""

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - nothing of it is in the way
        """Never."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Tell from now on as chosen."""
        changed, self._reporting = wanted != self._reporting, wanted
        return changed

    # -- inside -------------------------------------------------------------------------------------------------------

    def _note(self, kind: str, about: str, text: str, notification: str, identifier: str) -> bool:
        mechanism = self.mechanism(kind)
        now, wall = self._clock()
        if mechanism == DISABLED:
            return False
        burst = self._bursts[kind]
        if not burst.admits(now):
            return False
        if burst.left_out:
            text = f"{text} ({burst.left_out} events before it were too many to be kept)"
            burst.left_out = 0
        event = Event(0, identifier, kind, about, text[:LONGEST_TEXT], notification, wall)
        for table in {HISTORY, mechanism} & self._events.keys():
            self._put(table, event)
        self._write()
        return True

    def _put(self, table: str, event: Event) -> None:
        alike = [kept.slot for kept in self._events[table] if kept.kind == event.kind]
        is_full = len(alike) >= ROOM.get(event.kind, KEPT)
        slot = alike[0] if is_full else self._free(table)  # they stand in the order in which they happened
        self._events[table] = [kept for kept in self._events[table] if kept.slot != slot] + [replace(event, slot=slot)]

    def _free(self, table: str) -> int:
        """The next place that is free, else that of the oldest."""
        taken = [kept.slot for kept in self._events[table]]
        free = set(range(1, KEPT + 1)) - set(taken)
        return min(free) if free else taken[0]

    def _identifier(self) -> str:
        self._number += 1
        return str(self._number)

    def _read(self) -> str:
        try:
            kept = json.loads(read_text(self._file) or "{}")
            self._number = int(kept.get("number", 0))
            self.alarms = {(one["kind"], one["about"]): _made(Alarm, one) for one in kept.get("alarms", [])}
            for table in self._events:
                self._events[table] = [_made(Event, one) for one in kept.get("events", {}).get(table, [])][-KEPT:]
            return str(kept.get("boot", ""))
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("%s cannot be read: the history of faults begins anew", self._file)
            self.alarms, self._events = {}, {table: [] for table in self._events}
            return ""

    def _write(self) -> None:
        kept: dict[str, Any] = {
            "boot": self._boot,
            "number": self._number,
            "alarms": [asdict(alarm) for alarm in self.alarms.values()],
            "events": {table: [asdict(event) for event in some] for table, some in self._events.items()},
        }
        try:
            write_if_different(self._file, json.dumps(kept, separators=(",", ":")))
        except MechanismError as error:
            log.warning("the history of faults cannot be kept: %s", error.reason)


def _made(kind: type[Any], kept: Mapping[str, Any]) -> Any:
    made = kind(**{one.name: kept[one.name] for one in fields(kind)})
    if made.kind not in KINDS:
        raise ValueError(made.kind)
    return made
