"""The lab ACS as a library: ``LabAcs`` serves CWMP, its JSON API and files on one listener, in threads of its own."""

import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from agent.lab.api import Api
from agent.lab.behaviour import Behaviour
from agent.lab.bench import Bench
from agent.lab.connection_request import ConnectionRequest, described_request, request_connection
from agent.lab.cwmp import CwmpService
from agent.lab.files import PREFIX, Files
from agent.lab.gate import Auth, Gate, Verdict
from agent.lab.http import Connection, Limits, Reply, Request, text_reply
from agent.lab.recorder import Recorder
from agent.lab.records import Device, Exchange, Inform, Line, Rpc, Session, Told
from agent.lab.server import Server
from agent.lab.soap import Json

Found = TypeVar("Found")


class LabAcs:
    """A small ACS. Use it as a context manager, or call ``start`` and ``stop``.

    CWMP is POSTed to any path outside ``/api/`` and ``/files/``. All methods may be called from any thread.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        data: Path | None = None,
        behaviour: Behaviour | None = None,
        show: Callable[[Line], None] = lambda _line: None,
        session_timeout: float = 30.0,
        connection_request_credentials: tuple[str, str] = ("", ""),
        provision: bool = False,
        limits: Limits | None = None,
        file_limit: int = 256 * 1024 * 1024,
        exchanges_kept: int = 5000,
    ) -> None:
        """``port`` 0 takes a free one. ``data``: the directory of the files that are served and taken; without it
        there are none. ``show`` gets each line of the conversation. ``session_timeout`` in seconds of silence.
        ``connection_request_credentials``: used where the ACS did not set a CPE's own in this run.
        ``provision``: at first contact give each CPE credentials for connection requests, as every ACS does.
        """
        self._changed = threading.Condition(threading.RLock())
        self._bench = Bench(session_timeout)
        self._bench.provision = provision
        auth = auth or Auth()
        if auth.scheme != "none":
            self._bench.credentials = (auth.user, auth.password)
        self._recorder = Recorder(exchanges_kept)
        self._gate = Gate(auth, time.monotonic)
        self._scheme = "https" if tls is not None else "http"
        self._server = Server(host, port, self._serve, self._tick, tls, limits or Limits())
        self._cwmp = CwmpService(
            self._bench,
            self._changed,
            self._gate,
            scheme=self._scheme,
            show=show,
            pause=self._server.pause,
            recorder=self._recorder,
        )
        self._cwmp.behaviour = behaviour or Behaviour()
        self._show = show
        self._files = Files(data, file_limit) if data is not None else None
        self._connection_request_credentials = connection_request_credentials
        self._api = Api(self)

    def start(self) -> Self:
        """Listen and serve; OSError when the address cannot be had."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Close everything; sessions under way are cut."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The one listened on, once started."""
        return self._server.port

    @property
    def url(self) -> str:
        """What a CPE is given as its ACS URL."""
        host = self._server.host
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self._server.port}/"

    @property
    def behaviour(self) -> Behaviour:
        """May be set at any time; holds from the next POST, its counters start again."""
        return self._cwmp.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self._cwmp.behaviour = behaviour

    @property
    def devices(self) -> dict[str, Device]:
        """All devices by id; a copy of the table, the devices themselves live on."""
        with self._changed:
            return dict(self._bench.devices)

    @property
    def exchanges(self) -> list[Exchange]:
        """The latest exchanges with every byte, oldest first."""
        with self._changed:
            return list(self._recorder.exchanges)

    @property
    def informs(self) -> list[Inform]:
        """The Informs received, oldest first."""
        with self._changed:
            return list(self._bench.informs)

    @property
    def sessions(self) -> list[Session]:
        """The latest sessions of all devices, oldest first."""
        with self._changed:
            found = [session for device in self._bench.devices.values() for session in device.sessions]
        return sorted(found, key=lambda session: session.number)

    @property
    def traffic(self) -> tuple[int, int, int]:
        """CWMP exchanges so far, their HTTP bytes in and out; challenges and refusals count, API and files do not."""
        with self._changed:
            return self._recorder.posts, self._recorder.bytes_in, self._recorder.bytes_out

    @property
    def told(self) -> list[Told]:
        """What CPEs have told of transfers and deployment units, and have been answered; the oldest first."""
        with self._changed:
            return list(self._bench.told)

    def wait_for_transfer(self, command_key: str, *, after: int = 0, timeout: float = 30.0) -> Told:
        """The TransferComplete with that key, beyond the first ``after`` things told; TimeoutError."""

        def found() -> Told | None:
            told = list(self._bench.told)[after:]
            return next(
                (one for one in told if one.method == "TransferComplete" and one.command_key == command_key), None
            )

        return self.wait_until(found, timeout, lambda: f"no TransferComplete with the key {command_key!r}")

    def conversation(self) -> list[str]:
        """What was said so far, in turns: ``["Inform", "InformResponse", "", "GetParameterValues", …]``."""
        return [word for exchange in self.exchanges for word in (exchange.method, exchange.reply_method)]

    def envelope_of(self, line: Line) -> str | None:
        """The envelope that a line tells of, secrets masked; None where there was none or it is no longer kept."""
        with self._changed:
            return self._recorder.envelope_of(line)

    def expect(self, device: str) -> Device:
        """The device of this id, made known before its first Inform, so that RPCs can be queued for it."""
        with self._changed:
            return self._bench.expect(device)

    def queue(self, device: str, method: str, arguments: Json | None = None) -> Rpc:
        """Queue an RPC (arguments as in ``agent.lab.rpcs``). KeyError for an unknown device, BadArguments."""
        with self._changed:
            rpc = self._bench.queue(self._bench.devices[device], method, arguments or {}, time.time())
            self._changed.notify_all()
            return rpc

    def rpc(self, number: str) -> Rpc | None:
        """The RPC of this id."""
        with self._changed:
            return self._bench.rpcs.get(number)

    def wait(self, rpc: Rpc, timeout: float = 30.0) -> Rpc:
        """Wait until an RPC is done or fault; TimeoutError names the state it was left in."""
        self.wait_until(lambda: rpc.is_finished, timeout, lambda: f"{rpc.method} is still {rpc.state}")
        return rpc

    def wait_for_inform(self, event: str = "", *, device: str = "", after: int = 0, timeout: float = 30.0) -> Inform:
        """The first Inform beyond the first ``after`` ones that has this event ("" any); TimeoutError."""

        def found() -> Inform | None:
            for inform in list(self._bench.informs)[after:]:
                if (not event or event in inform.events) and device in ("", inform.device):
                    return inform
            return None

        return self.wait_until(found, timeout, lambda: f"no Inform with {event or 'any event'}")

    def wait_for_session_end(self, *, after: int = 0, timeout: float = 30.0) -> Session:
        """The first session with a number above ``after`` that ended as it should; TimeoutError."""

        def found() -> Session | None:
            return next((each for each in self.sessions if each.number > after and each.state == "ended"), None)

        return self.wait_until(found, timeout, lambda: "no session ended")

    def wait_until(
        self,
        condition: Callable[[], Found | None],
        timeout: float = 30.0,
        what: Callable[[], str] = lambda: "nothing came",
    ) -> Found:
        """The first true value of ``condition``, which is asked again whenever something happened; TimeoutError."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (found := condition()):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError(f"{what()} after {timeout:g} s")
                self._changed.wait(min(remaining, 1.0))
            return found

    def request_connection(
        self, device: str, user: str | None = None, password: str | None = None, timeout: float = 5.0
    ) -> ConnectionRequest:
        """Send a device a connection request. KeyError for an unknown device; what fails is in the answer.

        Without ``user`` the credentials are those that this ACS set by SetParameterValues, else its default ones.
        """
        with self._changed:
            known = self._bench.devices[device]
            url = known.connection_request_url
            default_user, default_password = self._connection_request_credentials
            if user is None:
                user = known.connection_request_user or default_user
                password = known.connection_request_password or default_password
        outcome = request_connection(url, user, password or "", timeout)
        with self._changed:
            known.last_connection_request = {**described_request(outcome), "at": time.time()}
            self._changed.notify_all()
        summary = f"{outcome.status or outcome.reason}" + (f" {outcome.reason}" if outcome.status else "")
        self._show(
            Line(
                time.time(),
                "acs",
                "connection request",
                device,
                summary=summary.strip(),
                seconds=outcome.seconds,
                is_bad=not outcome.accepted,
            )
        )
        return outcome

    def files(self) -> list[dict[str, Any]] | None:
        """Name and size of each file; None where there is no directory for them."""
        return self._files.listing() if self._files is not None else None

    def _serve(self, connection: Connection, request: Request) -> Reply | None:
        if request.path.startswith("/api/"):
            return self._api.serve(connection, request)
        if request.path.startswith(PREFIX):
            return self._serve_file(connection, request)
        if request.method == "POST":
            return self._cwmp.serve(connection, request)
        if request.method == "GET" and request.path == "/":
            return text_reply(200, "A lab ACS: CPEs POST here; /api/devices lists them; /files/NAME holds files.")
        return Reply(405, (("Allow", "POST"),))

    def _serve_file(self, connection: Connection, request: Request) -> Reply:
        if self._files is None:
            return text_reply(404, "there are no files: the lab ACS was started without a data directory")
        body = b""
        if request.method != "GET" and "auth-int" in request.headers.get("authorization", ""):
            return text_reply(400, "auth-int is not served for files, they are streamed")
        verdict = self._gate.check(
            request.headers.get("authorization"), request.method, request.target, body, connection.number
        )
        if verdict is not Verdict.GOOD:
            return Reply(401, tuple(self._gate.challenge(connection.number, verdict is Verdict.STALE)))
        reply = self._files.serve(connection, request)
        self._show(
            Line(
                time.time(),
                "cpe",
                f"{request.method} {request.path}",
                size=reply.file_size,
                summary=str(reply.status),
                is_bad=reply.status >= 400,
            )
        )
        return reply

    def _tick(self) -> None:
        with self._changed:
            self._bench.expire(time.monotonic())
            self._changed.notify_all()
