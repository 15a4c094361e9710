"""DownloadDiagnostics and UploadDiagnostics of TR-143: several connections at once, measured together."""

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final
from urllib.parse import SplitResult

from backends.diagnostics import ftp_lines, http_lines
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.line import STEP, Cancelled, Line
from backends.diagnostics.link_counters import Counters, Traffic
from backends.diagnostics.meter import SECOND, Clock, Meter
from backends.diagnostics.sockets import Place, index_of, permitted, places_of
from backends.diagnostics.throughput_types import TransferRequest, TransferResult, checked_url, port_of

TELL_EVERY: Final = 0.25
"""Seconds between two lines for who looks on."""
LONGEST: Final = 3600
"""Seconds for all of a test by size."""
LONGEST_END: Final = 90
"""Seconds that a test by time may last longer: to begin, and to be confirmed."""
LONGEST_SILENCE: Final = 3
"""Seconds without data at the end of a test by time, whose rate would be that of another time than it says; of a short
test, half of its time.
"""
RECEIVED, SENT = "test_bytes_received", "test_bytes_sent"

Move = Callable[[Line, SplitResult, TransferRequest], None]
"""What one connection does from its opening to its end; raises DiagnosticFailed, or Cancelled."""
Progress = Callable[[Mapping[str, Any]], None]


class Throughput:
    """One of the two tests."""

    def __init__(self, name: str, moves: Mapping[str, Move], counted: str) -> None:
        """``moves`` by the URL's scheme; ``counted`` is how the octets of the test are called in the result."""
        self.name = name
        self._moves = moves
        self._counted = counted

    def run(self, request: TransferRequest, progress: Progress, cancelled: Callable[[], bool]) -> Mapping[str, Any]:
        """See agent.diagnostics.engine.Diagnostic; the fields of TransferResult, named as the data model has them."""
        try:
            return self._named(self.measure(request, progress, cancelled))
        except DiagnosticFailed as failure:
            known = failure.result
            raise DiagnosticFailed(failure.state, failure.text, known and self._named(known)) from failure

    def measure(self, request: TransferRequest, progress: Progress, cancelled: Callable[[], bool]) -> TransferResult:
        """What ``run`` does. DiagnosticFailed, with what is known all the same."""
        parts = checked_url(request.url)
        found = places_of(parts.hostname or "", port_of(parts), socket.SOCK_STREAM, request.way, cancelled)
        places = permitted(found, request.refusal)
        counters = Counters(request.way, lambda: meter.place, lambda: self._carried(meter.moved()))
        meter = Meter(request, counters.now, Clock().now, self._carried)
        if not places:  # cancelled
            return meter.result()
        together = _Together(self._moves[parts.scheme], parts, request, places, meter, cancelled)
        together.run(progress)
        if together.failure is not None:
            raise DiagnosticFailed(together.failure.state, together.failure.text, meter.result())
        return meter.result()

    def _carried(self, octets: int) -> Traffic:
        """Octets at the IP layer are no fewer than those of the test among them."""
        return Traffic(sent=octets) if self._counted == SENT else Traffic(received=octets)

    def _named(self, told: TransferResult) -> Mapping[str, Any]:
        def fields_of(one: Any) -> dict[str, Any]:
            values = {field.name: getattr(one, field.name) for field in fields(one)}
            return {name.replace("test_bytes", self._counted): value for name, value in values.items()}

        return {
            **fields_of(told),
            "connections": [fields_of(one) for one in told.connections],
            "intervals": [fields_of(one) for one in told.intervals],
        }


class _Together:
    """The threads of a test, one a connection; the first that fails ends all."""

    def __init__(
        self,
        move: Move,
        parts: SplitResult,
        request: TransferRequest,
        places: Sequence[Place],
        meter: Meter,
        cancelled: Callable[[], bool],
    ) -> None:
        self.failure: DiagnosticFailed | None = None
        self._move = move
        self._parts = parts
        self._request = request
        self._meter = meter
        self._cancelled = cancelled
        self._lines = [Line(places, request.way, meter, tally, self._is_over) for tally in meter.tallies]
        self._something = threading.Event()
        self._link_index = index_of(request.way.link)
        self._longest = (request.duration + LONGEST_END if request.duration else LONGEST) * SECOND

    def _is_over(self) -> bool:
        return self.failure is not None or self._cancelled()

    def run(self, progress: Progress) -> None:
        """Until every connection has ended."""
        threads = [
            threading.Thread(target=self._work, args=(one,), name="throughput", daemon=True) for one in self._lines
        ]
        for thread in threads:
            thread.start()
        begun = told = self._meter.now()
        moved = 0
        while any(thread.is_alive() for thread in threads):
            self._something.wait(self._pause())
            self._something.clear()
            self._meter.cut()
            self._meter.note_silence()
            if self._meter.now() - begun > self._longest:
                self.failure = self.failure or DiagnosticFailed("Error_Timeout", "the test does not come to an end")
            if index_of(self._request.way.link) != self._link_index:
                self.failure = self.failure or DiagnosticFailed(
                    "Error_Internal", f"the interface {self._request.way.link} has gone"
                )
            if self._is_over():
                for line in self._lines:
                    line.abort()
            now = self._meter.now()
            if now - told >= TELL_EVERY * SECOND:
                total = self._meter.sample().moved
                progress(
                    {
                        "seconds": round((now - begun) / SECOND, 3),
                        "bytes": total,
                        "mbit": round((total - moved) * 8000 / (now - told), 3),
                    }
                )
                told, moved = now, total
        for thread in threads:
            thread.join()
        self._meter.cut()
        if (silence := self._meter.silence()) > min(LONGEST_SILENCE, self._request.duration / 2):
            self.failure = self.failure or DiagnosticFailed(
                "Error_Timeout", f"nothing has come in the last {silence:.1f} s"
            )

    def _pause(self) -> float:
        due = self._meter.next_interval()
        left = STEP if due is None else (due - self._meter.now()) / SECOND
        return min(max(left, 0.0), STEP)

    def _work(self, line: Line) -> None:
        try:
            self._move(line, self._parts, self._request)
        except Cancelled:
            pass
        except DiagnosticFailed as failure:
            self.failure = self.failure or failure
        except Exception:
            self.failure = self.failure or DiagnosticFailed("Error_Internal", "a connection's part of the test broke")
            raise
        finally:
            self._something.set()


def download() -> Throughput:
    """DownloadDiagnostics."""
    moves = {"http": http_lines.download, "ftp": ftp_lines.download}
    return Throughput("DownloadDiagnostics", moves, RECEIVED)


def upload() -> Throughput:
    """UploadDiagnostics."""
    moves = {"http": http_lines.upload, "ftp": ftp_lines.upload}
    return Throughput("UploadDiagnostics", moves, SENT)
