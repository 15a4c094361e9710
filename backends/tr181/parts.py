"""The services of this machine: what each adds to the mechanisms, to what can be changed, watched and done in time."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from agent.model.object import Backend
from backends.desired_state import Desired
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.service import TableService

log = logging.getLogger(__name__)

Watch = Callable[[Callable[[frozenset[str]], None], threading.Event], None]


class Chore(Protocol):
    """Something that time alone gives to do; ``now`` is monotonic seconds."""

    def due(self, now: float) -> float | None:
        """When it is to be done next; None: never, as things stand."""

    def act(self, now: float) -> frozenset[str]:
        """Do what is due; the topics (see Object.changed_by) of which values may differ now."""


@dataclass(frozen=True, slots=True)
class Part:
    """One service. ``provides``: fields of Mechanisms; ``watch`` waits, in a thread of its own, for changes to tell.

    ``follows`` are the topics after which the system is compared with the service's records again. ``look`` is told of
    every change of the system, and answers with topics of its own. ``settle`` does what was put off until all of a
    change was made, or taken back. ``guard`` is what has to be in the way before any link is raised at a start.
    """

    name: str
    provides: Mapping[str, Any]
    backend: Backend | None = None
    forget: Sequence[Callable[[], None]] = ()
    watch: Watch | None = None
    chores: Sequence[Chore] = ()
    follows: frozenset[str] = field(default=frozenset({"link"}))
    look: Callable[[frozenset[str]], frozenset[str]] | None = None
    settle: Callable[[], None] | None = None
    guard: Callable[[], None] | None = None


Build = Callable[[Mechanisms], Part | None]
"""Makes a service over the mechanisms so far; None where this machine does not have what it needs."""


def lacking(given: Mechanisms, path: str, reason: str) -> Part:
    """What stands for a service that this machine has not, for another reason than any Linux would: it says why."""
    return Part(f"no {path}", {"lacks": {**given.lacks, path: reason}}, follows=frozenset())


class Machine:
    """The mechanisms with every service that this machine has."""

    def __init__(self, mechanisms: Mechanisms, services: Sequence[Build] = ()) -> None:
        self.mechanisms = mechanisms
        self.parts: list[Part] = []
        for build in services:
            part = build(self.mechanisms)
            if part is not None:
                self.parts.append(part)
                if isinstance(part.backend, TableService):
                    part.backend.path_of = mechanisms.path_of
                self.mechanisms = replace(self.mechanisms, **part.provides)

    @property
    def backends(self) -> list[Backend]:
        """What can be changed, in the order in which changes are made."""
        return [part.backend for part in self.parts if part.backend is not None]

    @property
    def forget(self) -> list[Callable[[], None]]:
        """What has to be read anew for each request."""
        return [forget for part in self.parts for forget in part.forget]

    @property
    def chores(self) -> list[Chore]:
        """What time alone gives to do."""
        return [chore for part in self.parts for chore in part.chores]

    @property
    def watches(self) -> dict[str, Watch]:
        """What waits for changes, by the service's name."""
        return {part.name: part.watch for part in self.parts if part.watch is not None}

    def apply_at_start(self, links: Callable[[], None] = lambda: None) -> None:
        """Bring every service to what is configured; one that cannot be keeps none of the others from it. ``links``
        raises the links, and lets packets through: what guards them is there before.
        """
        for part in self.parts:
            if part.guard is not None:
                _try(part.guard, f"{part.name} could not guard what is to be raised")
        _try(links, "what was configured could not be applied as a whole")
        for part in self.parts:
            if isinstance(part.backend, Desired):
                _try(part.backend.apply_at_start, f"{part.name} could not be brought to what is configured")

    def changed(self, topics: frozenset[str]) -> None:
        """The system changed: services that stand on what did are compared with what is configured again."""
        for part in self.parts:
            if isinstance(part.backend, Desired) and topics & (part.follows | {"everything"}):
                _try(part.backend.reapply, f"{part.name} could not follow a change of the system")

    def look(self, topics: frozenset[str]) -> frozenset[str]:
        """What the services make of a change of the system: topics beside those that it has."""
        news = [part.look(topics) for part in self.parts if part.look is not None]
        return frozenset().union(*news)

    def settle(self) -> None:
        """See DurableState.settle."""
        for part in self.parts:
            if part.settle is not None:
                part.settle()


def _try(make: Callable[[], None], otherwise: str) -> None:
    try:
        make()
    except Exception:
        log.exception("%s", otherwise)
