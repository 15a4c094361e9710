"""Moves one file between a file server and the disk: by HTTP or FTP, again from where it broke off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.wire import Resolve, resolve_by_system
from agent.transfers.url_policy import UrlPolicy

Progress = Callable[[int, int | None], None]
"""Bytes so far, and of how many where that is known."""


class Order(Protocol):
    """What the ACS asked for, see agent.transfers.orders."""

    @property
    def url(self) -> str:
        """Where the file is, or is to go."""

    @property
    def username(self) -> str:
        """Whom the file server knows; "" for nobody."""

    @property
    def password(self) -> str:
        """What proves it."""

    @property
    def file_size(self) -> int:
        """Bytes; 0 where the ACS does not say."""


class Readable(Protocol):
    """What is uploaded."""

    @property
    def size(self) -> int:
        """Bytes."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes, from the beginning at each call: a file server may ask who this is after it has seen some."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the sessions reach the ACS, and so how files are moved: interface, names, TLS.

    The URL, user and password of the ``endpoint`` are not used.
    """

    endpoint: AcsEndpoint
    resolve: Resolve = resolve_by_system
    wall_clock_trusted: bool = True


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is on the disk, whole. Times are UTC; ``start`` is of the first try."""

    path: Path
    size: int
    sha256: str
    start: datetime
    complete: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that the server has taken."""

    size: int
    start: datetime
    complete: datetime


def download(
    order: Order, to: Path, *, policy: UrlPolicy, progress: Progress, cancelled: Callable[[], bool], http: Way
) -> Received:
    """Fetch the order's file to ``to``, in a directory that is there; raises TransferFailed or Cancelled.

    While it is on its way it is ``to`` with ".part" behind its name, and ".part.json" says what it is a part of; a
    later call goes on from there. Both are gone when the file is there, or when no part of it is of use.
    """
    raise NotImplementedError


def upload(
    order: Order, source: Readable, *, policy: UrlPolicy, progress: Progress, cancelled: Callable[[], bool], http: Way
) -> Sent:
    """Send ``source`` to the order's URL; raises TransferFailed or Cancelled."""
    raise NotImplementedError
