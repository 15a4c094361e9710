"""What the core wants done: frozen actions that ``wiring`` performs in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.cwmp.messages import Envelope


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Begin the CWMP session of that number: a connection to the ACS as it is configured now. ``AcsFound`` follows."""

    session: int
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """Send a message in a session; ``None`` is an empty POST. An answer or a failure comes back as an event."""

    session: int
    envelope: Envelope | None


@dataclass(frozen=True, slots=True)
class CloseSession:
    """The session is over; ``outcome`` is a sentence for its trace."""

    session: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Bring the connection-request listener in line with what is configured now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a control request."""

    answer: Callable[[dict[str, Any]], None]
    reply: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reboot:
    """Restart the system, or what the settings put in its place."""


@dataclass(frozen=True, slots=True)
class FactoryReset:
    """Bring the system back to what it was when new; the agent's own part is done."""


@dataclass(frozen=True, slots=True)
class ReloadSettings:
    """Read the settings file again and take it over."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin a job of a kind of long work (agent.runtime.operations), in a thread of its own."""

    name: str
    job: Callable[[Callable[[object], None]], None]


Action = OpenSession | Post | CloseSession | Listen | Answer | Reboot | FactoryReset | ReloadSettings | Begin
