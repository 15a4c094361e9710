"""What happens to the agent: frozen events that workers put into the owner's inbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.cwmp.messages import Envelope


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of an event: ``monotonic`` seconds, and Unix time ``wall``, ``None`` while the clock is not set."""

    monotonic: float
    wall: float | None


@dataclass(frozen=True, slots=True)
class AcsFound:
    """The session of that number has a connection to the ACS, at this address; nothing is said yet."""

    session: int
    address: str


@dataclass(frozen=True, slots=True)
class AcsReplied:
    """The ACS answered in the session of that number; ``None`` is an empty answer."""

    session: int
    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class AcsUnreachable:
    """The session of that number broke; ``host_answered`` when the ACS's host was there and refused."""

    session: int
    reason: str
    host_answered: bool


@dataclass(frozen=True, slots=True)
class ConnectionRequested:
    """An authenticated connection request was accepted."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Something happened in the system: the topics that tables name in ``changed_by``, or "everything"."""

    topics: frozenset[str]


@dataclass(frozen=True, slots=True)
class ControlAsked:
    """A person or a script asks through the control socket; ``answer`` takes the reply, once."""

    verb: str
    arguments: Mapping[str, Any]
    answer: Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class LeaseHeard:
    """A DHCP client, or who watches one, tells of a lease; see ``agent.discovery.handed_over``."""

    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A job of that kind of long work has something to tell; see ``agent.runtime.operations``."""

    name: str
    told: object


@dataclass(frozen=True, slots=True)
class InTurn:
    """A worker wants something done in the owner's thread; see ``loop.Inbox.ask``."""

    work: Callable[[Moment], None]


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the settings file again (SIGHUP)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End cleanly; ``reason`` is for the log."""

    reason: str


Event = (
    AcsFound
    | AcsReplied
    | AcsUnreachable
    | ConnectionRequested
    | Changed
    | ControlAsked
    | InTurn
    | LeaseHeard
    | Reload
    | Stop
    | Told
)
