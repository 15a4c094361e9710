"""Builds what moves files: queue, requests and operation, over what the wiring knows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_interface
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cwmp.management_server import PREFIX, TRANSFER_POLICY, acs_identity
from agent.model.own_values import OwnValues
from agent.runtime.clock import iso
from agent.runtime.delivery import Delivery
from agent.runtime.events import Moment
from agent.runtime.idle import Idle
from agent.runtime.transfers import Transfers
from agent.transfers.file_types import FileTypes
from agent.transfers.orders import FileOrder, Received, Stream
from agent.transfers.queue import State, Transfer
from agent.transfers.requests import Policy, TransferRequests, shown
from agent.transfers.url_policy import UrlPolicy

if TYPE_CHECKING:
    from agent.transfers.mover import Way
    from backends.faults import Event
    from backends.tr181.mechanisms import Mechanisms

NOTED: Final = "transfer"
"""The kind under which transfers are in the history (backends.faults)."""
BUSY: Final = (State.MOVING, State.ARRIVED, State.TAKING, State.AWAITING)


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

    def status(self, noted: "Iterable[Event]") -> dict[str, Any]:
        """For the verb status: how many wait, and are over without the ACS knowing; the one at work; the last one, as
        the history has it.
        """
        every, progress = self.operation.queue.all, self.operation.progress
        active = next((one for one in every if one.state in BUSY), None)
        last = max((one for one in noted if one.kind == NOTED), key=lambda one: int(one.identifier), default=None)
        is_told = progress is not None and active is not None and progress.id == active.id
        return {
            "queued": sum(one.state is State.WAITING for one in every),
            "to_be_told": sum(one.state is State.ENDED for one in every),
            "active": active
            and {
                "id": active.id,
                "file_type": active.order.file_type,
                "state": active.state.value,
                "done": progress.done if progress and is_told else None,
                "total": (progress.total if progress and is_told else None) or active.order.file_size or None,
            },
            "last": last and {"at": iso(last.time), "text": last.text, "code": last.fields.get("code", 0)},
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords that are kept."""
        return self.operation.queue.secrets

    def _mover(self) -> "_Mover":
        return _Mover(self._around.policy(), self._around.way())

    def _note(self, one: Transfer) -> None:
        code = one.outcome.code
        what = "sent" if one.order.is_upload else "used" if code and one.arrived else "fetched"
        text = (
            f"{one.order.file_type} could not be {what}: {one.outcome.text}"
            if code
            else f"{one.order.file_type} {one.outcome.text or what}"
        )
        seconds = None if one.start is None or one.complete is None else round(one.complete - one.start)
        self._around.note(
            NOTED,
            one.order.file_type,
            self._around.mask(text),
            severity="Minor" if code else "",
            command_key=one.order.command_key,
            direction="upload" if one.order.is_upload else "download",
            code=code,
            seconds=seconds,
            url=shown(one.order.url)[:128],
        )


def homes(mechanisms: "Mechanisms") -> "Iterator[IPv4Network | IPv6Network]":
    """The networks on links that do not lead outside; none where no link is known to."""
    outside = mechanisms.network.outside()
    route = mechanisms.management_path()
    if not outside:
        return
    for one in mechanisms.netlink.addresses():
        if one.interface not in outside and (route is None or one.interface != route.interface):
            yield ip_interface(f"{one.address}/{one.prefix_length}").network


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
