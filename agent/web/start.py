"""Puts the page together: its files, who may see what, the bytes; all that the daemon knows of it."""

import secrets
from collections.abc import Iterable
from time import monotonic

from agent.web.agent_socket import AgentSocket
from agent.web.page import Page
from agent.web.server import Server


class RunningPage:
    """The page of an agent whose control socket is at ``control_socket``; methods may be called from any thread."""

    def __init__(self, control_socket: str, port: int) -> None:
        self.asked_port = port
        self._page = Page(AgentSocket(control_socket), monotonic, lambda: secrets.token_urlsafe(32))
        self._server = Server(port, self._page)

    @property
    def port(self) -> int:
        """Its TCP port, 0 until it has one."""
        return self._server.port

    def interfaces(self) -> list[str]:
        """Where it is served now."""
        return self._server.interfaces()

    def problems(self) -> dict[str, str]:
        """Why it is not served where it should be, by interface."""
        return self._server.problems()

    def follow(self, interfaces: Iterable[str]) -> None:
        """Serve on exactly these."""
        self._server.follow(interfaces)

    def end_sessions(self, generation: int) -> None:
        """Every log-in with an earlier password than the one of this number ends, those under way included."""
        self._server.tell(lambda: self._page.access.end_before(generation))

    def stop(self) -> None:
        """End it."""
        self._server.stop()
