"""DownloadDiagnostics and UploadDiagnostics of TR-143: several connections at once, measured together."""

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult

from backends.diagnostics import ftp_lines, http_lines
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.line import STEP, Cancelled, Line
from backends.diagnostics.link_counters import Traffic, traffic_of
from backends.diagnostics.meter import SECOND, Clock, Meter
from backends.diagnostics.sockets import Place, Refusal, anywhere, permitted, places_of
from backends.diagnostics.throughput_types import TransferRequest, TransferResult, checked_url, port_of

TELL_EVERY: Final = 0.25
"""Seconds between two lines for who looks on."""


Move = Callable[[Line, SplitResult, TransferRequest], None]
"""What one connection does from its opening to its end; raises DiagnosticFailed, or Cancelled."""


class Throughput:
    """One of the two tests."""

    def __init__(
        self,
        name: str,
        moves: Mapping[str, Move],
        refusal: Refusal = anywhere,
        traffic: Callable[[str], Traffic] = traffic_of,
    ) -> None:
        """``moves`` by the URL's scheme; ``traffic`` reads the counters of the asked link."""
        self.name = name
        self._moves = moves
        self._refusal = refusal
        self._traffic = traffic

    def run(
        self, request: TransferRequest, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]
    ) -> TransferResult:
        """See agent.diagnostics.engine.Diagnostic."""
        parts = checked_url(request.url)
        places = permitted(
            places_of(parts.hostname or "", port_of(parts), socket.SOCK_STREAM, request.way, cancelled), self._refusal
        )
        meter = Meter(request, lambda: self._traffic(request.way.link), Clock().now)
        if not places:  # cancelled
            return meter.result()
        together = _Together(self._moves[parts.scheme], parts, request, places, meter, cancelled)
        together.run(progress)
        if together.failure is not None:
            raise DiagnosticFailed(together.failure.state, together.failure.text, meter.result())
        return meter.result()


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

    def _is_over(self) -> bool:
        return self.failure is not None or self._cancelled()

    def run(self, progress: Callable[[Mapping[str, Any]], None]) -> None:
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


def download(refusal: Refusal = anywhere) -> Throughput:
    """DownloadDiagnostics."""
    return Throughput("DownloadDiagnostics", {"http": http_lines.download, "ftp": ftp_lines.download}, refusal)


def upload(refusal: Refusal = anywhere) -> Throughput:
    """UploadDiagnostics."""
    return Throughput("UploadDiagnostics", {"http": http_lines.upload, "ftp": ftp_lines.upload}, refusal)
