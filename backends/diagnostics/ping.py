"""IPPing: echo requests at a steady pace, and how long their replies took."""

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.icmp import EchoSocket, Reply, state_of
from backends.diagnostics.sockets import Way, one_host, permitted, places_of

PACE: Final = 200
"""Milliseconds between two requests: as fast as any user may ask ping to be."""
MOST_WAITED_FOR: Final = 1000
"""Requests without an answer at a time; more wait for what becomes of those."""


@dataclass(frozen=True, slots=True)
class PingRequest:
    """``timeout`` and ``interval`` in ms, ``size`` in octets of data. ``in_turn``: each waits for what the one before
    came to.
    """

    host: str
    way: Way = field(default_factory=Way)
    repetitions: int = 3
    timeout: int = 5000
    size: int = 56
    interval: int = PACE
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class PingResult:
    """Response times in ms, and in µs where they are detailed."""

    ip_address_used: str
    success_count: int
    failure_count: int
    average_response_time: int
    minimum_response_time: int
    maximum_response_time: int
    average_response_time_detailed: int
    minimum_response_time_detailed: int
    maximum_response_time_detailed: int


@dataclass(slots=True)
class Tally:
    """What the replies so far come to; times in seconds."""

    successes: int = 0
    failures: int = 0
    unreachable: int = 0
    total: float = 0.0
    shortest: float = 0.0
    longest: float = 0.0

    def took(self, seconds: float) -> None:
        """A reply came."""
        self.shortest = min(self.shortest, seconds) if self.successes else seconds
        self.longest = max(self.longest, seconds)
        self.successes += 1
        self.total += seconds

    def failed(self, *, is_unreachable: bool = False) -> None:
        """None came, or somebody said that there is no way."""
        self.failures += 1
        self.unreachable += is_unreachable

    @property
    def mean(self) -> float:
        """Of the replies; 0 without any."""
        return self.total / self.successes if self.successes else 0.0

    def result(self, source: str) -> PingResult:
        """As TR-181 tells it."""
        times = (self.mean, self.shortest, self.longest)
        milliseconds = [round(one * 1e3) for one in times]
        microseconds = [round(one * 1e6) for one in times]
        return PingResult(source, self.successes, self.failures, *milliseconds, *microseconds)


class Ping:
    """IPPing."""

    name = "IPPing"

    def run(
        self, request: PingRequest, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]
    ) -> PingResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        places = permitted(places_of(request.host, 0, socket.SOCK_DGRAM, request.way, cancelled), one_host)
        if not places:
            return None
        with EchoSocket(places[0], request.way) as echo:
            progress({"address": echo.address, "source": echo.source})
            tally = Tally()
            PingRun(echo, request, tally, progress, cancelled).run()
            result = tally.result(echo.source)
        if tally.failures and tally.unreachable == tally.failures and not tally.successes:
            raise DiagnosticFailed("Error_NoRouteToHost", f"{request.host} cannot be reached", result)
        return result


def _is_no_way(reply: Reply) -> bool:
    """Whether somebody says that the destination cannot be reached; a packet that is too big is another matter."""
    return reply.type == 1 if ":" in reply.address else reply.type == 3 and reply.code != 4


class Echoes(Protocol):
    """What sends requests and hears their replies: by ICMP, or by UDP. See EchoSocket."""

    def send(self, sequence: int, size: int) -> None:
        """Send a request; OSError."""

    def forget(self, sequence: int) -> None:
        """Its answer is too late from now on."""

    def replies(self, until: float) -> list[Reply]:
        """What has come."""


class PingRun:
    """The requests of one ping, and those that wait for an answer: by number, until when."""

    def __init__(
        self,
        echo: Echoes,
        request: PingRequest,
        tally: Tally,
        progress: Callable[[Mapping[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._echo = echo
        self._asked = request
        self._tally = tally
        self._progress = progress
        self._cancelled = cancelled
        self._waiting: dict[int, float] = {}

    def run(self) -> None:
        """Send them all and wait for what becomes of them; or be cancelled."""
        sent, next_at = 0, time.monotonic()
        most = 1 if self._asked.in_turn else MOST_WAITED_FOR
        while (sent < self._asked.repetitions or self._waiting) and not self._cancelled():
            now = time.monotonic()
            if sent < self._asked.repetitions and now >= next_at and len(self._waiting) < most:
                sent += 1
                self._send(sent)
                next_at = max(next_at + self._asked.interval / 1e3, now)
            self._hear(self._until(sent, next_at, most))
            self._give_up(time.monotonic())

    def _until(self, sent: int, next_at: float, most: int) -> float:
        dues = [next(iter(self._waiting.values()))] if self._waiting else []  # all wait equally long
        if sent < self._asked.repetitions and len(self._waiting) < most:
            dues.append(next_at)
        return min(dues, default=0.0)

    def _send(self, number: int) -> None:
        self._waiting[number] = time.monotonic() + self._asked.timeout / 1e3
        try:
            self._echo.send(number, self._asked.size)
        except OSError as error:
            if state_of(error) != "Error_NoRouteToHost":
                raise DiagnosticFailed("Error_Other", f"{self._asked.host}: {error.strerror}") from error
            self._fail(number, error.strerror or "unreachable", is_unreachable=True)

    def _hear(self, until: float) -> None:
        for reply in self._echo.replies(until):
            number = next((one for one in self._waiting if one & 0xFFFF == reply.sequence), None)
            if number is None:
                continue
            if reply.is_echo and reply.seconds * 1e3 <= self._asked.timeout:
                self._took(number, reply)
            else:
                self._fail(number, f"ICMP type {reply.type}, code {reply.code}", is_unreachable=_is_no_way(reply))

    def _took(self, number: int, reply: Reply) -> None:
        del self._waiting[number]
        self._tally.took(reply.seconds)
        self._progress({"number": number, "of": self._asked.repetitions, "microseconds": round(reply.seconds * 1e6)})

    def _fail(self, number: int, why: str, *, is_unreachable: bool = False) -> None:
        self._waiting.pop(number, None)
        self._echo.forget(number)
        self._tally.failed(is_unreachable=is_unreachable)
        self._progress({"number": number, "of": self._asked.repetitions, "microseconds": None, "why": why})

    def _give_up(self, now: float) -> None:
        for number in [one for one, until in self._waiting.items() if until <= now]:
            self._fail(number, "no answer in time")
