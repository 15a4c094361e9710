"""Builds what installs firmware, over what the wiring knows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.firmware.upgrade import AWAITS, Store, Surroundings, Upgrade
from agent.firmware.verification import Rules, Verification
from agent.settings import Settings
from agent.transfer_service import TransferService
from agent.transfers.file_types import FIRMWARE
from agent.transfers.queue import State, Transfer
from backends.tr181.device_info import device_identity
from backends.tr181.mechanisms import Mechanisms
from backends.trusted_keys import TrustedKeys


@dataclass(frozen=True, slots=True)
class Daemon:
    """What the daemon lends: see Surroundings."""

    ask: Callable[[Callable[[], Any]], Any]
    restart: Callable[[], bool]
    now: Callable[[], float]
    note: Callable[..., object]


def upgrade(
    mechanisms: Mechanisms, settings: Settings, store: Store, transfers: TransferService, daemon: Daemon
) -> Upgrade | None:
    """The destination of firmware images, registered with the transfers; None where nothing installs any."""
    installer = mechanisms.installer
    if installer is None:
        return None
    who = device_identity(mechanisms)
    names = frozenset(filter(None, (mechanisms.system.board_name(), who.product_class, who.model_name)))
    chosen, queue = settings.firmware, transfers.operation.queue
    rules = Rules(chosen.require_signature, chosen.allow_downgrade)

    def stay() -> None:
        if images := mechanisms.firmware:
            images.boot_next(next(one.key for one in images.images() if one.is_active))

    made = Upgrade(
        installer,
        Verification(installer, TrustedKeys(chosen.public_keys), lambda: rules),
        store,
        Surroundings(
            ask=daemon.ask,
            restart=daemon.restart,
            reboot=mechanisms.system.reboot,
            within=lambda: chosen.confirm_within,
            now=daemon.now,
            boards=lambda: names,
            version=lambda: who.software_version,
            directory=settings.state.directory / "firmware",
            note=daemon.note,
            is_downloading=lambda: any(
                one.state is State.MOVING and one.order.file_type == FIRMWARE for one in queue.all
            ),
            stay=stay,
            has_windows=lambda number: any(one.id == number and one.windows for one in queue.all),
        ),
    )
    ended = queue.ended

    def tell(one: Transfer) -> None:
        ended(one)
        if one.order.file_type == FIRMWARE:
            made.transfer_ended(one.id, one.outcome.code, one.outcome.text)

    queue.ended = tell
    queue.take_back = lambda one: made.take_back(one.id)
    transfers.types.register_download(FIRMWARE, made)
    transfers.types.register_awaited(AWAITS, made.outcome)
    return made
