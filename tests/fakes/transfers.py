"""What surrounds transfers: places that files go to and come from, and a courier that moves them as it is told."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agent.transfers.failures import Cancelled, Cause, TransferFailed
from agent.transfers.file_types import FileTypes, Outcome, Taken
from agent.transfers.orders import FileOrder, Readable, Received, Sent, Stream
from agent.transfers.url_policy import UrlPolicy

FIRMWARE = "1 Firmware Upgrade Image"
CONFIGURATION = "3 Vendor Configuration File"
BACKUP = "1 Vendor Configuration File"
LOG = "4 Vendor Log File"
POLICY = UrlPolicy()
WHEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Shelf:
    """Files of one type end up here. ``says`` is what taking one comes to; ``fails``: it cannot be taken."""

    directory: Path
    says: Taken = field(default_factory=Taken)
    fails: TransferFailed | None = None
    breaks: bool = False
    has_no_room: bool = False
    taken: list[bytes] = field(default_factory=list)
    of_persons: list[bool] = field(default_factory=list)

    def room(self, size: int) -> Path:
        if self.has_no_room:
            raise TransferFailed(Cause.NO_ROOM, f"there is no room for {size} bytes")
        return self.directory

    def take(self, received: Received, order: FileOrder) -> Taken:
        if self.breaks:
            raise RuntimeError("the shelf is broken")
        if self.fails:
            raise self.fails
        self.taken.append(received.path.read_bytes())
        self.of_persons.append(order.is_of_person)
        return self.says


@dataclass
class Cupboard:
    """Files of one type come from here."""

    content: bytes = b"backup"

    def open(self, order: FileOrder) -> Readable:
        return Stream(len(self.content), lambda: iter([self.content]))


@dataclass
class Courier:
    """A mover. ``failures`` are raised in turn, one by each transfer, then all succeed; ``waits`` is called amid it."""

    content: bytes = b"new firmware"
    failures: list[TransferFailed] = field(default_factory=list)
    waits: Callable[[], None] = lambda: None
    moved: list[str] = field(default_factory=list)

    def download(
        self, order: FileOrder, to: Path, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]
    ) -> Received:
        self._move(order, cancelled)
        to.write_bytes(self.content)
        progress(len(self.content), len(self.content))
        return Received(to, len(self.content), hashlib.sha256(self.content).hexdigest(), WHEN, WHEN)

    def upload(
        self,
        order: FileOrder,
        source: Stream,
        progress: Callable[[int, int | None], None],
        cancelled: Callable[[], bool],
    ) -> Sent:
        self._move(order, cancelled)
        content = b"".join(source.pieces())
        progress(len(content), source.size)
        return Sent(len(content), WHEN, WHEN)

    def _move(self, order: FileOrder, cancelled: Callable[[], bool]) -> None:
        self.moved.append(order.url)
        self.waits()
        if cancelled():
            raise Cancelled
        if self.failures:
            raise self.failures.pop(0)


class Depot:
    """File types with a shelf for firmware and one for configurations, a cupboard for backups, and a courier."""

    def __init__(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="cpe-agent-test-")
        self.directory = Path(self._place.name)
        self.firmware = Shelf(self.directory)
        self.configuration = Shelf(self.directory)
        self.cupboard = Cupboard()
        self.courier = Courier()
        self.verdict: Outcome | None = None

    def register(self, types: FileTypes) -> None:
        types.register_download(FIRMWARE, self.firmware)
        types.register_download(CONFIGURATION, self.configuration)
        types.register_upload(BACKUP, self.cupboard)
        types.register_upload(LOG, self.cupboard)
        types.register_awaited("firmware", lambda _order: self.verdict)
