"""Console servers for tests: a device of this machine over plain TCP, or with RFC 2217's commands by pyserial's own."""

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import serial
from serial.rfc2217 import PortManager

from tests.waiting import PATIENCE

COMMAND = b"\xff\xfa\x2c"  # IAC SB COM-PORT-OPTION
SET_BAUDRATE = 1


class ConsoleServer:
    """Lets one in after the other, and each has the device; ``has_commands``: RFC 2217 instead of plain octets."""

    def __init__(self, device: str, *, has_commands: bool) -> None:
        self._device = device
        self._has_commands = has_commands
        self._server = socket.create_server(("127.0.0.1", 0))
        self._wake, self._waker = os.pipe()
        self._kick = threading.Event()
        self.modem_lines: list[str] = []
        """What clients have asked of DTR and RTS."""
        self.speeds: list[int] = []
        self.commands: list[int] = []
        """Of RFC 2217, as they came."""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        scheme = "rfc2217" if self._has_commands else "socket"
        return f"{scheme}://127.0.0.1:{self._server.getsockname()[1]}"

    def hang_up(self) -> None:
        """The client that is in is thrown out."""
        self._kick.set()
        os.write(self._waker, b"k")

    def end(self) -> None:
        os.write(self._waker, b"q")
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._server.close()
        os.close(self._wake)
        os.close(self._waker)

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._server, self._wake], [], [])
            if self._wake in ready and os.read(self._wake, 1) == b"q":
                return
            if self._server in ready:
                client, _ = self._server.accept()
                with client:
                    self._kick.clear()
                    if not self._client(client):
                        return

    def _client(self, client: socket.socket) -> bool:
        """Until it goes; False when the server is to end."""
        with _Watched(self._device, self.modem_lines, timeout=0) as port:
            manager = PortManager(port, _Connection(client)) if self._has_commands else None
            while True:
                ready, _, _ = select.select([client, port, self._wake], [], [])
                if self._wake in ready:
                    return os.read(self._wake, 1) != b"q"
                if client in ready:
                    try:
                        told = client.recv(4096)
                    except OSError:
                        told = b""
                    if not told:
                        return True
                    at = -1
                    while (at := told.find(COMMAND, at + 1)) >= 0:
                        self.commands.append(told[at + len(COMMAND)])
                    port.write(b"".join(manager.filter(told)) if manager else told)
                if port in ready and (said := port.read(4096)):
                    client.sendall(b"".join(manager.escape(said)) if manager else said)
                if port.baudrate not in self.speeds:
                    self.speeds.append(port.baudrate)


class _Watched(serial.Serial):
    """A pty has no modem lines: what would be done to them is written down."""

    def __init__(self, device: str, asked: list[str], **how: float) -> None:
        self._asked: list[str] | None = None
        super().__init__(device, **how)
        self._asked = asked

    def _note(self, what: str) -> None:
        if self._asked is not None:
            self._asked.append(what)

    def _update_dtr_state(self) -> None:
        self._note("DTR")

    def _update_rts_state(self) -> None:
        self._note("RTS")

    def _modem(self) -> bool:
        return False

    cts = dsr = ri = cd = property(_modem)


class _Connection:
    """What a port manager answers by."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client

    def write(self, octets: bytes) -> None:
        self._client.sendall(octets)


@contextmanager
def console_server(device: str, *, has_commands: bool) -> Iterator[ConsoleServer]:
    made = ConsoleServer(device, has_commands=has_commands)
    try:
        yield made
    finally:
        made.end()
