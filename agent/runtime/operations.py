"""Long work beside the core: who decides on it in the owner's thread, and the threads that do it."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from agent.runtime.actions import Action
from agent.runtime.events import Event, Moment, Told
from agent.runtime.memory import give_back

log = logging.getLogger(__name__)

Tell = Callable[[object], None]
"""How a job tells the owner what it has come to; from any thread."""
Job = Callable[[Tell], None]


class Operation(Protocol):
    """One kind of long work, as its owner sees it. Every call is in the owner's thread and returns at once.

    What ``act`` and ``heard`` change is saved before anything of it is begun or said.
    """

    @property
    def name(self) -> str:
        """By which its jobs and what they tell are known."""

    @property
    def holds_sessions(self) -> bool:
        """Whether no session is to begin just now; bounded by itself."""

    @property
    def holds_reboots(self) -> bool:
        """Whether the system must not go down just now."""

    def due(self, now: Moment, in_session: bool) -> float | None:
        """When ``act`` has something to do, in monotonic seconds; None: never, as things stand."""

    def act(self, now: Moment, in_session: bool) -> Sequence[Action]:
        """What to do now; a ``Begin`` has the next job. Never two jobs at a time."""

    def heard(self, told: object, now: Moment) -> None:
        """What a job has told; ``Broke`` when it ended by a surprise."""

    def forget(self) -> None:
        """Factory reset: nothing that was asked for counts any more."""


class Broke:
    """A job ended by a surprise, which the log has in full."""


class OperationThreads:
    """One thread for each job; the memory of one that ends is given back to the system."""

    def __init__(self, put: Callable[[Event], None]) -> None:
        self._put = put

    def begin(self, name: str, job: Job) -> None:
        """Start a job; what it tells comes to the owner's inbox as ``Told``."""

        def run() -> None:
            try:
                job(lambda told: self._put(Told(name, told)))
            except Exception:
                log.exception("%s went wrong", name)
                self._put(Told(name, Broke()))
            finally:
                give_back()

        threading.Thread(target=run, name=name, daemon=True).start()
