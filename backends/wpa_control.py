"""The control sockets of hostapd and wpa_supplicant: a datagram with a command, a datagram with its answer."""

import errno
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.files import names_in

ANSWER: Final = 65_536
GONE: Final = (errno.ENOENT, errno.ECONNREFUSED)
UNKNOWN: Final = "UNKNOWN COMMAND"


class ControlSocket:
    """One daemon's socket for commands. Secrets may be in what is sent: it is never in an error's words.

    The address of our end is made by the kernel (unix(7), autobind), so that nothing stays behind in a directory.
    """

    def __init__(self, path: Path, *, deadline: float = 0.3) -> None:
        """``deadline``: seconds for one command."""
        self._path = path
        self._deadline = deadline

    def ask(self, command: str | bytes) -> str:
        """The answer without its last line end. Missing: no daemon listens; TimedOut; UnicodeError never."""
        content = command.encode() if isinstance(command, str) else command
        verb = content.split(b" ", 1)[0].decode("ascii", "replace")
        ends = time.monotonic() + self._deadline
        with _connected(self._path, verb) as connection:
            try:
                connection.settimeout(self._deadline)
                connection.send(content)
                connection.settimeout(max(ends - time.monotonic(), 0.001))
                return connection.recv(ANSWER).decode("utf-8", "replace").rstrip("\n")
            except TimeoutError:
                raise TimedOut(f"{self._path}: {verb} was not answered for {self._deadline:g} s") from None
            except OSError as error:
                raise _from_os(self._path, verb, error) from error

    def tell(self, command: str | bytes) -> None:
        """Ask for something that is answered by OK; MechanismError (code "EINVAL") when it is refused."""
        answer = self.ask(command)
        if answer != "OK":
            content = command.encode() if isinstance(command, str) else command
            verb = b" ".join(content.split(b" ", 2)[:2] if content.startswith(b"SET") else content.split(b" ", 1)[:1])
            shown = "does not know" if answer.startswith(UNKNOWN) else "refused"
            raise MechanismError(f"{self._path.name}: the daemon {shown} {verb.decode('ascii', 'replace')}", "EINVAL")

    def values(self, command: str) -> Mapping[str, str]:
        """An answer of lines ``name=value``, by name; what stands before the first such line is under ""."""
        return pairs(self.ask(command))


def pairs(answer: str) -> dict[str, str]:
    """Lines ``name=value`` by name; other lines are under ""."""
    found: dict[str, str] = {}
    for line in answer.splitlines():
        name, is_pair, value = line.partition("=")
        found.setdefault(name if is_pair else "", value if is_pair else line)
    return found


def sockets_in(directory: Path) -> list[Path]:
    """The control sockets of a directory, one for each interface, sorted."""
    return [directory / name for name in names_in(directory) if (directory / name).is_socket()]


class EventSocket:
    """A second socket of the same daemon, on which it tells what happens."""

    def __init__(self, path: Path, made: int = 0, *, deadline: float = 0.3) -> None:
        """Attach; raises as ``ControlSocket.ask``. ``made`` is whatever tells this socket from a later one."""
        self.made = made
        self._socket = _connected(path, "ATTACH")
        try:
            self._socket.settimeout(deadline)
            self._socket.send(b"ATTACH")
            answer = self._socket.recv(ANSWER)
        except TimeoutError:
            self._socket.close()
            raise TimedOut(f"{path}: ATTACH was not answered for {deadline:g} s") from None
        except OSError as error:
            self._socket.close()
            raise _from_os(path, "ATTACH", error) from error
        if answer.strip() != b"OK":
            self._socket.close()
            raise MechanismError(f"{path}: ATTACH was refused")

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def heard(self) -> list[str]:
        """What has come since, without its level ("<3>"); empty when nothing has."""
        found: list[str] = []
        while True:
            try:
                content = self._socket.recv(ANSWER, socket.MSG_DONTWAIT)
            except OSError:
                return found
            found.append(content.decode("utf-8", "replace").partition(">")[2])

    def close(self) -> None:
        """Give the socket back; the daemon notices by itself."""
        self._socket.close()


def _connected(path: Path, verb: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        connection.bind("")
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise _from_os(path, verb, error) from error
    return connection


def _from_os(path: Path, verb: str, error: OSError) -> MechanismError:
    kind = Missing if error.errno in GONE else MechanismError
    return kind(f"{path}: {verb}: {os.strerror(error.errno or 0)}", errno.errorcode.get(error.errno or 0, ""))
