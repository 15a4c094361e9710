"""Deferred changes: made when no session needs the connection, taken back unless the ACS is reached in time."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Protocol

log = logging.getLogger(__name__)


class Deferring(Protocol):
    """The data model's side of it."""

    @property
    def awaits_application(self) -> bool:
        """Whether a change waits to be made."""

    @property
    def awaits_confirmation(self) -> bool:
        """Whether a change waits to be made or confirmed."""

    def apply_deferred(self) -> bool:
        """Make the change; False: it failed, and all is as before."""

    @property
    def was_taken_back(self) -> bool:
        """Whether a change was taken back of which the ACS may not know."""

    def confirm(self) -> None:
        """The change stays."""

    def revert(self) -> None:
        """The change is taken back."""

    def taken_back_is_known(self) -> None:
        """The ACS was told."""


class News(Enum):
    """What the ACS is to be told, as the last words of the vendor event "X <OUI> …"."""

    MADE = "CHANGE MADE"
    REVERTED = "CHANGE REVERTED"


class CommitConfirm:
    """One deferred change at a time; the model's document makes it durable, this only watches the deadline.

    ``seconds`` is how long the ACS may stay unreachable before the change is taken back; a change under way keeps its
    time when that is set anew. ``settled`` is called when a change no longer waits, kept or taken back.
    """

    def __init__(self, model: Deferring, seconds: float, settled: Callable[[], None] = lambda: None) -> None:
        self._model = model
        self._settled = settled
        self.seconds = seconds
        self._deadline: float | None = None

    @property
    def deadline(self) -> float | None:
        """When the change is taken back, in monotonic seconds."""
        return self._deadline

    def resumed(self, now: float, has_acs: bool) -> News | None:
        """After a start: a change that was made and not confirmed gets its time anew; what may not be told is told."""
        if self._model.awaits_confirmation and not has_acs:
            self._model.confirm()
        if self._model.awaits_confirmation:
            self._deadline = now + self.seconds
            return News.MADE
        return News.REVERTED if self._model.was_taken_back else None

    def no_session_runs(self, now: float, has_acs: bool) -> News | None:
        """Make what has waited for this moment. Without an ACS to speak to there is none to lose: it stays."""
        if not self._model.awaits_application:
            return None
        if not self._model.apply_deferred():
            self._settled()
            return News.REVERTED
        if not has_acs:
            self._model.confirm()
            self._settled()
            return None
        self._deadline = now + self.seconds
        return News.MADE

    def acs_was_reached(self) -> None:
        """The ACS answered, or its host refused: either way the path to it holds, and so does the change."""
        if self._deadline is not None and not self._model.awaits_application:
            self._deadline = None
            self._model.confirm()
            log.info("the change to the path to the ACS is confirmed")
            self._settled()

    def informed(self) -> None:
        """The ACS took an Inform, and with it the news of what was taken back."""
        self._model.taken_back_is_known()
        self.acs_was_reached()

    def is_overdue(self, now: float) -> bool:
        """Whether the ACS's time to be reached is over."""
        return self._deadline is not None and now >= self._deadline

    def time_passed(self, now: float) -> News | None:
        """Take the change back when its time is over."""
        if not self.is_overdue(now):
            return None
        self._deadline = None
        if not self._model.awaits_confirmation:
            return None  # a factory reset has taken it along
        log.warning("the ACS was not reached within %.0f s of the change: it is taken back", self.seconds)
        self._model.revert()
        self._settled()
        return News.REVERTED
