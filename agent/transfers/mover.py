"""Moves one file between a file server and the disk: by HTTP or FTP, again from where it broke off."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from agent.transfers.cancelling import Cancelling
from agent.transfers.disk import Part, failed, parts_of
from agent.transfers.failures import Cancelled, Cause, TransferFailed
from agent.transfers.orders import FileOrder, Readable, Received, Sent, Stream
from agent.transfers.pace import Progress
from agent.transfers.url_policy import Place, UrlPolicy
from agent.transfers.way import Way

logger = logging.getLogger(__name__)

__all__ = ["Progress", "Way", "download", "forget", "upload"]

TRIES: Final = 4
"""In a row that bring the file no further; what was brought counts from ``WORTH`` bytes on."""
WORTH: Final = 16_384

_PIECE: Final = 65_536
_AGAIN: Final = frozenset({Cause.NO_CONTACT, Cause.NOT_READY, Cause.INCOMPLETE})


class Move(Protocol):
    """A way to move files, see http_move and ftp_move."""

    def fetch(self, part: Part, progress: Progress) -> None:
        """Bring the part to its end."""

    def send(self, source: Stream, progress: Progress) -> None:
        """Send all of the source."""

    def close(self) -> None:
        """Close what is open."""


def download(
    order: FileOrder, to: Path, *, policy: UrlPolicy, progress: Progress, cancelled: Callable[[], bool], http: Way
) -> Received:
    """Fetch the order's file to ``to``, in a directory that is there; raises TransferFailed or Cancelled.

    While it is on its way it is ``to`` with ".part" behind its name, and ".part.json" says what it is a part of; a
    later call for the same order goes on from there, also after Cancelled: whoever has no use for it any more calls
    ``forget``. Both are gone when the file is there, and when no part of it is of use. A connection that breaks is not
    a failure as long as others bring the file further.
    """
    place = policy.check(order.url)
    key = hashlib.sha256(f"{order.id}\n{order.url}".encode()).hexdigest()
    with closing(Part(to, key)) as part, Cancelling(cancelled) as cancelling:
        move = _move(order, place, http, policy, cancelling)
        try:
            with closing(move):
                if not part.size or part.size != part.total:
                    which = order.id or place.host
                    _persistently(which, lambda: move.fetch(part, progress), lambda: part.size, cancelling, http.pause)
                _check_size(part, order)
            return Received(to, part.size, part.finish(), part.start, datetime.now(UTC))
        except TransferFailed as failure:
            if failure.cause in _AGAIN:
                _keep(part)
            elif failure.cause is not Cause.INTERNAL:
                part.drop()
            raise
        except Cancelled:
            _keep(part)
            raise


def forget(to: Path) -> None:
    """Remove what an earlier try for ``to`` has left, where there will be no other."""
    for path in parts_of(to):
        with suppress(OSError):
            path.unlink()


def upload(
    order: FileOrder,
    source: Readable,
    *,
    policy: UrlPolicy,
    progress: Progress,
    cancelled: Callable[[], bool],
    http: Way,
) -> Sent:
    """Send ``source`` to the order's URL; raises TransferFailed or Cancelled."""
    start = datetime.now(UTC)
    try:
        place = policy.check(order.url)
        stream = _stream(source) if isinstance(source, Path) else source
        with Cancelling(cancelled) as cancelling, closing(_move(order, place, http, policy, cancelling)) as move:
            which = order.id or place.host
            _persistently(which, lambda: _send(move, stream, progress), lambda: 0, cancelling, http.pause)
        return Sent(stream.size, start, datetime.now(UTC))
    except TransferFailed as failure:
        failure.is_upload = True
        raise


def _move(order: FileOrder, place: Place, way: Way, policy: UrlPolicy, cancelling: Cancelling) -> Move:
    """Who speaks the protocol; loaded by who needs it."""
    if place.scheme == "ftp":
        from agent.transfers.ftp_move import FtpMove

        return FtpMove(order, place, way, policy, cancelling)
    from agent.transfers.http_move import HttpMove

    return HttpMove(order, place, way, policy, cancelling)


def _send(move: Move, source: Stream, progress: Progress) -> None:
    try:
        move.send(source, progress)
    except TransferFailed as failure:
        if failure.cause in _AGAIN:
            progress(0, source.size)  # it begins anew
        raise


def _persistently(
    which: str, move: Callable[[], None], reached: Callable[[], int], cancelling: Cancelling, pause: float
) -> None:
    """Move, again where that may help; raises the last failure."""
    failures, best = 0, reached()
    while True:
        try:
            return move()
        except TransferFailed as failure:
            if failure.cause not in _AGAIN:
                raise
            now = reached()
            failures = 0 if now >= best + WORTH else failures + 1
            best = max(best, now)
            if failures >= TRIES:
                raise
            logger.info("transfer %s is tried again: %s", which, failure.text)
        if failures:
            cancelling.wait(pause * 2 ** (failures - 1))


def _keep(part: Part) -> None:
    """Have it gone on with later, where it can be."""
    if part.size and part.validator:
        with suppress(TransferFailed):
            part.save()
    else:
        part.drop()


def _check_size(part: Part, order: FileOrder) -> None:
    if order.file_size and part.size != order.file_size:
        raise TransferFailed(Cause.CORRUPTED, f"the file has {part.size} bytes, and it is to have {order.file_size}")


def _stream(path: Path) -> Stream:
    """A file as what is sent; raises TransferFailed."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise failed(error) from None

    def pieces() -> Iterator[bytes]:
        left = size  # what is written to it meanwhile is not announced
        try:
            with path.open("rb") as file:
                while left and (piece := file.read(min(_PIECE, left))):
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise failed(error) from None
        if left:
            raise TransferFailed(Cause.INTERNAL, "the file became shorter while it was sent")

    return Stream(size, pieces)
