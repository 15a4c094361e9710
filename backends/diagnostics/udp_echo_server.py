"""The UDP echo server of Device.IP.Diagnostics.UDPEchoConfig (RFC 862, TR-143 A.1): one socket, for one client."""

import logging
import select
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from backends.diagnostics.echo_plus import HEADER, answered
from backends.diagnostics.meter import moment
from backends.diagnostics.udp_stamps import Datagram, answer, prepare, receive
from backends.errors import MechanismError

log = logging.getLogger(__name__)

MOST_A_SECOND: Final = 20_000
"""Packets that are answered; what comes above is counted as a failure to reply."""
LOWEST_CLIENT_PORT: Final = 1024
"""A service of another machine, such as its own echo, is never answered: the two would answer each other for ever.
Nor is one at the port that we listen at: it may be a server like this one.
"""
END: Final = b"."


@dataclass(frozen=True, slots=True)
class EchoPlace:
    """Where it listens and whom it answers: one address. ``link`` "" is any.

    ``index`` is the link's: a socket stays with the link that it was bound to, and hears none that comes by that name.
    """

    port: int
    client: str
    link: str = ""
    plus: bool = False
    index: int = 0


@dataclass(slots=True)
class EchoCounts:
    """Since it was enabled; octets with UDP's header. Times are UTC, None for never."""

    packets_received: int = 0
    packets_responded: int = 0
    bytes_received: int = 0
    bytes_responded: int = 0
    first_received: datetime | None = None
    last_received: datetime | None = None
    failures: int = 0


class EchoServer:
    """A thread that answers, while there is a place to listen at."""

    def __init__(self) -> None:
        self.counts = EchoCounts()
        self.place: EchoPlace | None = None
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        self._socket: socket.socket | None = None

    def is_listening(self) -> bool:
        """Whether it answers."""
        return self._thread is not None and self._thread.is_alive()

    def listen(self, place: EchoPlace | None, is_enabled_now: bool = False) -> bool:
        """Be at this place, or nowhere; whether that is new. MechanismError where it cannot be had.

        Enabled from disabled, all counts begin anew (TR-143 A.1), and not when a link comes back.
        """
        is_new = place != self.place or (place is not None and not self.is_listening())
        made = None
        if is_new:
            self.stop()
            made = _socket(place) if place is not None else None
        if is_enabled_now:
            self.counts = EchoCounts()
        if place is not None and made is not None:
            self._begin(place, made)
        return is_new

    def _begin(self, place: EchoPlace, made: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        self.place, self._socket, self._wake = place, made, ours
        self._thread = threading.Thread(target=self._serve, args=(made, theirs, place), name="udp-echo", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nobody is answered any more; what was counted stays."""
        if self._wake is not None:
            self._wake.send(END)
        if self._thread is not None:
            self._thread.join()
        for one in (self._wake, self._socket):
            if one is not None:
                one.close()
        self.place = self._thread = self._wake = self._socket = None

    def _serve(self, made: socket.socket, end: socket.socket, place: EchoPlace) -> None:
        client, allowance, since = ip_address(place.client), float(MOST_A_SECOND), time.monotonic()
        poll = select.poll()
        poll.register(made, select.POLLIN)
        poll.register(end, select.POLLIN)
        with end:
            while True:
                ready = [one for one, _ in poll.poll()]
                if end.fileno() in ready:
                    return
                try:
                    asked = receive(made)
                except OSError:
                    continue  # an ICMP error for an answer that nobody took
                if asked.sender[1] == place.port or not _is_from(asked, client):
                    continue
                now = time.monotonic()
                allowance = min(allowance + (now - since) * MOST_A_SECOND, MOST_A_SECOND)
                since = now
                self._received(asked)
                if allowance < 1:
                    self.counts.failures += 1
                    continue
                allowance -= 1
                self._reply(made, asked, place)

    def _received(self, asked: Datagram) -> None:
        counts = self.counts
        counts.packets_received += 1
        counts.bytes_received += len(asked.payload) + HEADER
        counts.last_received = moment(asked.at)
        counts.first_received = counts.first_received or counts.last_received

    def _reply(self, made: socket.socket, asked: Datagram, place: EchoPlace) -> None:
        counts, payload = self.counts, asked.payload
        if place.plus:
            number = counts.packets_responded + 1
            payload = answered(payload, number, asked.at // 1000, time.time_ns() // 1000, counts.failures)
        try:
            answer(made, asked, payload)
        except OSError:
            counts.failures += 1
            return
        counts.packets_responded += 1
        counts.bytes_responded += len(payload) + HEADER


def _is_from(asked: Datagram, client: object) -> bool:
    return ip_address(asked.sender[0].partition("%")[0]) == client and asked.sender[1] >= LOWEST_CLIENT_PORT


def _socket(place: EchoPlace) -> socket.socket:
    family = socket.AF_INET6 if ip_address(place.client).version == 6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if place.link:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, place.link.encode())
        prepare(made)
        made.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", place.port))  # noqa: S104 - one client is answered
    except OSError as error:
        made.close()
        raise MechanismError(f"UDP port {place.port} cannot be listened at: {error.strerror}") from error
    return made
