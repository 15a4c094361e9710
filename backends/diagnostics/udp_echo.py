"""UDPEchoDiagnostics: packets of UDP Echo Plus at a steady pace, and what came back of them (TR-143 A.1)."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from backends.diagnostics.echo_plus import SIZE, EchoPlus, read
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.meter import Clock, moment
from backends.diagnostics.sockets import Refusal, Way, anywhere, mark, permitted, places_of
from backends.diagnostics.stamps import Message, Sent, StampedSocket

MOST_PACKETS_TOLD: Final = 100
PLAIN: Final = 4
"""Octets by which an answer of a plain echo is known."""
MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class EchoRequest:
    """``timeout`` and ``interval`` in ms, ``size`` in octets of payload. ``individual``: each packet is told."""

    host: str
    way: Way
    port: int = 7
    repetitions: int = 1
    timeout: int = 5000
    size: int = SIZE
    interval: int = 1000
    individual: bool = False
    refusal: Refusal = anywhere


@dataclass(frozen=True, slots=True)
class PacketResult:
    """One packet; the responder's own numbers are 0 where none of its answers came."""

    packet_success: bool
    packet_send_time: datetime | None
    packet_receive_time: datetime | None
    test_gen_sn: int
    test_resp_sn: int
    test_resp_rcv_time_stamp: int
    test_resp_reply_time_stamp: int
    test_resp_reply_failure_count: int


@dataclass(frozen=True, slots=True)
class EchoResult:
    """Response times in µs, 0 without any answer."""

    ip_address_used: str
    success_count: int
    failure_count: int
    average_response_time: int
    minimum_response_time: int
    maximum_response_time: int
    packets: tuple[PacketResult, ...] = ()


class _Sent(NamedTuple):
    """A packet, when it was given away by the test's clock, and when it went by the kernel's stamp."""

    number: int
    at: int
    went: Sent


class UdpEcho:
    """UDPEchoDiagnostics."""

    name = "UDPEchoDiagnostics"

    def run(
        self, request: EchoRequest, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]
    ) -> EchoResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        found = places_of(request.host, request.port, socket.SOCK_DGRAM, request.way, cancelled)
        places = permitted(found, request.refusal)
        if not places:  # cancelled
            return None
        family, place = places[0]
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as made:
            mark(made, request.way)
            try:
                made.connect(place)
            except OSError as error:
                raise DiagnosticFailed("Error_Other", f"{place[0]}: {error.strerror}") from error
            run = _Run(made, request, progress, cancelled)
            progress({"address": place[0].partition("%")[0], "port": place[1], "source": run.own})
            return run.run()


class _Run:
    """The packets of one test: those that wait for an answer are known by what comes back of them."""

    def __init__(
        self,
        made: socket.socket,
        request: EchoRequest,
        progress: Callable[[Mapping[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._socket = StampedSocket(made)
        self.own = made.getsockname()[0].partition("%")[0]
        self._asked = request
        self._progress = progress
        self._cancelled = cancelled
        self._clock = Clock()
        self._filler = os.urandom(max(request.size - SIZE, 0))
        self._waiting: dict[bytes, _Sent] = {}
        self._successes = self._failures = 0
        self._total = self._longest = 0
        self._shortest = 2**63
        self._packets: dict[int, PacketResult] = {}

    def run(self) -> EchoResult:
        """Send them all, each in its time, and wait for what becomes of them; or be cancelled."""
        asked, sent, due = self._asked, 0, self._clock.now()
        while (sent < asked.repetitions or self._waiting) and not self._cancelled():
            now = self._clock.now()
            if sent < asked.repetitions and now >= due:
                sent += 1
                self._send(sent)
                due = max(due + asked.interval * MILLISECOND, now)  # who is late sends no crowd of them
            until = min(due if sent < asked.repetitions else now + 2**63, self._next_end())
            self._socket.wait(time.monotonic() + max(until - self._clock.now(), 0) / 1e9)
            self._hear()
            self._give_up()
        return self._result()

    def _send(self, number: int) -> None:
        size = self._asked.size
        payload = (EchoPlus(sequence=number, iteration=number).packed() + self._filler)[:size]
        if size < PLAIN:
            payload = (number & 0xFFFF_FFFF).to_bytes(4, "big")[-size:]
        lost = self._waiting.pop(payload[:PLAIN], None)  # a number of one octet comes again
        if lost is not None:
            self._failed(lost)
        at = self._clock.now()
        try:
            self._waiting[payload[:PLAIN]] = _Sent(number, at, self._socket.send(payload))
        except OSError:
            self._failed(_Sent(number, at, Sent()))

    def _hear(self) -> None:
        self._socket.complaints()  # "port unreachable" is no answer
        while (came := self._socket.message()) is not None:
            sent = self._waiting.get(came.content[:PLAIN])
            if sent is not None and len(came.content) == self._asked.size:
                self._answered(came, sent)

    def _answered(self, came: Message, sent: _Sent) -> None:
        seconds = sent.went.seconds_until(came.stamp)
        if seconds * 1000 > self._asked.timeout:
            return  # it is given up for this
        del self._waiting[came.content[:PLAIN]]
        microseconds = round(seconds * 1e6)
        self._successes += 1
        self._total += microseconds
        self._shortest, self._longest = min(self._shortest, microseconds), max(self._longest, microseconds)
        said = read(came.content) or EchoPlus()
        self._keep(
            sent,
            PacketResult(
                packet_success=True,
                packet_send_time=moment(sent.went.wall),
                packet_receive_time=moment(sent.went.wall + round(seconds * 1e9)),
                test_gen_sn=sent.number,
                test_resp_sn=said.response_sequence,
                test_resp_rcv_time_stamp=said.received_at,
                test_resp_reply_time_stamp=said.replied_at,
                test_resp_reply_failure_count=said.failures,
            ),
        )
        self._progress({"number": sent.number, "of": self._asked.repetitions, "microseconds": microseconds})

    def _failed(self, sent: _Sent) -> None:
        self._failures += 1
        self._keep(sent, PacketResult(False, moment(sent.went.wall), None, sent.number, 0, 0, 0, 0))
        self._progress(
            {"number": sent.number, "of": self._asked.repetitions, "microseconds": None, "why": "no answer in time"}
        )

    def _keep(self, sent: _Sent, packet: PacketResult) -> None:
        if self._asked.individual and sent.number <= MOST_PACKETS_TOLD:
            self._packets[sent.number] = packet

    def _next_end(self) -> int:
        oldest = next(iter(self._waiting.values()), None)  # all wait equally long
        return oldest.at + self._asked.timeout * MILLISECOND if oldest else 2**63

    def _give_up(self) -> None:
        now = self._clock.now()
        while self._waiting and now >= self._next_end():
            self._failed(self._waiting.pop(next(iter(self._waiting))))

    def _result(self) -> EchoResult:
        return EchoResult(
            ip_address_used=self.own,
            success_count=self._successes,
            failure_count=self._failures,
            average_response_time=round(self._total / self._successes) if self._successes else 0,
            minimum_response_time=self._shortest if self._successes else 0,
            maximum_response_time=self._longest,
            packets=tuple(packet for _, packet in sorted(self._packets.items())),
        )
