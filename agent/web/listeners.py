"""The page's listening sockets, one bound to each interface: what comes in by another one finds nothing there."""

import errno
import logging
import socket
from collections.abc import Iterable
from typing import Final

log = logging.getLogger(__name__)

BACKLOG: Final = 32


class Listeners:
    """Sockets by interface name, all on one port; ``port`` 0 until the first has one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.of: dict[str, socket.socket] = {}
        self.problems: dict[str, str] = {}

    def follow(self, interfaces: Iterable[str]) -> tuple[list[socket.socket], list[socket.socket]]:
        """Listen on exactly these; gives the sockets that are new, and the closed. Problems are logged once."""
        wanted = dict.fromkeys(interfaces)
        closed = [self.of.pop(name) for name in [*self.of] if name not in wanted]
        self.problems = {name: text for name, text in self.problems.items() if name in wanted}
        for one in closed:
            one.close()
        new = []
        for name in wanted:
            if name in self.of:
                continue
            try:
                made = listening(name, self.port)
            except OSError as refused:
                self._note(name, refused)
                continue
            self.of[name] = made
            self.port = made.getsockname()[1]
            self.problems.pop(name, None)
            new.append(made)
        return new, closed

    def close(self) -> None:
        """Close them all."""
        self.follow(())

    def _note(self, name: str, refused: OSError) -> None:
        if refused.errno == errno.ENODEV:
            what = f"there is no interface {name} now; it is tried again with each new link"
        elif refused.errno == errno.EADDRINUSE:
            what = (
                f"port {self.port} on {name} is taken; set [web] port, or find who has it with: "
                f"ss -ltnp 'sport = :{self.port}'"
            )
        else:
            what = f"it cannot listen on port {self.port} of {name}: {refused.strerror}; set [web] port or interfaces"
        if self.problems.get(name) != what:
            log.warning("the page is not served there: %s", what)
        self.problems[name] = what


def listening(interface: str, port: int) -> socket.socket:
    """A socket for both families that hears that interface only. Raises OSError."""
    try:
        return _bound(socket.AF_INET6, interface, port)
    except OSError as refused:
        if refused.errno in (errno.EADDRINUSE, errno.ENODEV, errno.EPERM, errno.EACCES):
            raise
        return _bound(socket.AF_INET, interface, port)  # there is no IPv6 here


def _bound(family: int, interface: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind(("", port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made
