"""How a file server is reached: as the sessions reach the ACS, at addresses that the policy allows."""

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.runtime.endpoint import AcsEndpoint, Limits
from agent.runtime.wire import Address, Resolve, connect_through, resolve_by_system
from agent.transfers.cancelling import LOOK_EVERY, Cancelling
from agent.transfers.url_policy import UrlPolicy

PEER: Final = "the file server"
"""What people read of it."""
LIMITS: Final = Limits(session_seconds=604_800.0, lowest_rate=64)
"""A week for one connection: a large file by a slow line; silence and drips end it long before."""


@dataclass(frozen=True, slots=True)
class Way:
    """Interface, names and TLS as the sessions have them. The URL, user and password of ``endpoint`` are not used.

    ``pause``: seconds before the second try; each further one waits twice as long.
    """

    endpoint: AcsEndpoint
    resolve: Resolve = resolve_by_system
    wall_clock_trusted: bool = True
    limits: Limits = LIMITS
    pause: float = 1.0


class Connector:
    """Finds addresses and connects to them; a cancelled transfer waits for neither."""

    def __init__(self, way: Way, policy: UrlPolicy, cancelling: Cancelling) -> None:
        self._resolve = way.resolve
        self._connect = connect_through(way.endpoint.interface, cancelling.hold)
        self._policy = policy
        self._cancelling = cancelling

    def resolve(self, host: str, port: int) -> Sequence[Address]:
        """The addresses of a host; raises OSError, Cancelled."""
        found: list[Sequence[Address]] = []
        trouble: list[BaseException] = []

        def ask() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                trouble.append(error)

        thread = threading.Thread(target=ask, name="transfer-resolve", daemon=True)  # nothing ends getaddrinfo
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_EVERY)
            self._cancelling.check()
        if found:
            return found[0]
        raise trouble[0] if trouble else OSError(0, "the resolver broke")

    def connect(self, address: Address, seconds: float) -> socket.socket:
        """A connection to where the policy allows one; raises OSError, TransferFailed, Cancelled.

        Asked of the address that is connected to, so that it is of no use to let a name lead elsewhere meanwhile.
        """
        self._cancelling.check()
        host = str(address.socket_address[0])
        self._policy.check_address(host)
        try:
            made = self._connect(address, seconds)
        finally:
            self._cancelling.check()
        try:
            self._policy.check_address(str(made.getpeername()[0]), str(made.getsockname()[0]))
        except BaseException:
            made.close()
            raise
        return made
