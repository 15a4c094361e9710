"""The events the ACS still has to hear of: who acknowledges each and how long it is kept (TR-069 §3.7.1.5)."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from agent.model.errors import ResourcesExceeded

MOST_IN_INFORM: Final = 64  # cwmp-1-0.xsd, EventList
MOST_PENDING: Final = 256
MOST_AWAITING_REBOOT: Final = 64  # leaves room for what happens by itself
MOST_CHANGED_PATHS: Final = 4096
LONGEST_KEY: Final = 32  # cwmp-1-0.xsd, CommandKeyType

BOOTSTRAP: Final = "0 BOOTSTRAP"
BOOT: Final = "1 BOOT"
PERIODIC: Final = "2 PERIODIC"
SCHEDULED: Final = "3 SCHEDULED"
VALUE_CHANGE: Final = "4 VALUE CHANGE"
CONNECTION_REQUEST: Final = "6 CONNECTION REQUEST"
TRANSFER_COMPLETE: Final = "7 TRANSFER COMPLETE"
REQUEST_DOWNLOAD: Final = "9 REQUEST DOWNLOAD"
AUTONOMOUS_TRANSFER_COMPLETE: Final = "10 AUTONOMOUS TRANSFER COMPLETE"
DU_STATE_CHANGE_COMPLETE: Final = "11 DU STATE CHANGE COMPLETE"
HEARTBEAT: Final = "14 HEARTBEAT"
M_REBOOT: Final = "M Reboot"
M_SCHEDULE_INFORM: Final = "M ScheduleInform"

_VENDOR_CODE: Final = re.compile(r"X [0-9A-F]{6} \S.{0,54}")  # the form that every CWMP version's XSD admits


class Kept(Enum):
    """How long an event that was not delivered waits."""

    UNTIL_DELIVERED = "until delivered"
    UNTIL_REBOOT = "until reboot"
    NEVER = "never"  # one attempt, no retry


class Saved(Enum):
    """When an event becomes part of the durable document."""

    AT_ONCE = "at once"
    AFTER_A_FAILURE = "after a failure"  # what recurs by itself must not write to flash as long as the ACS answers
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the events table. ``brings``: the event that always accompanies an ``M …`` event."""

    code: str
    acknowledged_by: str = "InformResponse"
    kept: Kept = Kept.UNTIL_DELIVERED
    saved: Saved = Saved.AT_ONCE
    multiple: bool = False
    brings: str = ""


# TR-069 §3.7.1.5, in the order in which an Inform lists them
KINDS: Final = {
    kind.code: kind
    for kind in (
        Kind(BOOTSTRAP),
        Kind(BOOT, kept=Kept.UNTIL_REBOOT),
        Kind(PERIODIC, saved=Saved.AFTER_A_FAILURE),
        Kind(SCHEDULED),
        Kind(VALUE_CHANGE, kept=Kept.UNTIL_REBOOT),
        Kind("5 KICKED", "KickedResponse", Kept.UNTIL_REBOOT),
        Kind(CONNECTION_REQUEST, kept=Kept.NEVER, saved=Saved.NEVER),
        Kind(TRANSFER_COMPLETE, "TransferCompleteResponse"),
        Kind("8 DIAGNOSTICS COMPLETE", kept=Kept.UNTIL_REBOOT),
        Kind(REQUEST_DOWNLOAD, "RequestDownloadResponse", Kept.UNTIL_REBOOT),
        Kind(AUTONOMOUS_TRANSFER_COMPLETE, "AutonomousTransferCompleteResponse"),
        Kind(DU_STATE_CHANGE_COMPLETE, "DUStateChangeCompleteResponse"),
        Kind("12 AUTONOMOUS DU STATE CHANGE COMPLETE", "AutonomousDUStateChangeCompleteResponse"),
        Kind("13 WAKEUP", kept=Kept.UNTIL_REBOOT),
        Kind(HEARTBEAT, kept=Kept.UNTIL_REBOOT, saved=Saved.NEVER),
        Kind(M_REBOOT, multiple=True, brings=BOOT),
        Kind(M_SCHEDULE_INFORM, multiple=True, brings=SCHEDULED),
        Kind("M Download", "TransferCompleteResponse", multiple=True, brings=TRANSFER_COMPLETE),
        Kind("M ScheduleDownload", "TransferCompleteResponse", multiple=True, brings=TRANSFER_COMPLETE),
        Kind("M Upload", "TransferCompleteResponse", multiple=True, brings=TRANSFER_COMPLETE),
        Kind("M ChangeDUState", "DUStateChangeCompleteResponse", multiple=True, brings=DU_STATE_CHANGE_COMPLETE),
    )
}
_ORDER: Final = {code: position for position, code in enumerate(KINDS)}


def kind_of(code: str) -> Kind:
    """The row of an event code; vendor codes ("X <OUI> …") share one rule. Raises ValueError for anything else."""
    if code in KINDS:
        return KINDS[code]
    if _VENDOR_CODE.fullmatch(code):
        return Kind(code)
    raise ValueError(f"no such event: {code!r}")


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it was put into an Inform; ``serial`` tells a later occurrence of the same event from this one."""

    code: str
    command_key: str = ""
    serial: int = 0


@dataclass(slots=True, eq=False)
class _Pending:
    kind: Kind
    command_key: str
    serial: int
    tried: bool = False
    awaits_reboot: bool = False
    changed: dict[str, int] = field(default_factory=dict)  # path → serial of its last change

    def event(self) -> Event:
        return Event(self.kind.code, self.command_key, self.serial)

    @property
    def is_durable(self) -> bool:
        return self.kind.saved is Saved.AT_ONCE or (self.kind.saved is Saved.AFTER_A_FAILURE and self.tried)


class EventQueue:
    """Undelivered events. What happens again between an Inform and its answer is told once more in the next session."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []
        self._serial = 0
        self._acs = ""

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def latest(self) -> int:
        """The serial of what occurred last."""
        return self._serial

    @property
    def pending(self) -> tuple[Event, ...]:
        """Everything that is queued, in the order of an Inform."""
        return tuple(entry.event() for entry in self._in_order())

    @property
    def changed_paths(self) -> tuple[str, ...]:
        """The parameters "4 VALUE CHANGE" stands for, until it is acknowledged."""
        return tuple(path for entry in self._pending for path in entry.changed)

    @property
    def awaits_factory_reset(self) -> bool:
        """Whether a factory reset was promised to the ACS and has not happened."""
        return any(entry.awaits_reboot and entry.kind.code == BOOTSTRAP for entry in self._pending)

    @property
    def awaits_reboot(self) -> bool:
        """Whether a reboot was promised to the ACS and has not happened: after a crash it has to be made up for."""
        return any(entry.awaits_reboot for entry in self._pending)

    def occurred(
        self, code: str, command_key: str = "", paths: Iterable[str] = (), *, after_reboot: bool = False
    ) -> None:
        """Queue an event, and the one it brings along; a single event that is queued already stays one.

        ``paths`` goes with "4 VALUE CHANGE". ``after_reboot``: it is told only once ``rebooted`` was called. Raises
        ResourcesExceeded when too many method or vendor events wait, ValueError for what is no event or no key for it.
        """
        kind = kind_of(code)
        if len(command_key) > LONGEST_KEY or (command_key and not kind.multiple):
            raise ValueError(f"{code} cannot carry the command key {command_key!r}")
        if code == BOOTSTRAP:
            self._pending.clear()
        entry = None if kind.multiple else self._find(code)
        if entry is None:
            if not self._has_room(kind, after_reboot):
                raise ResourcesExceeded("", f"{len(self._pending)} events wait for the ACS")
            entry = _Pending(kind, command_key, 0)
            self._pending.append(entry)
        self._serial += 1
        entry.serial = self._serial
        entry.awaits_reboot = after_reboot
        for path in paths:
            if path in entry.changed or len(entry.changed) < MOST_CHANGED_PATHS:
                entry.changed[path] = self._serial
        if kind.brings and not after_reboot:
            self.occurred(kind.brings)

    def acs_is(self, identity: str) -> bool:
        """Say which ACS is configured (``management_server.acs_identity``), as often as you like; "" is none.

        When it is another than before, this is first contact: "0 BOOTSTRAP" is queued, everything else is discarded
        (TR-069 §3.7.1.5), and the answer is True. A "1 BOOT" that nobody was told of stays: it is news there too.
        """
        if identity in ("", self._acs):
            return False
        self._acs = identity
        boot = self._find(BOOT)
        self.occurred(BOOTSTRAP)
        self._pending += [boot] if boot else []
        return True

    def for_inform(self, *, retrying: bool = False) -> tuple[Event, ...]:
        """The events of the next Inform, 64 at most; the rest stays for the session after it.

        "14 HEARTBEAT" goes alone: last, but before mere notifications, which may have to wait; and not while another
        session than its own is retried (TR-069 Annex O).
        """
        ready = [entry for entry in self._in_order() if not entry.awaits_reboot]
        others = [entry.event() for entry in ready if entry.kind.code != HEARTBEAT]
        beats = [entry.event() for entry in ready if entry.kind.code == HEARTBEAT and (entry.tried or not retrying)]
        if not others or (beats and self.only_notifies(others)):
            return tuple(beats)
        return tuple(others[:MOST_IN_INFORM])

    def opens_session(self, is_active: Callable[[str], bool], put_off: Collection[Event] = ()) -> bool:
        """Whether anything queued asks for a session; passive changes only ride along. ``is_active`` judges a path.

        ``put_off``: events that wait for another occasion; one that has occurred anew since is another one.
        """
        return any(
            entry.kind.code != VALUE_CHANGE or any(is_active(path) for path in entry.changed)
            for entry in self._pending
            if not entry.awaits_reboot and entry.event() not in put_off
        )

    def only_notifies(self, events: Sequence[Event]) -> bool:
        """Whether a session with these events would be for notification alone, and thus may be throttled."""
        return bool(events) and all(event.code == VALUE_CHANGE for event in events)

    def informed(self, events: Iterable[Event]) -> None:
        """The ACS answered an Inform that had these events."""
        for event in events:
            for entry in self._told(event):
                if entry.kind.acknowledged_by == "InformResponse":
                    self._acknowledge(entry, event)

    def answered(self, response: str, command_key: str = "") -> None:
        """The ACS answered a request of ours ("TransferCompleteResponse", …) that stood for an event."""
        concerned = [entry for entry in self._pending if entry.kind.acknowledged_by == response]
        methods = [entry for entry in concerned if entry.kind.multiple]
        told = next((entry for entry in methods if entry.command_key == command_key), None)
        if told is not None:
            self._pending.remove(told)
        if all(entry is told for entry in methods):
            self._pending = [entry for entry in self._pending if entry not in concerned]

    def withdraw(self, responses: Collection[str]) -> None:
        """There is nothing any more that the ACS could acknowledge by these."""
        self._pending = [entry for entry in self._pending if entry.kind.acknowledged_by not in responses]

    def failed(self, events: Iterable[Event]) -> None:
        """The session that began with these events ended before the Inform was answered."""
        for event in events:
            for entry in self._told(event):
                entry.tried = True
                if entry.kind.kept is Kept.NEVER and entry.serial <= event.serial:
                    self._pending.remove(entry)

    def rebooted(self) -> None:
        """The system came up anew: what is kept until a reboot only is dropped, what waited for it may be told.

        A value change takes its list of parameters along. "1 BOOT" is the caller's to queue afterwards.
        """
        self._pending = [entry for entry in self._pending if entry.kind.kept is Kept.UNTIL_DELIVERED]
        for entry in self._pending:
            entry.awaits_reboot = False

    def checkpoint(self) -> "EventQueue":
        """A copy to go ``back_to`` when what happens next cannot be saved."""
        copy = EventQueue()
        copy.back_to(self)
        return copy

    def back_to(self, checkpoint: "EventQueue") -> None:
        """Be as at that checkpoint."""
        self._pending = [replace(entry, changed=dict(entry.changed)) for entry in checkpoint._pending]
        self._serial = max(self._serial, checkpoint._serial)
        self._acs = checkpoint._acs

    def dump(self) -> Any:
        """The durable part as JSON; equal as long as there is no news worth writing."""
        return {
            "acs": self._acs,
            "events": [
                {
                    "code": entry.kind.code,
                    "command_key": entry.command_key,
                    "awaits_reboot": entry.awaits_reboot,
                    "changed": sorted(entry.changed),
                }
                for entry in self._in_order()
                if entry.is_durable
            ],
        }

    @classmethod
    def load(cls, document: Any) -> "EventQueue":
        """The queue that ``dump`` wrote; raises ValueError for what ``dump`` cannot have written."""
        queue = cls()
        match document:
            case {"acs": str(acs), "events": list(events)} if len(events) <= MOST_PENDING + len(KINDS):
                queue._acs = acs
                for item in events:
                    queue._restore(item)
            case _:
                raise ValueError("no queue of events")
        return queue

    def _has_room(self, kind: Kind, after_reboot: bool) -> bool:
        if not kind.multiple and kind.code in KINDS:
            return True  # the table itself bounds the single events: those are never refused
        waiting = sum(entry.awaits_reboot for entry in self._pending)
        return len(self._pending) < MOST_PENDING and (not after_reboot or waiting < MOST_AWAITING_REBOOT)

    def _restore(self, item: Any) -> None:
        match item:
            case {
                "code": str(code),
                "command_key": str(key),
                "awaits_reboot": bool(awaits),
                "changed": list(changed),
            } if len(item) == 4 and len(key) <= LONGEST_KEY and len(changed) <= MOST_CHANGED_PATHS:
                kind = kind_of(code)
            case _:
                raise ValueError(f"no event: {str(item)[:120]}")
        if not all(isinstance(path, str) for path in changed) or (changed and code != VALUE_CHANGE):
            raise ValueError(f"{code} has no such list of parameters")
        if not kind.multiple and (key or self._find(code) is not None):
            raise ValueError(f"{code} occurs twice, or with a command key")
        self._serial += 1
        told = dict.fromkeys(changed, self._serial)
        self._pending.append(_Pending(kind, key, self._serial, tried=True, awaits_reboot=awaits, changed=told))

    def _in_order(self) -> list[_Pending]:
        return sorted(self._pending, key=lambda entry: (_ORDER.get(entry.kind.code, len(_ORDER)), entry.serial))

    def _find(self, code: str) -> _Pending | None:
        return next((entry for entry in self._pending if entry.kind.code == code), None)

    def _told(self, event: Event) -> list[_Pending]:
        """The entry an event of an Inform came from: M events by their serial, single ones by their code."""
        return [
            entry
            for entry in self._pending
            if entry.kind.code == event.code and (entry.serial == event.serial or not entry.kind.multiple)
        ]

    def _acknowledge(self, entry: _Pending, event: Event) -> None:
        entry.changed = {path: serial for path, serial in entry.changed.items() if serial > event.serial}
        if entry.serial <= event.serial:
            self._pending.remove(entry)
