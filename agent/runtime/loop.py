"""The owner's loop: one thread takes events in turn, and performs what the core makes of each."""

import queue
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NoReturn, Protocol, TypeVar

from agent.runtime.actions import Action
from agent.runtime.events import Changed, ControlAsked, Event, InTurn, Moment

LONGEST_WAIT: Final = 60.0
"""Seconds after which the core looks at the clocks again even if nothing happened: they may have been set."""
PATIENCE: Final = 20.0
"""Seconds that a worker waits for an answer of the owner's."""
EARLIEST_CLOCK: Final = 1_704_067_200  # 2024-01-01: a wall clock before it has not been set

Answer = TypeVar("Answer")


class Handles(Protocol):
    """The core as the loop sees it."""

    stopped: bool

    def handle(self, event: Event | None, now: Moment) -> list[Action]:
        """What to do about an event; ``None``: time has passed."""

    def next_due(self, now: Moment) -> float | None:
        """The monotonic time at which time alone gives the core something to do."""


class Inbox:
    """The queue into which every worker puts its events. Changes of the system coalesce: they only name topics."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._held: Event | None = None  # taken while changes were collected, and next in turn

    def put(self, event: Event) -> None:
        """Hand an event to the owner; never blocks."""
        self._queue.put(event)

    def ask(self, work: Callable[[Moment], Answer], seconds: float = PATIENCE) -> Answer:
        """Have something done in the owner's thread, and wait for what comes of it; raises TimeoutError, or its error.

        For workers, never for the owner itself.
        """
        answers: queue.SimpleQueue[Callable[[], Answer]] = queue.SimpleQueue()

        def act(now: Moment) -> None:
            try:
                answer = work(now)
            except Exception as failure:  # noqa: BLE001 - it is raised again where it was asked for
                answers.put(partial(_raise, failure))
            else:
                answers.put(lambda: answer)

        self.put(InTurn(act))
        try:
            return answers.get(timeout=seconds)()
        except queue.Empty:
            raise TimeoutError("the agent is too busy to answer") from None

    def verb(self, verb: str, arguments: Mapping[str, Any], seconds: float = PATIENCE) -> dict[str, Any]:
        """Ask as the control socket does; raises TimeoutError. For workers as well."""
        answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.put(ControlAsked(verb, arguments, answers.put))
        try:
            return answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError("the agent is too busy to answer") from None

    def wait(self, seconds: float) -> Event | None:
        """The next event, ``None`` when none came in time; changes that follow each other come as one."""
        try:
            event = self._held or self._queue.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None
        self._held = None
        return self._with_following(event) if isinstance(event, Changed) else event

    def _with_following(self, changed: Changed) -> Changed:
        topics = changed.topics
        while not self._queue.empty():
            following = self._queue.get()
            if not isinstance(following, Changed):
                self._held = following
                break
            topics |= following.topics
        return Changed(topics)


def _raise(failure: Exception) -> NoReturn:
    raise failure


def moment() -> Moment:
    """Now, by both clocks."""
    wall = time.time()
    return Moment(time.monotonic(), wall if wall >= EARLIEST_CLOCK else None)


def run(
    core: Handles,
    inbox: Inbox,
    perform: Callable[[Action], None],
    alive: Callable[[], None],
    longest_wait: float = LONGEST_WAIT,
) -> None:
    """Until the core has stopped. ``alive`` is called at every turn, at least every ``longest_wait`` seconds."""
    while not core.stopped:
        now = moment()
        due = core.next_due(now)
        seconds = longest_wait if due is None else min(longest_wait, due - now.monotonic)
        event = inbox.wait(seconds)
        if isinstance(event, InTurn):
            event.work(moment())
            event = None
        for action in core.handle(event, moment()):
            perform(action)
        alive()
