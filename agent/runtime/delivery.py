"""What the ACS still has to hear, kept across restarts: events, scheduled Informs, transfers, and what it knows."""

import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar

from agent.cwmp.event_queue import BOOT, EventQueue, kind_of
from agent.cwmp.notifications import Notifications
from agent.cwmp.schedule import ScheduledInforms
from agent.model.durable_state import Store
from agent.model.errors import ResourcesExceeded
from agent.runtime.events import Moment
from agent.transfers.queue import TransferQueue

log = logging.getLogger(__name__)

DOCUMENT: Final = "delivery"
OF_TRANSFERS: Final = ("TransferCompleteResponse", "AutonomousTransferCompleteResponse", "RequestDownloadResponse")

Part = TypeVar("Part")


class Delivery:
    """The document "delivery" and its parts. A part that cannot be read starts anew; the others are kept."""

    def __init__(self, store: Store, boot_id: str, now: Moment) -> None:
        self._store = store
        self._boot_id = boot_id
        document = store.read(DOCUMENT)
        stored = document if isinstance(document, dict) else {}
        self._told_boot = stored.get("boot")
        self._was_going_down = stored.get("going_down") is True
        self.is_going_down = False
        """Whether a reboot was begun: the next start is one after it, though the kernel may say that it never ended."""
        self.events = _part(EventQueue, EventQueue.load, stored.get("events"))
        self.notifications = _part(Notifications, Notifications.load, stored.get("known"))
        self.scheduled = _part(
            lambda: ScheduledInforms(boot_id),
            lambda part: ScheduledInforms.load(part, boot_id, now.monotonic),
            stored.get("scheduled"),
        )
        self.transfers = _part(
            lambda: TransferQueue(boot_id),
            lambda part: TransferQueue.load(part, boot_id),
            stored.get("transfers"),
        )
        self.transfers.occurred = self._occurred
        self.transfers.withdraw = lambda: self.events.withdraw(OF_TRANSFERS)
        self._wall = now.wall

    def started(self, is_forced: bool, acs: str) -> bool:
        """At a start: "0 BOOTSTRAP" when the ACS is another one than before, "1 BOOT" for a new boot of the kernel.

        ``is_forced``: as for a new boot; so is a start after a reboot that was begun: a container's kernel goes on.
        Whether it is one. A factory reset that no start came after is still owed, whatever the kernel was.
        """
        is_boot = is_forced or self._was_going_down or self._told_boot != self._boot_id
        if is_boot and (self._was_going_down or not self.events.awaits_factory_reset):
            self.events.rebooted()
        self.events.acs_is(acs)
        self.transfers.acs_is(acs)
        self.transfers.restarted(is_boot, self._wall)
        if is_boot:
            self.events.occurred(BOOT)
        return is_boot

    def save(self) -> None:
        """Make all of it durable; nothing is written without news. Raises OSError."""
        self._store.write(
            DOCUMENT,
            {
                "version": 1,
                "boot": self._boot_id,
                "going_down": self.is_going_down,
                "events": self.events.dump(),
                "known": self.notifications.dump(),
                "scheduled": self.scheduled.dump(),
                "transfers": self.transfers.dump(),
            },
        )

    def _occurred(self, code: str, command_key: str) -> None:
        """Where there is no room for more events of methods, the one that goes with it has to do."""
        try:
            self.events.occurred(code, command_key)
        except ResourcesExceeded:
            self.events.occurred(kind_of(code).brings)


def _part(new: Callable[[], Part], load: Callable[[Any], Part], stored: Any) -> Part:
    if stored is None:
        return new()
    try:
        return load(stored)
    except (ValueError, TypeError, KeyError) as broken:
        log.error("a part of the saved state cannot be used and starts anew: %s", broken)
        return new()
