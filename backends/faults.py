"""What happened to this machine: alarms that are raised and cleared, and the last of what was noted.

Kept in one small file that is replaced as a whole: it survives a reboot, and nothing is written while nothing happens.
A burst is bounded, so that a link that flaps or a log-in that is tried all day wears no flash; whose beginning was
kept, of that the end is kept too.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from backends.desired_state import Record, Wanted
from backends.errors import MechanismError
from backends.files import read_text, write_if_different

log = logging.getLogger(__name__)

FILE: Final = "faults.json"
KEPT: Final = 64
"""Entries of each table; the next one takes the place of the oldest."""
ROOM: Final[Mapping[str, int]] = {
    "configured": 16, "refused": 12, "transfer": 8, "firmware": 6, "module": 6, "diagnostics": 4, "optical": 12,
}  # fmt: skip
"""Of kinds that others than the machine bring about, as many at most: link losses and reboots keep the rest."""
MOST_ALARMS: Final = 32
LONGEST_TEXT: Final = 256
LONGEST_NUMBER: Final = 20
MOST_FIELDS, LONGEST_FIELD = 12, 256
BURST, PAUSE = 20, 600.0
"""Events of a kind that are noted at once, and seconds in which as many more may follow."""
NEW, CHANGED, CLEARED = "NewAlarm", "ChangedAlarm", "ClearedAlarm"
HISTORY: Final = "history"
ADDED: Final = ("fields", "severity")
"""What the files of older versions do not have."""
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
TRANSFERRED: Final = Kind("Processing Error Alarm", "File Transfer", "File transferred", "Indeterminate")
FIRMWARE: Final = Kind("Processing Error Alarm", "Software Change", "Firmware changed", "Warning")
MODULE: Final = Kind("Processing Error Alarm", "Software Change", "Software module changed", "Indeterminate")
DIAGNOSED: Final = Kind("Quality Of Service Alarm", "Diagnostics", "Diagnostics ended", "Indeterminate")
OPTICAL: Final = Kind("Communications Alarm", "Degraded Signal", "Optical line", "Major", lasting=True)
RESET: Final = Kind("Equipment Alarm", "System Restart", "Factory reset", "Warning")
KINDS: Final[Mapping[str, Kind]] = {
    "link": LINK_LOST,
    "reboot": REBOOT,
    "refused": REFUSED,
    "configured": CONFIGURED,
    "transfer": TRANSFERRED,
    "firmware": FIRMWARE,
    "module": MODULE,
    "diagnostics": DIAGNOSED,
    "reset": RESET,
    "optical": OPTICAL,
}

Told = str | int | float | bool
"""What a field of an event may be."""
LAST_TIME: Final = 253_402_300_800
"""The year 10,000, in Unix seconds: no date is written so late."""


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
    fields: Mapping[str, Told] = field(default_factory=dict)
    """What programs want to know of it: a command key, a fault code …"""
    severity: str = ""
    """Where it is not that of its kind."""

    @property
    def perceived_severity(self) -> str:
        """In the words of ITU-T X.733."""
        return "Cleared" if self.notification == CLEARED else self.severity or KINDS[self.kind].severity


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
        self._hear: Callable[[Event], None] | None = None
        self._unheard: list[Event] = []
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self._bursts = {kind: _Burst(clock()[0]) for kind in KINDS}
        before, self._boot = self._read(), boot_id
        if before != boot_id:  # who knows why the system has started anew tells that it has
            self.alarms.clear()  # what was wrong before the boot is looked at anew
            self._write()

    def events(self, table: str) -> Sequence[Event]:
        """What stands in a table, by place: HISTORY, EXPEDITED or QUEUED."""
        return sorted(self._events[table], key=lambda event: event.slot)

    def kept(self) -> list[Event]:
        """The history of before this start, the oldest first; what stands in the table stands there by place."""
        unheard = {event.identifier for event in self._unheard}
        before = [event for event in self._events[HISTORY] if event.identifier not in unheard]
        return sorted(before, key=lambda event: event.time or 0.0)

    def mechanism(self, kind: str) -> str:
        """How a kind of alarm is told."""
        return self._reporting.get(Reporting, kind).mechanism

    def happened(self, kind: str, about: str, text: str, *, severity: str = "", **told: Told | None) -> bool:
        """Note something that is over when it has happened; whether it was kept over a boot.

        ``told``: what programs want to know of it (``command_key="k1", code=9016``); no secrets, neither there nor in
        the text. ``severity`` where it is not that of the kind.
        """
        return self._note(kind, about, text, NEW, self._identifier(), severity, _fields(told))

    def heard_by(self, hear: Callable[[Event], None]) -> None:
        """Who is told of every event, also of those that are too many to be kept; at first of what was noted so far."""
        self._hear = hear
        for event in self._unheard:
            hear(event)
        self._unheard.clear()

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

    def forget(self) -> None:
        """Factory reset: nothing has happened so far."""
        self.alarms, self._events = {}, {table: [] for table in self._events}
        self._write()

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

    def _note(
        self,
        kind: str,
        about: str,
        text: str,
        notification: str,
        identifier: str,
        severity: str = "",
        told: Mapping[str, Told] = MappingProxyType({}),
    ) -> bool:
        mechanism = self.mechanism(kind)
        now, wall = self._clock()
        about, text = about[:LONGEST_TEXT], text[:LONGEST_TEXT]
        event = Event(0, identifier, kind, about, text, notification, wall, dict(told), severity)
        (self._hear or self._unheard.append)(event)
        if mechanism == DISABLED:
            return False
        burst = self._bursts[kind]
        ends_a_kept_one = notification == CLEARED and any(one.identifier == identifier for one in self._events[HISTORY])
        if not (ends_a_kept_one or burst.admits(now)):
            return False
        if burst.left_out:
            more = f" ({burst.left_out} events before it were too many to be kept)"
            event = replace(event, text=text[: LONGEST_TEXT - len(more)] + more)
            burst.left_out = 0
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
            self.alarms = {(one.kind, one.about): one for one in _sound(Alarm, kept.get("alarms", []))}
            for table in self._events:
                self._events[table] = _sound(Event, kept.get("events", {}).get(table, []))[-KEPT:]
            return str(kept.get("boot", ""))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            log.warning("%s cannot be read: the history of faults begins anew", self._file)
            self.alarms, self._events = {}, {table: [] for table in self._events}
            return ""

    def _write(self) -> None:
        kept: dict[str, Any] = {
            "boot": self._boot,
            "number": self._number,
            "alarms": [asdict(alarm) for alarm in self.alarms.values()],
            "events": {table: [_said(event) for event in some] for table, some in self._events.items()},
        }
        try:
            write_if_different(self._file, json.dumps(kept, separators=(",", ":")))
        except MechanismError as error:
            log.warning("the history of faults cannot be kept: %s", error.reason)


def _said(event: Event) -> dict[str, Any]:
    said = asdict(event)
    return {name: value for name, value in said.items() if value or name not in ADDED}


def _fields(told: Mapping[str, Told | None]) -> dict[str, Told]:
    short = {
        name: value[:LONGEST_FIELD] if isinstance(value, str) else value
        for name, value in told.items()
        if value is not None and value != ""
    }
    return dict(list(short.items())[:MOST_FIELDS])


def _sound(kind: type[Any], kept: Sequence[Any]) -> list[Any]:
    """Those that can be used."""
    found = []
    for one in kept:
        with suppress(ValueError, TypeError, KeyError):
            found.append(_made(kind, one))
    if left_out := len(kept) - len(found):
        log.warning("%d entries of the history of faults cannot be read, and are left out", left_out)
    return found


def _made(kind: type[Any], kept: Mapping[str, Any]) -> Any:
    names = [one.name for one in fields(kind) if one.name in kept or one.name not in ADDED]
    made = kind(**{name: kept[name] for name in names})
    if made.kind not in KINDS or not all(_is_sound(name, kept[name]) for name in names):
        raise ValueError(made.kind)
    return made


def _is_sound(name: str, value: Any) -> bool:
    match name:
        case "slot":
            return type(value) is int and 0 < value <= KEPT
        case "identifier":
            return isinstance(value, str) and value.isdecimal() and len(value) < LONGEST_NUMBER
        case "fields":
            return isinstance(value, dict) and all(isinstance(one, Told) for one in value.values())
        case "time" | "raised" | "changed":
            return value is None or (isinstance(value, int | float) and 0 <= value < LAST_TIME)
        case _:
            return isinstance(value, str)
