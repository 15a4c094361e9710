"""Builds what moves files: queue, requests, operation and verb, over what the wiring knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cwmp.management_server import PREFIX, TRANSFER_POLICY, acs_identity
from agent.model.own_values import OwnValues
from agent.runtime.delivery import Delivery
from agent.runtime.events import Moment
from agent.runtime.idle import Idle
from agent.runtime.transfer_verbs import Reply, TransferVerbs
from agent.runtime.transfers import Transfers
from agent.transfers.file_types import FileTypes
from agent.transfers.orders import FileOrder, Received, Stream
from agent.transfers.queue import Transfer
from agent.transfers.requests import Policy, TransferRequests, shown
from agent.transfers.url_policy import UrlPolicy

if TYPE_CHECKING:
    from agent.transfers.mover import Way

NOTED: Final = "transfer"
"""The kind under which transfers are in the history (backends.faults)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What transfers need of the rest; all is asked in the owner's thread."""

    own: OwnValues
    policy: Callable[[], UrlPolicy]
    way: Callable[[], "Way"]
    octets: Callable[[], int]
    """What all links have carried so far."""
    clock: Callable[[], Moment]
    note: Callable[..., object] = lambda *_told, **_fields: None
    mask: Callable[[str], str] = str


class TransferService:
    """``types`` is where firmware, configuration and logs register; ``operation`` and ``requests`` are for the core."""

    def __init__(self, delivery: Delivery, around: Surroundings) -> None:
        self._around = around
        own, queue = around.own, delivery.transfers
        queue.wants = Policy(lambda name: own.get(PREFIX + TRANSFER_POLICY + name)).wants
        queue.ended = self._note
        queue.is_idle = Idle(around.octets, lambda: around.clock().monotonic)
        self.types: FileTypes = queue.types
        self.operation = Transfers(queue, self._mover, lambda: acs_identity(own), delivery.save)
        self.requests = TransferRequests(queue, around.policy, around.mask)
        self._verbs = TransferVerbs(self.operation, around.clock, delivery.save, self.requests.check_url)

    @property
    def table(self) -> Mapping[str, Callable[[Mapping[str, Any]], Reply]]:
        """The control verbs."""
        return self._verbs.table

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords that are kept."""
        return self.operation.queue.secrets

    def _mover(self) -> "_Mover":
        return _Mover(self._around.policy(), self._around.way())

    def _note(self, one: Transfer) -> None:
        code = one.outcome.code
        what = "sent" if one.order.is_upload else "fetched"
        text = (
            f"{one.order.file_type} could not be {what}: {one.outcome.text}"
            if code
            else f"{one.order.file_type} {what}"
        )
        seconds = None if one.start is None or one.complete is None else round(one.complete - one.start)
        self._around.note(
            NOTED,
            one.order.file_type,
            self._around.mask(text),
            command_key=one.order.command_key,
            direction="upload" if one.order.is_upload else "download",
            code=code,
            seconds=seconds,
            url=shown(one.order.url)[:128],
        )


@dataclass(frozen=True, slots=True)
class _Mover:
    """The mover, with the rules and the way as they were when the transfer began; it is loaded when it is needed."""

    policy: UrlPolicy
    way: "Way"

    def download(
        self, order: FileOrder, to: Path, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]
    ) -> Received:
        from agent.transfers import mover

        got = mover.download(order, to, policy=self.policy, progress=progress, cancelled=cancelled, http=self.way)
        return Received(got.path, got.size, got.sha256, got.start, got.complete)

    def upload(
        self,
        order: FileOrder,
        source: Stream,
        progress: Callable[[int, int | None], None],
        cancelled: Callable[[], bool],
    ) -> object:
        from agent.transfers import mover

        return mover.upload(order, source, policy=self.policy, progress=progress, cancelled=cancelled, http=self.way)
