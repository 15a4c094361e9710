"""Performs what the core wants done: starts sessions, listens, restarts the system. The core itself does no I/O."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from agent.runtime import actions as do
from agent.runtime.acs_session import AcsSession
from agent.runtime.actions import Action
from agent.runtime.connection_request import ConnectionRequestListener, ListenError
from agent.runtime.connection_request_gate import Algorithm
from agent.runtime.events import Changed, ConnectionRequested
from agent.runtime.loop import Inbox
from agent.runtime.operations import OperationThreads

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """How the connection-request listener has to be; two that are equal need no change."""

    port: int
    path: str
    algorithm: Algorithm
    interface: str
    is_enabled: bool
    interface_index: int = 0
    """The kernel's number of the interface, 0 while there is none: under its name another one may have come to be."""


@dataclass(slots=True)
class Workers:
    """The threads that the core's actions start and end.

    ``connect`` begins a CWMP session; ``listening`` says how the listener has to be now, and ``credentials`` (asked in
    its thread) what a connection request has to show; ``reboot``, ``factory_reset``
    and ``reload`` act on the system and on the agent.
    """

    inbox: Inbox
    connect: Callable[[int, tuple[str, ...]], AcsSession]
    listening: Callable[[], Listening]
    credentials: Callable[[], tuple[str, str]]
    reboot: Callable[[], None]
    factory_reset: Callable[[], None]
    reload: Callable[[], None]
    closed: Callable[[int, str], None] = lambda _session, _outcome: None
    """Told of the end of each session: its number and outcome."""
    refused: Callable[[str, str], object] = lambda _source, _reason: None
    """Told, in the listener's thread, of each connection request that is refused: its address, and why."""
    session: AcsSession | None = None
    listener: ConnectionRequestListener | None = None
    problem: str = ""
    """Why there is no listener although there should be one, for people."""
    _as_now: Listening | None = None

    def perform(self, action: Action) -> None:
        """Do it; what comes of it arrives in the inbox. A surprise is logged, and the agent goes on."""
        try:
            self._perform(action)
        except Exception:
            log.exception("%s could not be done", type(action).__name__)

    def close(self) -> None:
        """End every worker."""
        if self.session is not None:
            self.session.close("the agent was stopped")
        if self.listener is not None:
            self.listener.close()

    def _perform(self, action: Action) -> None:
        match action:
            case do.OpenSession(number, events):
                self.session = self.connect(number, events)
            case do.Post(_, envelope):
                if self.session is not None:
                    self.session.post(envelope)
            case do.CloseSession(number, outcome):
                self.closed(number, outcome)
                if self.session is not None:
                    self.session.close(outcome)
                    self.session = None
            case do.Listen():
                before = self.listener
                self._listen()
                if (
                    self.listener is not before
                ):  # where the ACS reaches us is another place now, whoever brought it about
                    self.inbox.put(Changed(frozenset({"own"})))
            case do.Answer(answer, reply):
                answer(reply)
            case do.Reboot() | do.FactoryReset() | do.ReloadSettings():
                {do.Reboot: self.reboot, do.FactoryReset: self.factory_reset, do.ReloadSettings: self.reload}[
                    type(action)
                ]()
            case do.Begin(name, job):
                OperationThreads(self.inbox.put).begin(name, job)
            case _:
                assert_never(action)

    def _listen(self) -> None:
        wanted = self.listening()
        if wanted == self._as_now and (self.listener is not None or not wanted.is_enabled):
            return
        if self.listener is not None:
            self.listener.close()
            self.listener = None
        known, self.problem = self.problem, ""
        self._as_now = wanted
        if not wanted.is_enabled:
            return
        try:
            self.listener = ConnectionRequestListener(
                "",
                wanted.port,
                wanted.path,
                self.credentials,
                lambda: self.inbox.put(ConnectionRequested()),
                algorithm=wanted.algorithm,
                interface=wanted.interface,
                on_refused=self.refused,
            )
        except ListenError as failure:
            self.problem = str(failure)
            if self.problem != known:
                log.error("no connection requests: %s", failure)
