"""Moves files between sessions: which transfer is next, the job that moves it, and what has come of it."""

import contextlib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol

from agent.model.errors import ModelError
from agent.runtime import actions as do
from agent.runtime.actions import Action
from agent.runtime.events import Moment
from agent.runtime.operations import Broke, Tell
from agent.transfers.failures import Cancelled, TransferFailed
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.orders import LARGEST, FileOrder, Readable, Received, Stream
from agent.transfers.queue import INTERNAL_ERROR, Asked, State, Transfer, TransferQueue

log = logging.getLogger(__name__)

NAME: Final = "transfers"
FILE: Final = "cpe-agent-transfer-"
"""How the names of files begin that are on their way, in the directories that the destinations name."""
PIECE: Final = 65536
LOOK: Final = 2.0
"""Seconds between two questions after a file that has to prove itself."""
HOLDS_SESSIONS: Final = 180.0
"""Seconds that a file which is put in force may keep sessions waiting."""
GOES_DOWN: Final = 300.0
"""Seconds that a system has to go down before it is asked again, and how often it is asked."""
MOST_REBOOTS: Final = 3
UNSAVED: Final = 60.0
"""Seconds before something is begun that could not be saved."""
TELLS: Final = 0.25
"""Seconds between two reports of how far a transfer is."""


SWEEP: Final = Transfer(FileOrder("", "", "", "", 0, "", False, "", "sweep"), "", Asked("", 0.0, None))
"""Stands for the job that removes what is left of transfers that are no more."""


class Mover(Protocol):
    """Moves one file (agent.transfers.mover), by the way and within the rules of now; raises TransferFailed."""

    def download(
        self, order: FileOrder, to: Path, progress: Callable[[int, int | None], None], cancelled: Callable[[], bool]
    ) -> Received:
        """Fetch the file to that place."""

    def upload(
        self,
        order: FileOrder,
        source: Stream,
        progress: Callable[[int, int | None], None],
        cancelled: Callable[[], bool],
    ) -> Any:
        """Send it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """So many bytes of so many are there; ``total`` None where nobody knows."""

    id: str
    done: int
    total: int | None
    rate: float
    """Bytes a second, of late."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The file is there."""

    id: str
    received: Received


@dataclass(frozen=True, slots=True)
class WasSent:
    """The server has it."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class WasTaken:
    """It is in force, or waits for what makes it so."""

    id: str
    taken: Taken


@dataclass(frozen=True, slots=True)
class Failed:
    """It cannot be moved, or not be put in force."""

    id: str
    outcome: Outcome
    may_resume: bool = False


@dataclass(frozen=True, slots=True)
class Stopped:
    """It was not wanted any more, or its window was over."""

    id: str


class Transfers:
    """The operation (agent.runtime.operations) over the queue. One file is moved at a time; one whose window is open
    takes the place of what can wait, and that is gone on with later.

    ``mover`` is asked for before each transfer; ``acs`` says which ACS is configured. ``save`` makes the queue durable
    and raises OSError: what cannot be saved is not begun.
    """

    name = NAME

    def __init__(
        self,
        queue: TransferQueue,
        mover: Callable[[], Mover],
        acs: Callable[[], str] = lambda: "",
        save: Callable[[], None] = lambda: None,
    ) -> None:
        self.queue = queue
        self._mover = mover
        self._acs = acs
        self._save = save
        self._not_before = 0.0
        self._job: Transfer | None = None
        self._stop = threading.Event()
        self._has_swept = False
        self._unfinished: frozenset[str] = frozenset()
        self._taking_until = 0.0
        self._look_at = 0.0
        self._reboots = 0
        self._reboot_at = 0.0
        self._now = 0.0
        self.progress: Moved | None = None
        self.progress_at = 0.0

    # -- for the core -----------------------------------------------------------------------------------------------

    @property
    def holds_sessions(self) -> bool:
        """While a file is put in force."""
        return self.holds_reboots and self._now < self._taking_until

    @property
    def holds_reboots(self) -> bool:
        """While a file is put in force, which must come to an end."""
        return self._job is not None and self._job.state is State.TAKING

    def due(self, now: Moment, in_session: bool) -> float | None:
        """When there is something to begin, or to stop."""
        dues: list[float | None] = []
        if self._job is not None:
            if self._job.state is State.MOVING and not self._stop.is_set():
                dues.append(self._stops_at(self._job, now))
            if self.holds_sessions:
                dues.append(self._taking_until)
        elif not in_session:
            following = self.queue.next_due(now.monotonic, now.wall)
            if self._ready_to_take() is not None:
                following = now.monotonic
            if following is not None:
                dues.append(max(following, self._not_before))
            if self.queue.needs_reboot:
                dues.append(max(self._reboot_at, self.queue.reboots_at(now.monotonic, now.wall)))
        dues.append(max(self._reboot_at, self.queue.stale_at(now.monotonic, now.wall)))
        if any(one.awaits and not one.needs_reboot and one.state is State.AWAITING for one in self.queue.all):
            dues.append(self._look_at)
        return min((due for due in dues if due not in (None, inf)), default=None)

    def act(self, now: Moment, in_session: bool) -> Sequence[Action]:
        """Begin what is due, between sessions; stop what is late or not wanted."""
        self._now = now.monotonic
        self.queue.tell_cancelled()  # which is saved, or taken back, by now
        if not in_session:
            self.queue.acs_is(self._acs())  # also while a file of the one before is moved: it is stopped
        self._look(now)
        if self._job is not None:
            self._stop_if_late(self._job, now)
            return ()
        if in_session:
            return ()
        if not self._has_swept or self._unfinished - self._kept():
            self._has_swept = True
            return self._sweep()
        if self.queue.needs_reboot and self._ready_to_take() is None:
            return self._reboot(now)
        if now.monotonic < self._not_before:
            return ()
        return self._next(now)

    def heard(self, told: object, now: Moment) -> None:
        """What the job has come to."""
        queue, wall = self.queue, now.wall
        if isinstance(told, Moved):
            self.progress, self.progress_at = told, now.monotonic
            return
        self._look(now)
        job, self._job, self.progress = self._job, None, None
        if job not in (None, SWEEP) and not isinstance(told, (Arrived, WasSent, WasTaken)):
            self._unfinished |= {job.id}
        match told:
            case Arrived(number, received):
                queue.has_arrived(number, str(received.path), received.size, received.sha256)
            case WasSent(number):
                queue.was_sent(number, wall)
            case WasTaken(number, taken):
                queue.was_taken(number, taken, wall)
                self._reboots, self._reboot_at = 0, now.monotonic
            case Failed(number, outcome, may_resume):
                queue.has_failed(number, outcome, now.monotonic, wall, may_resume=may_resume)
            case Stopped(number):
                queue.was_stopped(number, now.monotonic, wall)
            case Broke() if job is not None and job is not SWEEP:
                outcome = Outcome(INTERNAL_ERROR, "it went wrong here")
                queue.has_failed(job.id, outcome, now.monotonic, wall, may_resume=job.state is State.MOVING)
            case _:
                pass

    def forget(self) -> None:
        """Factory reset."""
        self._stop.set()
        self.queue.forget_all()

    def _look(self, now: Moment) -> None:
        """Who knows of a file that has proved itself forgets it when the next one comes: that is saved before."""
        self._look_at = now.monotonic + LOOK
        goes_down = now.monotonic < self._reboot_at
        is_late = self.queue.look_at_windows(now.monotonic, now.wall, goes_down=goes_down)
        if self.queue.look_at_awaited(now.wall) or is_late:
            self._has_swept = False
            with contextlib.suppress(OSError):
                self._save()

    # -- what begins ------------------------------------------------------------------------------------------------

    def _next(self, now: Moment) -> Sequence[Action]:
        if (arrived := self._ready_to_take()) is not None:
            return self._take(arrived, now)
        if (following := self.queue.look(now.monotonic, now.wall)) is not None:
            work = partial(self._upload if following.order.is_upload else self._download, self._mover())
            before = self.queue.checkpoint()
            self.queue.begins(following, now.wall)
            return self._begin(following, work) if self._is_saved(before, now) else ()
        return ()

    def _is_saved(self, before: object, now: Moment) -> bool:
        """Whether what is to begin is durable; otherwise all is as it was before."""
        try:
            self._save()
        except OSError as failure:
            log.warning("no file is moved while nothing can be saved: %s", failure)
            self.queue.back_to(before)
            self._not_before = now.monotonic + UNSAVED
            return False
        return True

    def _ready_to_take(self) -> Transfer | None:
        return next((one for one in self.queue.all if one.state is State.ARRIVED), None)

    def _begin(self, transfer: Transfer, work: Callable[[Transfer, Tell, threading.Event], object]) -> list[Action]:
        self._job = self.queue.get(transfer.id) or transfer
        self._stop = threading.Event()
        return [do.Begin(NAME, partial(_told, partial(work, self._job), self._stop, self._job))]

    def _take(self, transfer: Transfer, now: Moment) -> list[Action]:
        before = self.queue.checkpoint()
        if not self.queue.is_taken(transfer.id, now.wall):
            return self._sweep()
        if not self._is_saved(before, now):
            return []
        self._taking_until = now.monotonic + HOLDS_SESSIONS
        return self._begin(transfer, self._put_in_force)

    def _reboot(self, now: Moment) -> list[Action]:
        if now.monotonic < max(self._reboot_at, self.queue.reboots_at(now.monotonic, now.wall)):
            return []
        if self._reboots >= MOST_REBOOTS:
            self.queue.reboot_failed(now.wall)
            self._has_swept = False
            return []
        self._reboots += 1
        self._reboot_at = now.monotonic + GOES_DOWN
        return [do.Reboot()]

    def _sweep(self) -> list[Action]:
        """Remove the files of transfers that are no more; where nothing was ever moved nothing is looked at."""
        kept = self._kept()
        self._unfinished &= kept
        return [] if self.queue.is_new else self._begin(SWEEP, partial(self._remove_all_but, kept))

    def _kept(self) -> frozenset[str]:
        """Those that are gone on with: what there is of their files stays."""
        return frozenset(one.id for one in self.queue.all if one.state is not State.ENDED)

    def _stops_at(self, job: Transfer, now: Moment) -> float:
        """When its window is over, or another one's wants its place: no server may hold up what cannot wait."""
        queue, when = self.queue, (now.monotonic, now.wall)
        return min(queue.ends_at(job, *when), queue.gives_way_at(job, *when))

    def _stop_if_late(self, job: Transfer, now: Moment) -> None:
        if job.state is not State.MOVING:
            return
        here = self.queue.get(job.id)
        if now.monotonic >= self._stops_at(job, now) or here is None or here.state is State.ENDED:
            self._stop.set()

    # -- jobs: none of these is in the owner's thread -----------------------------------------------------------------

    def _download(self, mover: Mover, one: Transfer, tell: Tell, stop: threading.Event) -> object:
        destination = self.queue.types.destination(one.order.file_type)
        place = destination.room(one.order.file_size) / f"{FILE}{one.id}"
        order = replace(one.order, largest=getattr(destination, "largest", LARGEST))
        progress = _Progress(one.id, tell, stop)
        received = mover.download(order, place, progress, progress.is_stopped)
        return Arrived(one.id, received)

    def _upload(self, mover: Mover, one: Transfer, tell: Tell, stop: threading.Event) -> object:
        source = _stream(self.queue.types.source(one.order.file_type).open(one.order))
        progress = _Progress(one.id, tell, stop)
        mover.upload(one.order, source, progress, progress.is_stopped)
        return WasSent(one.id, source.size)

    def _put_in_force(self, one: Transfer, _tell: Tell, _stop: threading.Event) -> object:
        destination = self.queue.types.destination(one.order.file_type)
        if one.arrived is None:
            raise RuntimeError("there is no file")
        path, size, sha256 = Path(one.arrived[0]), *one.arrived[1:]
        if one.takes > 1 and not _is_whole(path, size, sha256):
            return Failed(one.id, Outcome(INTERNAL_ERROR, "the file was lost before it was in force"), may_resume=True)
        when = datetime.fromtimestamp(one.start or 0.0, UTC)
        try:
            order = replace(one.order, is_of_person=not one.method)
            taken = destination.take(Received(path, size, sha256, when, when), order)
        except TransferFailed:
            _remove(path)
            raise
        if not taken.awaits:
            _remove(path)
        return WasTaken(one.id, taken)

    def _remove_all_but(self, kept: frozenset[str], _one: Transfer, _tell: Tell, _stop: threading.Event) -> object:
        for destination in self.queue.types.destinations:
            with contextlib.suppress(TransferFailed, OSError):
                for path in destination.room(0).glob(f"{FILE}*"):
                    if path.name.removeprefix(FILE).partition(".")[0] not in kept:
                        _remove(path)
        return Stopped(SWEEP.id)


class _Progress:
    """Tells how far a transfer is, now and then."""

    def __init__(self, number: str, tell: Tell, stop: threading.Event) -> None:
        self._number = number
        self._tell = tell
        self._stop = stop
        self._last: tuple[int, int | None] = (0, None)
        self._then, self._before, self._rate = 0.0, 0, 0.0

    def __call__(self, done: int, total: int | None) -> None:
        self._last = (done, total)
        self._tell_in_time()

    def is_stopped(self) -> bool:
        """The mover asks all the time, also while nothing comes: what came last is told then."""
        if self._last[0] != self._before:
            self._tell_in_time()
        return self._stop.is_set()

    def _tell_in_time(self) -> None:
        done, total = self._last
        now = monotonic()
        passed = now - self._then
        if passed < TELLS and done != total:
            return
        if self._then:  # at first it is what was there before, and how much it is to be
            current = max(0, done - self._before) / max(passed, 0.001)
            self._rate = current if not self._rate else 0.7 * self._rate + 0.3 * current
        self._then, self._before = now, done
        self._tell(Moved(self._number, done, total, self._rate))


def _told(work: Callable[[Tell, threading.Event], object], stop: threading.Event, one: Transfer, tell: Tell) -> None:
    """Do it, and tell what came of it."""
    try:
        tell(work(tell, stop))
    except Cancelled:
        tell(Stopped(one.id))
    except TransferFailed as failed:
        failed.is_upload = one.order.is_upload
        tell(Stopped(one.id) if stop.is_set() else Failed(one.id, Outcome(failed.code, failed.text), failed.may_resume))
    except ModelError as refused:
        tell(Failed(one.id, Outcome(INTERNAL_ERROR, refused.reason)))


def _stream(source: Readable) -> Stream:
    if isinstance(source, Stream):
        return source

    def pieces() -> Iterator[bytes]:
        with source.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    return Stream(source.stat().st_size, pieces)


def _is_whole(path: Path, size: int, sha256: str) -> bool:
    """Whether the file is there as it arrived."""
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
