"""Opens connections to the ACS: name, addresses, TLS; what a management interface replaces comes in as arguments."""

import socket
import ssl
import time
from collections.abc import Callable

from agent.runtime import tls
from agent.runtime.endpoint import AcsEndpoint, Limits, NotTrusted, Unreachable
from agent.runtime.wire import Address, Connect, Resolve, Wire, connect_to_any


class Dialler:
    """Makes the wires of one session. Addresses are asked for once, and the one that worked is tried first again."""

    def __init__(
        self,
        endpoint: AcsEndpoint,
        limits: Limits,
        resolve: Resolve,
        connect: Connect,
        *,
        wall_clock_trusted: bool,
        on_open: Callable[[socket.socket], None] | None = None,
        peer: str = "the ACS",
    ) -> None:
        """``on_open`` is told each connection that stands, an ``ssl.SSLSocket`` where TLS was asked for.

        ``peer`` is what the other end is called in what people read.
        """
        self._endpoint = endpoint
        self._limits = limits
        self._resolve = resolve
        self._connect = connect
        self._wall_clock_trusted = wall_clock_trusted
        self._on_open = on_open
        self._peer = peer
        self._deadline = time.monotonic() + limits.session_seconds
        self._context: ssl.SSLContext | None = None
        self._addresses: dict[tuple[str, int], list[Address]] = {}

    def open(self, host: str, port: int, *, is_tls: bool) -> Wire:
        """Connect, and verify who answers where ``is_tls``; raises Unreachable."""
        addresses = self._addresses_of(host, port)
        connection, address = connect_to_any(addresses, self._connect, self._limits, self._deadline)
        addresses.sort(key=lambda one: one != address)
        if is_tls:
            connection = self._shake_hands(connection, host)
        if self._on_open is not None:
            self._on_open(connection)
        return Wire(connection, address, self._limits, self._deadline, self._peer)

    def _addresses_of(self, host: str, port: int) -> list[Address]:
        if (host, port) not in self._addresses:
            try:
                self._addresses[host, port] = list(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                words = getattr(error, "strerror", None) or "no address"
                raise Unreachable(f"the name {host} is not found: {words}") from None
        return self._addresses[host, port]

    def _shake_hands(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        try:
            if self._context is None:
                self._context = tls.context_for(self._endpoint, wall_clock_trusted=self._wall_clock_trusted)
            left = self._deadline - time.monotonic()
            connection.settimeout(max(0.001, min(self._limits.reply_seconds, left)))
            return self._context.wrap_socket(connection, server_hostname=host)
        except TimeoutError:
            connection.close()
            raise Unreachable(f"TLS with {host} failed: no answer") from None
        except (OSError, ValueError) as error:
            connection.close()
            kind = NotTrusted if isinstance(error, ssl.SSLCertVerificationError) else Unreachable
            raise kind(tls.refusal(error, host)) from None
        except Unreachable:
            connection.close()
            raise
