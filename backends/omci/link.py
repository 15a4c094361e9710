"""The serial line to an ONT, by pyserial: ours alone, no modem line touched, opened again when it has come back."""

import errno
import logging
import os
import termios
from typing import Any, Final, NoReturn

import serial

from backends.errors import MechanismError

BAUD: Final = 115200
WRITE_WITHIN: Final = 3.0
"""Seconds; a line that takes nothing for so long is stuck."""
_AT_ONCE: Final = 4096
_GONE: Final = "returned no data"
_TAKEN: Final = (errno.EAGAIN, errno.EBUSY)

_log = logging.getLogger(__name__)


class LineLost(MechanismError):
    """The line cannot be opened, or went away; opening it again may succeed."""


class LineTaken(LineLost):
    """Another program has it open."""


class _QuietSerial(serial.Serial):
    """Leaves DTR and RTS as they are: on some boards they reset the ONT, or put it into its bootloader."""

    def _update_dtr_state(self) -> None:
        """Not when opened either."""

    def _update_rts_state(self) -> None:
        """The same."""


class Line:
    """Octets to and from a device ("/dev/ttyUSB0"), or a console server ("socket://…", "rfc2217://…"). One user."""

    def __init__(self, device: str, baud: int = BAUD) -> None:
        """Nothing is opened yet."""
        self.device = device
        self._baud = baud
        self._port: serial.SerialBase | None = None

    @property
    def is_open(self) -> bool:
        """Whether the line was open when it was last used."""
        return self._port is not None

    def open(self) -> None:
        """Open it, unless it is. Nobody else may have it open. Raises LineLost, LineTaken."""
        if self._port is not None:
            return
        how: dict[str, Any] = {"baudrate": self._baud, "write_timeout": WRITE_WITHIN}
        try:
            if self.device.startswith("rfc2217://"):
                self._port = _commanded(self.device, self._baud)
            elif "://" in self.device:
                self._port = serial.serial_for_url(self.device, **how)
            else:
                port = _QuietSerial(self.device, exclusive=True, **how)
                _leave_lines_when_closed(port)
                self._port = port
        except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError
            if _number(error) in _TAKEN:
                raise LineTaken(f"{self.device} cannot be opened: another program has it open") from error
            raise LineLost(f"{self.device} cannot be opened: {_reason(error)}") from error

    def close(self) -> None:
        """Give the line back."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except OSError as error:
                _log.debug("closing %s: %s", self.device, error)

    def write(self, octets: bytes) -> None:
        """Send octets, all of them. Raises LineLost, and has closed the line then."""
        try:
            self._opened().write(octets)
        except (OSError, ValueError) as error:
            self._lose(error)

    def read(self, seconds: float) -> bytes:
        """What comes within so long: at least an octet, or b"" when nothing does. Raises LineLost, as write does."""
        port = self._opened()
        try:
            if port.timeout != seconds:
                port.timeout = max(seconds, 0)
            first = bytes(port.read(1))
            waiting: int = getattr(port, "in_waiting", 0)  # every kind of port has it, their common base has not
            return first + (bytes(port.read(min(waiting, _AT_ONCE))) if first and waiting else b"")
        except (OSError, ValueError) as error:
            self._lose(error)

    def forget(self) -> None:
        """Drop what came and was not read, up to a line's worth of it: a line that never ends is not waited for."""
        for _ in range(_AT_ONCE):
            if not self.read(0):
                return

    def _opened(self) -> serial.SerialBase:
        self.open()
        port = self._port
        if port is None:
            raise LineLost(f"{self.device} is closed")
        return port

    def _lose(self, error: Exception) -> NoReturn:
        self.close()
        raise LineLost(f"{self.device}: {_reason(error)}") from error


def _commanded(url: str, baud: int) -> serial.SerialBase:
    """A line behind a console server that takes commands for it (RFC 2217). Who else is let in is the server's to say.

    pyserial's own waits no longer than 5 s for a server that takes nothing, and knows no other limit. It would have
    the server set all of the line anew for each other timeout, and raise DTR and RTS when it opens.
    """
    from serial import rfc2217

    class Commanded(rfc2217.Serial):
        is_set = False

        def _reconfigure_port(self) -> None:
            if not self.is_set:
                super()._reconfigure_port()  # type: ignore[misc]
                self.is_set = True

        def _update_dtr_state(self) -> None:
            """Left as it is."""

        def _update_rts_state(self) -> None:
            """The same."""

    return Commanded(url, baudrate=baud)


def _leave_lines_when_closed(port: serial.Serial) -> None:
    """The kernel lets DTR fall when the last user closes, unless it is told not to (HUPCL)."""
    descriptor = port.fileno()
    attributes = termios.tcgetattr(descriptor)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _reason(error: Exception) -> str:
    """The kernel's sentence where there is one, without pyserial's wrapping."""
    if number := _number(error):
        return os.strerror(number)
    if _GONE in str(error):  # what pyserial makes of the end of a file
        return "the device is gone, or another program reads from it as well"
    return str(error) or type(error).__name__


def _number(error: Exception) -> int:
    """The kernel's number of an error; 0: it has none."""
    for each in (error, error.__context__):  # pyserial raises its own while it handles the kernel's
        number = each.args[0] if isinstance(each, (OSError, termios.error)) and each.args else None
        if isinstance(number, int) and number:
            return number
    return 0
