"""What a throughput test measures: when its connections began and ended, and what had been moved by then."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from backends.diagnostics.link_counters import NONE, Traffic
from backends.diagnostics.sockets import Place
from backends.diagnostics.throughput_types import (
    MOST_INTERVALS,
    ConnectionResult,
    IntervalResult,
    TransferRequest,
    TransferResult,
)

SECOND: Final = 1_000_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SILENCE: Final = SECOND // 20
"""After so long without data it is noted what had been moved by then: it may have been the last."""


class Clock:
    """Nanoseconds since 1970 that never jump: what the system's clock said at the beginning, and what has passed."""

    def __init__(self) -> None:
        self._ahead = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        """The time."""
        return time.monotonic_ns() + self._ahead


def moment(nanoseconds: int) -> datetime | None:
    """The same as a time of day with microseconds; None for 0, that never came."""
    return EPOCH + timedelta(microseconds=nanoseconds // 1000) if nanoseconds else None


class Sample(NamedTuple):
    """What had been moved at a time."""

    at: int
    moved: int
    traffic: Traffic


@dataclass(slots=True)
class Tally:
    """One connection; written by its own thread only. Times are the clock's, 0 while they have not come."""

    open_request: int = 0
    open_response: int = 0
    rom: int = 0
    bom: int = 0
    last: int = 0
    """When data came last."""
    eom: int = 0
    count: int = 0
    """Octets of the test, from its beginning on."""
    waiting: Callable[[], int] = field(default=lambda: 0)
    """How many of those have not reached the other side yet."""
    unread: Callable[[], int] = field(default=lambda: 0)
    """Octets that have come and are not counted yet."""
    at_bom: Traffic = NONE
    silent: Sample | None = None
    """What all connections had moved when this one had its last data before it was silent."""
    end: Sample | None = None
    address: str = ""

    def moved(self) -> int:
        """Octets that have arrived."""
        return max(self.count - self.waiting(), 0)

    def result(self, carried: Callable[[int], Traffic]) -> ConnectionResult:
        """As it is told."""
        passed = (self.end.traffic.since(self.at_bom) if self.end else NONE).at_least(carried(self.count))
        return ConnectionResult(
            rom_time=moment(self.rom),
            bom_time=moment(self.bom),
            eom_time=moment(self.eom),
            test_bytes=self.count,
            total_bytes_received=passed.received,
            total_bytes_sent=passed.sent,
            tcp_open_request_time=moment(self.open_request),
            tcp_open_response_time=moment(self.open_response),
        )


class Meter:
    """Shared by the threads of a test, and by who looks on: it has the tallies and when it is enough."""

    def __init__(
        self,
        request: TransferRequest,
        traffic: Callable[[], Traffic],
        clock: Callable[[], int],
        carried: Callable[[int], Traffic] = lambda _octets: NONE,
    ) -> None:
        """``carried``: what a link has carried at least when these octets of the test were moved over it."""
        self.now = clock
        self.tallies: Sequence[Tally] = tuple(Tally() for _ in range(request.connections))
        self.intervals: list[IntervalResult] = []
        self.place: Place | None = None
        """Where the first connection went."""
        self._request = request
        self._traffic = traffic
        self._carried = carried
        self._lock = threading.Lock()
        self._first: Sample | None = None
        self._full: Sample | None = None
        self._interval: Sample | None = None

    def begun(self, tally: Tally, come: int = 0) -> None:
        """The first data of a connection has come, or goes; before it is counted.

        ``come``: so many octets were taken of what has come; the link has counted them before anybody could look.
        """
        with self._lock:
            sample = self.sample(come)
            tally.bom, tally.at_bom = sample.at, sample.traffic
            if self._first is None:
                self._first = sample
                self._interval = None if self._request.offset else sample
            if all(one.bom for one in self.tallies):
                self._full = sample

    def ended(self, tally: Tally, at: int) -> None:
        """All data of a connection has been moved, the last of it at this time."""
        with self._lock:
            silent = tally.silent
            tally.eom, tally.end = at, silent if silent is not None and silent.at == at else self._as_of(at)

    def is_enough(self) -> bool:
        """Whether the time of a test by time is over."""
        if not self._request.duration or self._first is None:
            return False
        return self.now() >= self._first.at + self._request.duration * SECOND

    def silence(self) -> float:
        """Seconds at the end of a test by time in which nothing came; 0 where nothing is to come."""
        last = max(one.last for one in self.tallies)
        if not self._request.duration or self._first is None or not last:
            return 0
        return max(self._first.at + self._request.duration * SECOND - last, 0) / SECOND

    def sample(self, come: int = 0) -> Sample:
        """What has been moved by now; of the link's traffic, without what has ``come`` or waits, and is not counted."""
        moved, waits = self.moved(), come + sum(one.unread() for one in self.tallies)
        traffic = self._traffic()
        return Sample(self.now(), moved, traffic._replace(received=max(traffic.received - waits, 0)))

    def _as_of(self, at: int) -> Sample:
        """What had been moved a moment ago; of what came since, on each connection as much as is its average."""
        now = self.sample()
        since = sum(
            one.count * (now.at - max(at, one.bom)) // max(now.at - one.bom, 1)
            for one in self.tallies
            if one.bom and one.last > at
        )
        traffic = now.traffic
        return Sample(at, now.moved - since, traffic._replace(received=max(traffic.received - since, 0)))

    def note_silence(self) -> None:
        """To be called all the time: whose data has paused since the last call may have had its last."""
        for one in self.tallies:
            last = one.last
            is_known = one.eom or (one.silent is not None and one.silent.at == last)
            if last and not is_known and self.now() - last >= SILENCE:
                one.silent = self._as_of(last)

    def moved(self) -> int:
        """Octets of the test, over all connections."""
        return sum(one.moved() for one in self.tallies)

    # -- intervals ----------------------------------------------------------------------------------------------------

    def next_interval(self) -> int | None:
        """When an interval begins or ends next; None where there are none, or not yet."""
        asked = self._request
        if not asked.duration or not asked.interval or self._first is None or len(self.intervals) >= MOST_INTERVALS:
            return None
        at = self._first.at + (asked.offset + asked.interval * len(self.intervals)) * SECOND
        if self._interval is not None:
            at += asked.interval * SECOND
        return at if at <= self._first.at + asked.duration * SECOND else None

    def cut(self) -> None:
        """Begin or end an interval, where it is time."""
        due = self.next_interval()
        if due is None or self.now() < due:
            return
        sample, before = self.sample(), self._interval
        self._interval = sample
        if before is not None:
            moved = sample.moved - before.moved
            passed = sample.traffic.since(before.traffic).at_least(self._carried(moved))
            start, end = moment(before.at), moment(sample.at)
            if start is not None and end is not None:
                self.intervals.append(IntervalResult(start, end, moved, passed.received, passed.sent))

    # -- what it comes to ---------------------------------------------------------------------------------------------

    def result(self) -> TransferResult:
        """All connections together, as far as they came."""
        began = [one.bom for one in self.tallies if one.bom]
        ends = sorted(one.end for one in self.tallies if one.end)
        count = sum(one.count for one in self.tallies)
        passed = ends[-1].traffic.since(self._first.traffic) if self._first and ends else NONE
        passed = passed.at_least(self._carried(count))
        full, full_end = self._full, ends[0] if ends else None
        if full is None or full_end is None or full.at >= full_end.at:
            full = full_end = Sample(0, 0, NONE)
        moved = max(full_end.moved - full.moved, 0)
        loaded = full_end.traffic.since(full.traffic).at_least(self._carried(moved))
        return TransferResult(
            ip_address_used=next((one.address for one in self.tallies if one.address), ""),
            rom_time=moment(min((one.rom for one in self.tallies if one.rom), default=0)),
            bom_time=moment(min(began, default=0)),
            eom_time=moment(max(one.eom for one in self.tallies)),
            test_bytes=count,
            total_bytes_received=passed.received,
            total_bytes_sent=passed.sent,
            test_bytes_under_full_loading=moved,
            total_bytes_received_under_full_loading=loaded.received,
            total_bytes_sent_under_full_loading=loaded.sent,
            period_of_full_loading=(full_end.at - full.at) // 1000,
            tcp_open_request_time=moment(max(one.open_request for one in self.tallies)),
            tcp_open_response_time=moment(max(one.open_response for one in self.tallies)),
            connections=tuple(one.result(self._carried) for one in self.tallies)
            if self._request.per_connection
            else (),
            intervals=tuple(self.intervals),
        )
