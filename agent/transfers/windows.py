"""The windows of time in which a scheduled download may run, and what each mode asks for (TR-069 §A.4.1.8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

ANY_TIME: Final = "1 At Any Time"
IMMEDIATELY: Final = "2 Immediately"
WHEN_IDLE: Final = "3 When Idle"
CONFIRMATION_NEEDED: Final = "4 Confirmation Needed"
MODES: Final = (ANY_TIME, IMMEDIATELY, WHEN_IDLE, CONFIRMATION_NEEDED)
MOST_WINDOWS: Final = 2  # cwmp-1-2.xsd, TimeWindowList
OUR_CHOICE: Final = 3
"""Retries where the ACS leaves their number to the CPE (MaxRetries -1)."""
LOOK: Final = 20.0
"""Seconds between looks at whether the network is idle."""


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds since the request, from ``start`` to before ``end``."""

    start: int
    end: int
    mode: str
    user_message: str = ""
    max_retries: int = -1

    @property
    def asks(self) -> bool:
        """Whether somebody has to agree."""
        return self.mode == CONFIRMATION_NEEDED


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a waiting transfer: begin now, or look again ``at`` (None: an event has to come first).

    ``is_over``: its last window has passed. ``window`` and ``tries`` are as they are when it begins.
    """

    is_now: bool = False
    at: float | None = None
    is_over: bool = False
    window: int = 0
    tries: int = 0


class Planned(Protocol):
    """What is asked of a transfer here."""

    @property
    def delay(self) -> int:
        """Seconds."""

    @property
    def windows(self) -> tuple[Window, ...]:
        """None at all: it has a delay only."""

    @property
    def window(self) -> int:
        """The place of the one that counts."""

    @property
    def tries(self) -> int:
        """Retries in that window so far."""

    @property
    def not_before(self) -> float:
        """The end of a pause."""

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody has agreed."""


def wrong_with(windows: Sequence[Window]) -> str:
    """Why these windows make no sense, for people; "" when they do."""
    if not 1 <= len(windows) <= MOST_WINDOWS:
        return f"there have to be one or {MOST_WINDOWS} time windows"
    for window in windows:
        if window.mode not in MODES:
            return f"there is no window mode {window.mode!r}"
        if window.end <= window.start:
            return "a window ends before it begins"
        if window.max_retries < -1:
            return "MaxRetries is -1 or more"
    if any(later.start < former.end for former, later in pairwise(windows)):
        return "the windows overlap, or are not in order"
    return ""


def plan_of(transfer: Planned, passed: float, is_idle: Callable[[], bool]) -> Plan:
    """What to do when so many seconds have passed since the request; ``Plan.at`` counts in the same seconds."""
    if not transfer.windows:
        due = max(transfer.delay, transfer.not_before)
        return Plan(passed >= due, due, tries=transfer.tries)
    for place in range(transfer.window, len(transfer.windows)):
        window = transfer.windows[place]
        tries = transfer.tries if place == transfer.window else 0
        begin = max(window.start, transfer.not_before)
        if passed >= window.end or begin >= window.end:
            continue
        if passed < begin:
            return Plan(at=begin)
        if window.asks and not transfer.is_confirmed:
            return Plan(at=window.end)
        if window.mode == WHEN_IDLE and not is_idle():
            return Plan(at=min(passed + LOOK, window.end))
        return Plan(True, window=place, tries=tries)
    return Plan(is_over=True)


def retries_of(transfer: Planned, without_windows: int) -> int:
    """How often a transfer may be gone on with, in the window that counts now."""
    if not transfer.windows:
        return without_windows
    retries = transfer.windows[min(transfer.window, len(transfer.windows) - 1)].max_retries
    return OUR_CHOICE if retries < 0 else retries
