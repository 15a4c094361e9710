"""ServerSelectionDiagnostics: which of several hosts answers fastest, by ICMP or by the echo service (RFC 862)."""

import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.icmp import EchoSocket, Reply, state_of
from backends.diagnostics.ping import PingRequest, PingRun, Tally
from backends.diagnostics.sockets import Place, Refusal, Way, mark, one_host, permitted, places_of
from backends.diagnostics.stamps import Sent, StampedSocket

PORT: Final = 7
SIZE: Final = 56
PACE: Final = 10
"""Milliseconds between two requests at least; there is one at a time."""
STATES: Final = frozenset({"Error_CannotResolveHostName", "Error_Internal"})
"""Those that TR-181 has for it; there is none for a host without a way to it."""
HEAD: Final = struct.Struct("!8sH")

Progress = Callable[[Mapping[str, Any]], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class SelectionRequest:
    """``timeout`` in ms for each repetition. ``by_udp``: the echo service is asked."""

    hosts: tuple[str, ...]
    way: Way = field(default_factory=Way)
    repetitions: int = 3
    timeout: int = 1000
    by_udp: bool = False
    refusal: Refusal = one_host


@dataclass(frozen=True, slots=True)
class HostResult:
    """One of the hosts; times in µs."""

    host: str
    success_count: int
    failure_count: int
    average: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class SelectionResult:
    """The fastest host, "" where none answered; times in µs."""

    fastest_host: str = ""
    minimum_response_time: int = 0
    average_response_time: int = 0
    maximum_response_time: int = 0
    ip_address_used: str = ""
    hosts: tuple[HostResult, ...] = ()


class UdpEcho:
    """Datagrams to the echo service; the same as ``EchoSocket`` otherwise."""

    def __init__(self, place: Place, way: Way) -> None:
        """DiagnosticFailed where there is no way there."""
        family, address = place
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            mark(self._socket, way)
            self._stamped = StampedSocket(self._socket)
            self._socket.connect((address[0], PORT, *address[2:]))
        except OSError as error:
            self._socket.close()
            raise DiagnosticFailed(state_of(error), f"{address[0]}: {error.strerror}") from error
        except BaseException:
            self._socket.close()
            raise
        self.source: str = self._socket.getsockname()[0].partition("%")[0]
        self.address: str = address[0].partition("%")[0]
        self._token = os.urandom(8)
        self._sent: dict[int, Sent] = {}

    def __enter__(self) -> "UdpEcho":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, sequence: int, size: int) -> None:
        """See EchoSocket."""
        self._sent[sequence & 0xFFFF] = self._stamped.send(HEAD.pack(self._token, sequence & 0xFFFF).ljust(size, b"\0"))

    def forget(self, sequence: int) -> None:
        """See EchoSocket."""
        self._sent.pop(sequence & 0xFFFF, None)

    def replies(self, until: float) -> list[Reply]:
        """See EchoSocket."""
        self._stamped.wait(until)
        found: list[Reply] = []
        while (message := self._stamped.message()) is not None:
            found += self._of(message.content, message.stamp, is_echo=True)
        for told in self._stamped.complaints():
            found += self._of(told.content, told.stamp, by=told.by, kind=told.type, code=told.code)
        return found

    def _of(
        self, content: bytes, stamp: int, *, is_echo: bool = False, by: str = "", kind: int = 0, code: int = 0
    ) -> list[Reply]:
        if len(content) < HEAD.size:
            return []
        token, sequence = HEAD.unpack_from(content)
        sent = self._sent.pop(sequence, None) if token == self._token else None
        if sent is None:
            return []
        return [Reply(sequence, sent.seconds_until(stamp), by or self.address, is_echo, kind, code)]


class ServerSelection:
    """ServerSelectionDiagnostics."""

    name = "ServerSelectionDiagnostics"

    def run(self, request: SelectionRequest, progress: Progress, cancelled: Cancelled) -> SelectionResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        tallies: dict[str, tuple[Tally, str]] = {}
        results, failures = [], []
        for host in dict.fromkeys(request.hosts):
            try:
                tally, source = self._ask(host, request, progress, cancelled)
            except DiagnosticFailed as failure:
                failures.append(failure)
                results.append(HostResult(host, 0, request.repetitions, 0, failure.text))
                progress({"host": host, "why": failure.text})
            else:
                tallies[host] = tally, source
                results.append(HostResult(host, tally.successes, tally.failures, round(tally.mean * 1e6)))
                progress({"host": host, "average": round(tally.mean * 1e6), "successes": tally.successes})
            if cancelled():
                return None
        if not tallies and failures:
            state = failures[0].state if failures[0].state in STATES else "Error_Other"
            raise DiagnosticFailed(state, failures[0].text, SelectionResult(hosts=tuple(results)))
        answered = [host for host, (tally, _) in tallies.items() if tally.successes]
        if not answered:
            # "Complete (if the test completed successfully)", says TR-181; without any response the times MUST be zero.
            raise DiagnosticFailed("Error_Other", "no host answered", SelectionResult(hosts=tuple(results)))
        fastest = min(answered, key=lambda host: tallies[host][0].mean)
        tally, source = tallies[fastest]
        shortest, mean, longest = (round(one * 1e6) for one in (tally.shortest, tally.mean, tally.longest))
        return SelectionResult(fastest, shortest, mean, longest, source, tuple(results))

    @staticmethod
    def _ask(host: str, request: SelectionRequest, progress: Progress, cancelled: Cancelled) -> tuple[Tally, str]:
        tally = Tally()
        places = permitted(places_of(host, PORT, socket.SOCK_DGRAM, request.way, cancelled), request.refusal)
        if not places:
            return tally, ""
        ping = PingRequest(host, request.way, request.repetitions, request.timeout, SIZE, PACE, in_turn=True)
        make = UdpEcho if request.by_udp else EchoSocket
        with make(places[0], request.way) as echo:
            PingRun(echo, ping, tally, lambda line: progress({"host": host, **line}), cancelled).run()
            return tally, echo.source
