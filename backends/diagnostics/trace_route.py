"""TraceRoute: which routers are on the way to a host, by probes that may pass so many and no more."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.icmp import EchoSocket, Reply, limit_hops, state_of
from backends.diagnostics.sockets import Place, Way, mark, one_host, permitted, places_of
from backends.diagnostics.stamps import Sent, StampedSocket

FIRST_PORT: Final = 33434
"""Of the probes by UDP, one up for each: where nobody is expected to listen."""
EXCEEDED: Final = {socket.AF_INET: 11, socket.AF_INET6: 3}
"""ICMP types of "time exceeded" (RFC 792, RFC 4443) …"""
NO_PORT: Final = {socket.AF_INET: (3, 3), socket.AF_INET6: (1, 4)}
"""… and types and codes of "port unreachable", which is what the destination says."""
NAMES_WITHIN: Final = 2.0
"""Seconds for the names of the routers, after the last was found."""

Progress = Callable[[Mapping[str, Any]], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class TraceRequest:
    """``timeout`` in ms for each hop, ``size`` in octets of data; by UDP or else by ``ICMP`` echo requests."""

    host: str
    way: Way = field(default_factory=Way)
    tries: int = 3
    timeout: int = 5000
    size: int = 38
    most_hops: int = 30
    by_icmp: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One router, or the host at last: its name or address. Times in ms and in µs, 0 for no answer."""

    host: str
    host_address: str
    error_code: int
    rt_times: tuple[int, ...]
    microseconds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TraceResult:
    """``response_time`` in ms, of the last hop."""

    ip_address_used: str
    response_time: int
    hops: tuple[Hop, ...]


class Probes(Protocol):
    """What sends probes and hears of them; sequence numbers are below 65536."""

    source: str
    address: str

    def hops(self, limit: int) -> None:
        """How many routers the next ones may pass."""

    def send(self, sequence: int, size: int) -> None:
        """Send one; OSError."""

    def replies(self, until: float) -> list[Reply]:
        """What has come."""


class UdpProbes:
    """Probes by UDP: each to a port of its own, by which what comes back is known."""

    def __init__(self, place: Place, way: Way) -> None:
        """DiagnosticFailed where there is no way there."""
        family, self._place = place
        self.address: str = self._place[0].partition("%")[0]
        self.source = _source(place, way)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            mark(self._socket, way)
            self._stamped = StampedSocket(self._socket)
        except BaseException:
            self._socket.close()
            raise
        self._sent: dict[int, Sent] = {}

    def __enter__(self) -> "UdpProbes":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hops(self, limit: int) -> None:
        """See Probes."""
        limit_hops(self._socket, limit)

    def send(self, sequence: int, size: int) -> None:
        """See Probes."""
        place = (self._place[0], FIRST_PORT + sequence, *self._place[2:])
        self._sent[FIRST_PORT + sequence] = self._stamped.send(bytes(size), place)

    def replies(self, until: float) -> list[Reply]:
        """See Probes; somebody who does listen there and answers is the host as well."""
        self._stamped.wait(until)
        found: list[Reply] = []
        while (message := self._stamped.message()) is not None:
            if message.place[0] == self._place[0]:
                found += self._of(message.place[1], message.stamp, self.address, is_echo=True)
        for told in self._stamped.complaints():
            found += self._of(told.place[1], told.stamp, told.by, kind=told.type, code=told.code)
        return found

    def _of(
        self, port: int, stamp: int, by: str, *, is_echo: bool = False, kind: int = 0, code: int = 0
    ) -> list[Reply]:
        sent = self._sent.pop(port, None)
        if sent is None:
            return []
        return [Reply(port - FIRST_PORT, sent.seconds_until(stamp), by, is_echo, kind, code)]


class TraceRoute:
    """TraceRoute."""

    name = "TraceRoute"

    def run(self, request: TraceRequest, progress: Progress, cancelled: Cancelled) -> TraceResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        places = permitted(places_of(request.host, 0, socket.SOCK_DGRAM, request.way, cancelled), one_host)
        if not places:
            return None
        make = EchoSocket if request.by_icmp else UdpProbes
        with make(places[0], request.way) as probes:
            progress({"address": probes.address, "source": probes.source})
            return _Trace(probes, places[0][0], request, progress, cancelled).run()


class _Trace:
    """Hop by hop; the names of those that were found are asked for meanwhile."""

    def __init__(
        self, probes: Probes, family: int, request: TraceRequest, progress: Progress, cancelled: Cancelled
    ) -> None:
        self._probes = probes
        self._family = socket.AddressFamily(family)
        self._asked = request
        self._progress = progress
        self._cancelled = cancelled
        self._sequence = 0
        self._names = _Names()

    def run(self) -> TraceResult | None:
        hops: list[Hop] = []
        state, why = "Error_MaxHopCountExceeded", f"{self._asked.host} is farther than {self._asked.most_hops} hops"
        for limit in range(1, self._asked.most_hops + 1):
            replies = self._hop(limit)
            if self._cancelled():
                return None
            hops.append(self._told(limit, replies))
            last = next((one for one in replies if one is not None and not self._is_on_the_way(one)), None)
            if last is not None:
                state, why = self._end(last)
                break
        result = self._result(hops, is_there=not state)
        if state:
            raise DiagnosticFailed(state, why, result)
        return result

    def _hop(self, limit: int) -> list[Reply | None]:
        """What came back of the tries at one distance."""
        first = self._sequence
        self._probes.hops(limit)
        for _ in range(self._asked.tries):
            try:
                self._probes.send(self._sequence, self._asked.size)
            except OSError as error:
                raise DiagnosticFailed(state_of(error), f"{self._asked.host}: {error.strerror}") from error
            self._sequence += 1
        until = time.monotonic() + self._asked.timeout / 1e3
        found: list[Reply | None] = [None] * self._asked.tries
        while None in found and time.monotonic() < until and not self._cancelled():
            for one in self._probes.replies(until):
                if first <= one.sequence < self._sequence and one.seconds * 1e3 <= self._asked.timeout:
                    found[one.sequence - first] = one
        return found

    def _is_on_the_way(self, one: Reply) -> bool:
        return not one.is_echo and one.type == EXCEEDED[self._family]

    def _end(self, last: Reply) -> tuple[str, str]:
        """The state that the last answer comes to, "" for having arrived, and why."""
        if last.is_echo or (not self._asked.by_icmp and (last.type, last.code) == NO_PORT[self._family]):
            return "", ""
        told = f"{last.address or 'this machine'} says: unreachable (ICMP type {last.type}, code {last.code})"
        return "Error_NoRouteToHost", told

    def _told(self, limit: int, replies: list[Reply | None]) -> Hop:
        answers = [one for one in replies if one is not None]
        address = answers[-1].address.partition("%")[0] if answers else ""
        code = answers[-1].code if answers else 0
        microseconds = tuple(max(1, round(one.seconds * 1e6)) if one else 0 for one in replies)
        times = tuple(max(1, round(one / 1e3)) if one else 0 for one in microseconds)
        if address:
            self._names.ask(address)
        hop = Hop(address, address, code, times, microseconds)
        self._progress({"hop": limit, "address": address, "microseconds": list(microseconds), "code": code})
        return hop

    def _result(self, hops: list[Hop], *, is_there: bool) -> TraceResult:
        names = self._names.told(self._cancelled)
        named = tuple(replace(hop, host=names.get(hop.host_address, hop.host_address)) for hop in hops)
        times = [one for one in hops[-1].microseconds if one] if hops and is_there else []
        mean = max(1, round(sum(times) / len(times) / 1e3)) if times else 0
        return TraceResult(self._probes.source, mean, named)


class _Names:
    """The names of addresses, each asked for in a thread of its own: a silent server must not hold the rest up."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}
        self._asking: dict[str, threading.Thread] = {}

    def ask(self, address: str) -> None:
        """Begin, once."""
        if address not in self._asking:
            asking = threading.Thread(target=self._look, args=(address,), name="look-up", daemon=True)
            self._asking[address] = asking
            asking.start()

    def told(self, cancelled: Cancelled) -> dict[str, str]:
        """What was found in time, by address."""
        until = time.monotonic() + NAMES_WITHIN
        for one in self._asking.values():
            while one.is_alive() and time.monotonic() < until and not cancelled():
                one.join(0.05)
        return dict(self._found)

    def _look(self, address: str) -> None:
        try:
            self._found[address] = socket.gethostbyaddr(address)[0][:256]
        except OSError:
            return


def _source(place: Place, way: Way) -> str:
    """The address of ours that speaks to a place; DiagnosticFailed where there is no way."""
    family, address = place
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        mark(made, way)
        try:
            made.connect((address[0], FIRST_PORT, *address[2:]))
        except OSError as error:
            raise DiagnosticFailed(state_of(error), f"{address[0]}: {error.strerror}") from error
        return str(made.getsockname()[0]).partition("%")[0]
