"""The transfers that wait, are under way, or have ended untold; durable, and pure: time is an argument.

What is due when counts in seconds since it was asked for: on the monotonic clock, after a reboot on the wall clock;
where that is not set the seconds since the boot count, until it is set (as of scheduled Informs).
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import inf
from typing import Any, Final

from agent.model.errors import InvalidArguments, NotCancellable, ResourcesExceeded
from agent.transfers.file_types import FileTypes, Outcome, Taken
from agent.transfers.orders import FileOrder
from agent.transfers.windows import Plan, Window, plan_of, retries_of

log = logging.getLogger(__name__)

MOST: Final = 16  # cwmp-1-0.xsd, TransferList
MOST_RESUMED: Final = 6
"""How often a file that broke off is gone on with before that is what the ACS is told."""
FIRST_PAUSE: Final = 5.0
"""Seconds before the first of these; each following one waits twice as long."""
MOST_TAKEN: Final = 3
"""How often a file is put in force whose taking never came to its end: it may be what ends the agent."""
LONGEST_REASON: Final = 256


NOTHING_WRONG: Final = Outcome()


class State(Enum):
    """Where a transfer is; the values are for the document and for people."""

    WAITING = "waiting"
    MOVING = "moving"
    ARRIVED = "arrived"
    TAKING = "taking"
    AWAITING = "awaiting"
    ENDED = "ended"


NOT_STARTED, IN_PROGRESS, COMPLETED = 1, 2, 3  # TR-069 §A.4.1.1
_ON_THE_WIRE: Final = {State.WAITING: NOT_STARTED, State.ENDED: COMPLETED}


@dataclass(frozen=True, slots=True)
class Asked:
    """When something was asked for; ``wall`` is Unix time, None where the clock was not set."""

    boot: str
    now: float
    wall: float | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer. ``method`` is the RPC that asked for it, "" for a person here; all seconds count since ``asked``."""

    order: FileOrder
    method: str
    asked: Asked
    delay: int = 0
    windows: tuple[Window, ...] = ()
    state: State = State.WAITING
    window: int = 0
    """The place of the window that counts now."""
    tries: int = 0
    """How often it was gone on with, in that window."""
    not_before: float = 0.0
    is_confirmed: bool = False
    arrived: tuple[str, int, str] | None = None
    """Path, size and SHA-256 of the file that has come."""
    takes: int = 0
    needs_reboot: str = ""
    """The boot that has to end before the file is in force."""
    awaits: str = ""
    start: float | None = None
    complete: float | None = None
    """Unix times, None where the clock was not set, or it has not come so far."""
    outcome: Outcome = NOTHING_WRONG
    wanted: tuple[bool, ...] = ()
    """Whether the ACS wanted to hear of its success, and of its failure, when it began: what the file itself says of
    that counts from the next one on.
    """

    @property
    def id(self) -> str:
        """The number of the transfer."""
        return self.order.id

    @property
    def wire_state(self) -> int:
        """As GetQueuedTransfers tells it."""
        return _ON_THE_WIRE.get(self.state, IN_PROGRESS)


class TransferQueue:
    """All transfers, the oldest first. Whoever changes it saves it before anything is said of the change.

    ``occurred(code, command_key)`` queues an event, ``withdraw()`` takes back all that it has queued. ``wants`` judges
    whether the ACS is to hear of a transfer that it did not ask for, ``ended`` is told of each that has come to its
    end. ``take_back`` undoes what came of one whose window is over, unless that is Taken already. ``is_idle`` says
    whether nobody here uses the network just now.
    """

    def __init__(self, boot: str = "") -> None:
        self.boot = boot
        self.occurred: Callable[[str, str], None] = lambda _code, _key: None
        self.wants: Callable[[Transfer], bool] = lambda _transfer: False
        self.withdraw: Callable[[], None] = lambda: None
        self.ended: Callable[[Transfer], object] = lambda _transfer: None
        self.take_back: Callable[[Transfer], Taken | None] = lambda _transfer: None
        self.is_idle: Callable[[], bool] = lambda: True
        self.types = FileTypes()
        self._all: dict[str, Transfer] = {}
        self._number = 0
        self._acs = ""
        self._since: dict[str, float] = {}
        self.verdicts: deque[tuple[str, Outcome]] = deque(maxlen=MOST)
        """How the last ones ended, by their numbers; a sentence without a code: it was cancelled."""
        self._cancelled: tuple[Transfer, ...] = ()
        self.requests: tuple[tuple[str, str], ...] = ()
        """What the ACS is to be asked for (RequestDownload): number and file type."""

    def __len__(self) -> int:
        return len(self._all)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever asked for."""
        return self._number == 0

    @property
    def all(self) -> Sequence[Transfer]:
        """Every transfer, the oldest first."""
        return tuple(self._all.values())

    @property
    def secrets(self) -> tuple[str, ...]:
        """The passwords that are kept."""
        return tuple(one.order.password for one in self._all.values() if one.order.password)

    def get(self, number: str) -> Transfer | None:
        """The transfer of that number, as it is now."""
        return self._all.get(number)

    # -- asking -----------------------------------------------------------------------------------------------------

    def add(
        self,
        order: FileOrder,
        method: str,
        now: float,
        wall: float | None,
        *,
        delay: int = 0,
        windows: tuple[Window, ...] = (),
    ) -> Transfer:
        """Take an order; raises ResourcesExceeded, or what the file's type says against it."""
        self.types.check(order.file_type, is_upload=order.is_upload)
        if len(self._all) >= MOST:
            raise ResourcesExceeded("", f"{MOST} transfers wait already")
        self._number += 1
        order = replace(order, id=str(self._number))
        transfer = Transfer(order, method, Asked(self.boot, now, wall), delay, windows)
        self._all[transfer.id] = transfer
        return transfer

    def ask_for(self, file_type: str) -> None:
        """Have the ACS asked to start a download of that type (RequestDownload)."""
        self.types.check(file_type, is_upload=False)
        if any(wanted == file_type for _, wanted in self.requests):
            return
        self._number += 1
        self.requests = (*self.requests, (str(self._number), file_type))
        self.occurred(REQUEST_DOWNLOAD, "")

    def cancel(self, command_key: str) -> tuple[str, ...]:
        """Forget what has this key; the numbers. Raises NotCancellable, and then all of them stay.

        Once that is saved, ``tell_cancelled``.
        """
        concerned = [one for one in self._all.values() if one.order.command_key == command_key and one.method]
        self._check_cancellable(concerned)
        return tuple(self._drop(one, "cancelled by the ACS") for one in concerned)

    def cancel_one(self, number: str) -> None:
        """The same of one transfer, at a person's wish; the ACS hears of its own. KeyError for an unknown one."""
        one = self._all[number]
        self._check_cancellable([one])
        if one.method:
            self._cancelled += (self._ended(one, Outcome(DENIED, CANCELLED), None),)
        else:
            self._drop(one, CANCELLED)

    def tell_cancelled(self) -> None:
        """Say of what was cancelled that it is over."""
        cancelled, self._cancelled = self._cancelled, ()
        for one in cancelled:
            self._over(one)

    def confirm(self, number: str) -> None:
        """A person agrees that it begins; KeyError, and InvalidArguments where nobody asked."""
        transfer = self._all[number]
        if not any(window.asks for window in transfer.windows) or transfer.state is not State.WAITING:
            raise InvalidArguments("", "this transfer does not wait for anybody's consent")
        self._all[number] = replace(transfer, is_confirmed=True)

    def _check_cancellable(self, concerned: Sequence[Transfer]) -> None:
        if any(one.state not in (State.WAITING, State.MOVING) for one in concerned):
            raise NotCancellable("", "it has ended, or its file is being put in force")

    def _drop(self, one: Transfer, why: str) -> str:
        self._cancelled += (replace(one, outcome=Outcome(0, why)),)
        del self._all[one.id]
        return one.id

    def forget_all(self) -> None:
        """Factory reset, or another ACS."""
        self._all.clear()
        self.requests = ()
        self.withdraw()

    def acs_is(self, identity: str) -> None:
        """Say which ACS is configured, as often as you like: what another one asked for is forgotten."""
        if identity and identity != self._acs:
            if self._acs and self._all:
                log.warning("another ACS: %d transfers of the one before are forgotten", len(self._all))
                self.forget_all()
            self._acs = identity

    # -- time -------------------------------------------------------------------------------------------------------

    def seconds_since(self, transfer: Transfer, now: float, wall: float | None) -> float:
        """Seconds since it was asked for."""
        asked = transfer.asked
        if asked.boot == self.boot:
            return max(0.0, now - asked.now)
        if transfer.id in self._since:
            return now - self._since[transfer.id]
        if wall is None or asked.wall is None:
            return now
        self._since[transfer.id] = now - max(0.0, wall - asked.wall)  # a clock that is set later moves nothing
        return now - self._since[transfer.id]

    def plan(self, transfer: Transfer, now: float, wall: float | None) -> Plan:
        """Whether it may begin, and when to look again."""
        passed = self.seconds_since(transfer, now, wall)
        plan = plan_of(transfer, passed, self.is_idle)
        return replace(plan, at=None if plan.at is None else now + max(0.0, plan.at - passed))

    def look(self, now: float, wall: float | None) -> Transfer | None:
        """Give up what found no window; the transfer that is to begin now: whose window ends first, then the oldest."""
        ready: list[tuple[float, float, Transfer]] = []
        for one in self.all:
            if one.state is not State.WAITING:
                continue
            plan = self.plan(one, now, wall)
            if plan.is_over:
                self._end(one, _missed(one, one.outcome.text or _why_it_never_began(one)), wall)
            elif plan.is_now:
                waited = self.seconds_since(one, now, wall) - max(one.delay, one.not_before)
                begun = replace(one, window=plan.window, tries=plan.tries)
                ready.append((self.ends_at(begun, now, wall), -waited, begun))
        return min(ready, key=lambda each: each[:2])[2] if ready else None

    def next_due(self, now: float, wall: float | None) -> float | None:
        """The monotonic time at which ``look`` has something to do; None: never, as things stand."""
        plans = [self.plan(one, now, wall) for one in self._all.values() if one.state is State.WAITING]
        dues = [now if plan.is_over or plan.is_now else plan.at for plan in plans]
        return min((due for due in dues if due is not None), default=None)

    def reboots_at(self, now: float, wall: float | None) -> float:
        """When the machine may restart for a file, in the window of its transfer."""
        plans = [self.plan(one, now, wall).at for one in self._all.values() if one.needs_reboot]
        return min((now if at is None else at for at in plans), default=inf)

    def gives_way_at(self, moving: Transfer, now: float, wall: float | None) -> float:
        """When one may begin, or is to be looked at, whose window ends before that of the one which is moved."""
        end, at = self.ends_at(moving, now, wall), inf
        for one in self._all.values():
            if one.state is State.WAITING and one.windows:
                plan = self.plan(one, now, wall)
                if plan.is_now and self.ends_at(replace(one, window=plan.window), now, wall) < end:
                    return now
                at = min(at, inf if plan.is_now or plan.at is None else plan.at)
        return at

    def ends_at(self, transfer: Transfer, now: float, wall: float | None) -> float:
        """When the window in which it began is over; infinite where it has none."""
        if not transfer.windows:
            return inf
        return now + transfer.windows[transfer.window].end - self.seconds_since(transfer, now, wall)

    def stale_at(self, now: float, wall: float | None) -> float:
        """When ``look_at_windows`` has something to do; infinite for never."""
        return min((self.ends_at(one, now, wall) for one in self.all if _may_be_late(one)), default=inf)

    def look_at_windows(self, now: float, wall: float | None, *, goes_down: bool = False) -> bool:
        """Take back what is not in force and whose window is over, for the next window; whether there was any.

        ``goes_down``: the machine is about to restart for what waits for that, which is left alone.
        """
        begun = [one for one in self.all if _may_be_late(one) and not (goes_down and one.needs_reboot)]
        late = [one for one in begun if now >= self.ends_at(one, now, wall)]
        for one in late:
            self.was_stopped(one.id, now, wall)
        return bool(late)

    # -- what becomes of it -----------------------------------------------------------------------------------------

    def begins(self, transfer: Transfer, wall: float | None) -> None:
        """It is moved from now on."""
        start = transfer.start if transfer.start is not None else wall
        wanted = tuple(self.wants(replace(transfer, outcome=Outcome(code))) for code in (0, INTERNAL_ERROR))
        self._all[transfer.id] = replace(
            transfer, state=State.MOVING, start=start, outcome=Outcome(), wanted=transfer.wanted or wanted
        )

    def has_arrived(self, number: str, path: str, size: int, sha256: str) -> None:
        """The file is there as a whole."""
        if one := self._wanted(number):
            self._all[number] = replace(one, state=State.ARRIVED, arrived=(path, size, sha256))

    def is_taken(self, number: str, wall: float | None) -> bool:
        """It is put in force from now on; False: that was begun so often that it is given up."""
        one = self._all[number]
        if one.takes >= MOST_TAKEN:
            self._end(one, Outcome(INTERNAL_ERROR, "putting the file in force never came to an end"), wall)
            return False
        self._all[number] = replace(one, state=State.TAKING, takes=one.takes + 1)
        return True

    def was_taken(self, number: str, taken: Taken, wall: float | None) -> None:
        """It is in force, or will be."""
        one = self._all.get(number)
        if one is None:
            return
        if not taken.needs_reboot and not taken.awaits:
            self._end(one, Outcome(), wall)
            return
        reboot = self.boot if taken.needs_reboot else ""
        self._all[number] = replace(one, state=State.AWAITING, needs_reboot=reboot, awaits=taken.awaits)

    def was_sent(self, number: str, wall: float | None) -> None:
        """An upload has reached its server."""
        if one := self._wanted(number):
            self._end(one, Outcome(), wall)

    def has_failed(
        self, number: str, outcome: Outcome, now: float, wall: float | None, *, may_resume: bool = False
    ) -> None:
        """Moving or taking it went wrong. It is tried again as often as its windows, or a transfer as such, allow."""
        one = self._wanted(number)
        if one is None:
            return
        allowed = retries_of(one, MOST_RESUMED)
        again = replace(one, state=State.WAITING, arrived=None, takes=0, outcome=_bounded(outcome))
        if one.tries < allowed and (may_resume or one.windows):
            pause = FIRST_PAUSE * 2.0**one.tries
            passed = self.seconds_since(one, now, wall)
            self._all[number] = replace(again, tries=one.tries + 1, not_before=passed + pause)
        elif one.windows:
            is_open = now < self.ends_at(one, now, wall)
            why = f"no retry is left: {outcome.code} {outcome.text}" if is_open else outcome.text
            self._leave_window(replace(again, outcome=_bounded(Outcome(outcome.code, why))), wall)
        else:
            self._end(one, outcome, wall)

    def was_stopped(self, number: str, now: float, wall: float | None) -> None:
        """It gave way to another one; or its window is over, and it waits for the next."""
        one = self._wanted(number)
        if one and now < self.ends_at(one, now, wall):
            self._all[number] = replace(one, state=State.WAITING)
        elif one:
            text = f"the window was over before the file was {'in force' if one.arrived else 'there'}"
            late = one.outcome if one.outcome.code else Outcome(OUT_OF_WINDOWS, text)
            self._leave_window(replace(one, outcome=late), wall)

    def _leave_window(self, one: Transfer, wall: float | None) -> None:
        """It waits for the next one, or ends, unless what came of it is beyond recall."""
        if taken := self.take_back(one):
            self.was_taken(one.id, taken, wall)
        elif one.window + 1 < len(one.windows):
            again = replace(one, state=State.WAITING, arrived=None, takes=0, needs_reboot="", awaits="")
            self._all[one.id] = replace(again, window=one.window + 1, tries=0)
        else:
            self._end(one, _missed(one, one.outcome.text), wall)

    def restarted(self, is_boot: bool, wall: float | None) -> None:
        """The agent has started: what was moved is gone on with; a reboot that was awaited has happened.

        The events are told anew, so that there is one for each request of ours, whatever became of their document.
        """
        for one in self.all:
            if one.state is State.MOVING:
                self._all[one.id] = replace(one, state=State.WAITING)
            elif one.state is State.TAKING:
                self._all[one.id] = replace(one, state=State.ARRIVED)
            elif one.state is State.AWAITING and one.needs_reboot and (is_boot or one.needs_reboot != self.boot):
                self._all[one.id] = here = replace(one, needs_reboot="")
                if not one.awaits:
                    self._end(here, Outcome(), wall)
        if is_boot:
            self.requests = ()  # their event is kept until a reboot only
        self.tell_anew()

    def tell_anew(self) -> None:
        """Queue the events of what is there, and no others."""
        self.withdraw()
        for one in self.all:
            if one.state is State.ENDED:
                self._tell(one)
        for _ in self.requests:
            self.occurred(REQUEST_DOWNLOAD, "")

    def look_at_awaited(self, wall: float | None) -> bool:
        """What had to prove itself, and has or has not; whether there was any."""
        has_ended = False
        for one in self.all:
            if one.state is State.AWAITING and not one.needs_reboot:
                found = self.types.outcome(one.awaits, one.order)
                if found is not None:
                    self._end(one, found, wall)
                    has_ended = True
        return has_ended

    def reboot_failed(self, wall: float | None) -> None:
        """The system did not restart, however often it was asked."""
        for one in self.all:
            if one.needs_reboot:
                self._end(one, Outcome(INTERNAL_ERROR, "the system did not restart"), wall)

    @property
    def needs_reboot(self) -> bool:
        """Whether a file is in force only after a reboot that has not happened."""
        return any(one.needs_reboot for one in self._all.values())

    def _wanted(self, number: str) -> Transfer | None:
        """One that was not cancelled while it was moved."""
        one = self._all.get(number)
        return one if one and one.state is not State.ENDED else None

    def _end(self, one: Transfer, outcome: Outcome, wall: float | None) -> None:
        self._over(self._ended(one, outcome, wall))

    def _over(self, one: Transfer) -> None:
        self.verdicts.append((one.id, one.outcome))
        self.ended(one)

    def _ended(self, one: Transfer, outcome: Outcome, wall: float | None) -> Transfer:
        done = replace(
            one,
            state=State.ENDED,
            outcome=_bounded(outcome),
            complete=wall if not outcome.code else None,
            needs_reboot="",
            order=replace(one.order, username="", password=""),
        )
        if one.method or (one.wanted[bool(outcome.code)] if one.wanted else self.wants(done)):
            self._all[one.id] = done
            self._tell(done)
        else:
            del self._all[one.id]
        return done

    def _tell(self, one: Transfer) -> None:
        if one.method:
            self.occurred(f"M {one.method}", one.order.command_key)
        else:
            self.occurred(AUTONOMOUS_TRANSFER_COMPLETE, "")

    def happened(self, order: FileOrder, outcome: Outcome, start: float | None, complete: float | None) -> None:
        """A file was moved without the queue and the ACS, by a person for example: the ACS hears of it as it wants."""
        self._number += 1
        order = replace(order, id=str(self._number), username="", password="")
        asked = Asked(self.boot, 0.0, start)
        done = Transfer(order, "", asked, state=State.ENDED, start=start, complete=complete, outcome=_bounded(outcome))
        self.ended(done)
        if len(self._all) < MOST and self.wants(done):
            self._all[done.id] = done
            self._tell(done)

    def is_told(self, number: str) -> None:
        """The ACS knows of it: it is forgotten."""
        self._all.pop(number, None)
        self.requests = tuple(one for one in self.requests if one[0] != number)

    # -- durable ----------------------------------------------------------------------------------------------------

    def checkpoint(self) -> Any:
        """To go ``back_to`` when what happens next cannot be saved."""
        return dict(self._all), self.requests, self._cancelled

    def back_to(self, checkpoint: Any) -> None:
        """Be as at that checkpoint."""
        everything, self.requests, self._cancelled = checkpoint
        self._all = dict(everything)

    def dump(self) -> Any:
        """As JSON."""
        from agent.transfers.document import dumped

        return {
            "acs": self._acs,
            "number": self._number,
            "requests": [list(one) for one in self.requests],
            "transfers": [dumped(one) for one in self._all.values()],
        }

    @classmethod
    def load(cls, document: Any, boot: str) -> "TransferQueue":
        """What ``dump`` wrote; raises ValueError for what it cannot have written."""
        from agent.transfers.document import read

        queue = cls(boot)
        match document:
            case {"acs": str(acs), "number": int(number), "requests": list(requests), "transfers": list(transfers)} if (
                len(transfers) <= MOST and len(requests) <= MOST
            ):
                queue._acs, queue._number = acs, number
            case _:
                raise ValueError("no queue of transfers")
        for item in transfers:
            one = read(item)
            queue._all[one.id] = one
        for item in requests:
            match item:
                case [str(key), str(wanted)]:
                    queue.requests = (*queue.requests, (key, wanted))
                case _:
                    raise ValueError("no request for a download")
        return queue


OUT_OF_WINDOWS: Final = 9020
DENIED: Final = 9001
CANCELLED: Final = "cancelled on the device"
INTERNAL_ERROR: Final = 9002
REQUEST_DOWNLOAD: Final = "9 REQUEST DOWNLOAD"
AUTONOMOUS_TRANSFER_COMPLETE: Final = "10 AUTONOMOUS TRANSFER COMPLETE"


def _may_be_late(one: Transfer) -> bool:
    """Whether the end of its window finds one that has begun, and that no job of ours is at work on."""
    has_come = one.state is State.ARRIVED or bool(one.needs_reboot)
    return one.window < len(one.windows) and (has_come or (one.state is State.WAITING and bool(one.wanted)))


def _why_it_never_began(one: Transfer) -> str:
    asked = any(window.asks for window in one.windows) and not one.is_confirmed
    return "nobody agreed to it" if asked else "none was one to begin in"


def _missed(one: Transfer, why: str) -> Outcome:
    windows = ", ".join(f"{window.start} to {window.end} s" for window in one.windows)
    return Outcome(OUT_OF_WINDOWS, f"not done within its windows ({windows} after it was asked for): {why}")


def _bounded(outcome: Outcome) -> Outcome:
    return Outcome(outcome.code, outcome.text[:LONGEST_REASON])
