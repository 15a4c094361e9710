"""Requests of ours that wait for the ACS: which go into a session, and what becomes of those that it refuses."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from agent.cwmp.event_queue import Event, EventQueue, kind_of
from agent.cwmp.faults import ACS_METHOD_NOT_SUPPORTED, code_in
from agent.cwmp.messages import (
    AutonomousTransferComplete,
    DUStateChangeComplete,
    Fault,
    Request,
    Response,
    TransferComplete,
    name_of,
    response_to,
)
from agent.cwmp.session import NO_ANSWER

log = logging.getLogger(__name__)

FIRST_PAUSE: Final = 60.0
LONGEST_PAUSE: Final = 3600.0
"""Seconds without a session for the sake of what the ACS has refused; it rides along in every other one."""
ENOUGH: Final = 3
"""How often a request is passed over without a word before it counts as heard: Oktopus answers none of them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request of ours. ``key`` names it to its owner; it is sent only in a session whose Inform had ``event``."""

    key: str
    request: Request
    event: str


class Owner(Protocol):
    """Who has requests for the ACS. What it has is durable; so is the event that it raises for each."""

    def waiting(self) -> Sequence[Waiting]:
        """All that the ACS still has to hear, the oldest first."""

    def delivered(self, key: str) -> None:
        """The ACS knows: forget it. It is saved before anything else is said."""


class Outbox:
    """The requests of all owners, in the order in which they are told. Times are monotonic seconds.

    Exactly once means: one request for each transfer and each order, kept from before its event is told until the ACS
    has answered it, and forgotten, durably, before anything else is said. Whether an ACS has taken down what it did
    not answer nobody here can know, and it has to hear (TR-069 A.4.2.2 has no way to ask): where the line or the agent
    broke between its answer and our record of that, it hears the same again, with the same key, times and fault.
    """

    def __init__(self, owners: Sequence[Owner], events: EventQueue) -> None:
        self._owners = owners
        self._events = events
        self._left: list[tuple[Owner, Waiting]] = []
        self._asked: tuple[Owner, Waiting] | None = None
        self._told: tuple[Event, ...] = ()
        self._refused: set[Event] = set()
        self._silences: dict[tuple[int, str], int] = {}
        self._pause = FIRST_PAUSE
        self._until = 0.0

    @property
    def waits(self) -> Sequence[Waiting]:
        """Everything that the ACS still has to hear."""
        return [one for owner in self._owners for one in owner.waiting()]

    def begin(self, events: Sequence[Event]) -> None:
        """A session begins with these events: what they stand for is sent in it."""
        self._told = tuple(events)
        self._refused.clear()
        codes = {event.code for event in events}
        self._left = [(owner, one) for owner in self._owners for one in owner.waiting() if one.event in codes]
        self._asked = None

    def next_request(self, version: str) -> Request | None:
        """The next one for the ACS, which speaks that version of CWMP; None: no more in this session."""
        while self._left:
            owner, one = self._left.pop(0)
            if not any(mine.key == one.key for mine in owner.waiting()):
                continue  # taken back since
            if one.request.since > version:
                log.warning("the ACS speaks CWMP %s, which has no %s: it is not told", version, name_of(one.request))
                self._is_known(owner, one)
                continue
            self._asked = (owner, replace(one, request=_spoken(one.request, version)))
            return self._asked[1].request
        return None

    def answered(self, request: Request, answer: Response | Fault, now: float) -> None:
        """The ACS's answer to a request of ours that is of this box; others are none of its business."""
        if self._asked is None or self._asked[1].request is not request:
            return
        owner, one = self._asked
        self._asked = None
        if isinstance(answer, Response) or self._has_heard_enough(owner, one, answer):
            self._is_known(owner, one)
            self._pause = FIRST_PAUSE
            return
        log.warning("the ACS refuses %s: %d %s", name_of(request), answer.code, answer.string)
        concerned = response_to(request).__name__
        self._refused |= {event for event in self._told if kind_of(event.code).acknowledged_by == concerned}
        self._until = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    @property
    def put_off(self) -> frozenset[Event]:
        """The events that ask for no session of their own now: the ACS has just refused what they stand for."""
        return frozenset(self._refused)

    @property
    def retry_at(self) -> float | None:
        """When what was refused asks for a session again; None: nothing was."""
        return self._until if self._refused.intersection(self._events.pending) else None

    def _is_known(self, owner: Owner, one: Waiting) -> None:
        owner.delivered(one.key)
        self._silences.pop((id(owner), one.key), None)
        has_event_of_its_own = isinstance(one.request, (TransferComplete, DUStateChangeComplete))  # "M …"
        if has_event_of_its_own or not any(mine.event == one.event for mine in self.waits):
            self._events.answered(response_to(one.request).__name__, getattr(one.request, "command_key", None) or "")

    def _has_heard_enough(self, owner: Owner, one: Waiting, answer: Fault) -> bool:
        """Whether to let it be: the ACS has no such method, or never says anything to it."""
        if answer.code == ACS_METHOD_NOT_SUPPORTED:
            return not isinstance(one.request, TransferComplete)
        if answer is not NO_ANSWER:
            return False
        times = self._silences.get((id(owner), one.key), 0) + 1
        self._silences[id(owner), one.key] = times
        return times >= ENOUGH


def _spoken(request: Request, version: str) -> Request:
    """The request as that version of CWMP has it."""
    if not isinstance(request, (TransferComplete, AutonomousTransferComplete)):
        return request
    fault = request.fault_struct
    code = code_in(version, fault.fault_code)
    return request if code == fault.fault_code else replace(request, fault_struct=replace(fault, fault_code=code))
