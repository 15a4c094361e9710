"""The ACS's side of CWMP sessions: whose turn, which RPC next, what is learnt. No I/O; time is an argument."""

import contextlib
import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass

from agent.lab import rpcs
from agent.lab.records import Device, Inform, Rpc, Session, Told, device_id
from agent.lab.soap import Json, Message, fault_body

DEVICES_KEPT = 1000
RPCS_KEPT = 10_000
INFORMS_KEPT = 10_000
TOLD_KEPT = 1000
TOLD = (
    "TransferComplete",
    "AutonomousTransferComplete",
    "RequestDownload",
    "DUStateChangeComplete",
    "AutonomousDUStateChangeComplete",
)
"""What is kept of the CPEs' own requests."""

_SET_AT_FIRST_CONTACT = ".ManagementServer.ConnectionRequestPassword"


class BadTurn(Exception):
    """A message that has no place here; the CPE gets HTTP 400."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the ACS says next."""

    method: str
    """"" for nothing more: the empty reply."""
    body: str = ""
    id: str | None = None
    request: Rpc | None = None
    """The RPC that is being sent."""
    response_to: Rpc | None = None
    """The RPC that the CPE's message finished."""
    remark: str = ""


class Bench:
    """All devices, sessions and RPCs of a run. Not locked: its owner is."""

    def __init__(self, session_timeout: float) -> None:
        """``session_timeout``: seconds of silence after which a session is lost, unless the CPE asks for others."""
        self.session_timeout = session_timeout
        self.devices: dict[str, Device] = {}
        self.rpcs: OrderedDict[str, Rpc] = OrderedDict()
        self.sessions: OrderedDict[str, Session] = OrderedDict()
        self.informs: deque[Inform] = deque(maxlen=INFORMS_KEPT)
        self.told: deque[Told] = deque(maxlen=TOLD_KEPT)
        self.credentials = ("", "")
        """What a CPE shows the lab ACS; given with the URLs of its own files."""
        self.provision = False
        """Give each device credentials for connection requests of its own, as every ACS does at first contact."""
        self._sessions_opened = 0
        self._rpcs_queued = 0

    def expect(self, device: str) -> Device:
        """The device of this id, made known before its first Inform if it is new."""
        if device not in self.devices:
            if len(self.devices) >= DEVICES_KEPT:
                oldest = min(self.devices.values(), key=lambda known: known.last_inform or 0.0)
                del self.devices[oldest.id]
                for session in [open_ for open_ in self.sessions.values() if open_.device == oldest.id]:
                    del self.sessions[session.cookie]
            self.devices[device] = Device(device)
        return self.devices[device]

    def queue(self, device: Device, method: str, arguments: Json, at: float) -> Rpc:
        """Queue an RPC at Unix time ``at``. rpcs.BadArguments when it could not be sent."""
        rpcs.render(method, arguments, self._context(device, None))
        self._rpcs_queued += 1
        rpc = Rpc(str(self._rpcs_queued), device.id, method, arguments, queued_at=at)
        self.rpcs[rpc.id] = rpc
        while len(self.rpcs) > RPCS_KEPT:
            self.rpcs.popitem(last=False)
        device.queue.append(rpc)
        return rpc

    def find(self, cookie: str | None, connection: int, cookie_only: bool) -> Session | None:
        """The session that a POST belongs to: by its cookie, else by the connection that it has had all along."""
        if cookie is not None and cookie in self.sessions:
            return self.sessions[cookie]
        if cookie_only:
            return None
        return next((known for known in reversed(self.sessions.values()) if known.connection == connection), None)

    def open(self, inform: Message, connection: int, base_url: str, at: float, now: float) -> Session:
        """A session for an Inform; one that the device still has is lost. BadTurn without an identity."""
        identity = inform.content["device_id"]
        if not identity.get("oui") or not identity.get("serial_number"):
            raise BadTurn("the Inform has no OUI or no SerialNumber")
        known = self.expect(device_id(identity["oui"], identity.get("product_class", ""), identity["serial_number"]))
        if known.session is not None and known.session.is_open:
            self._lose(known.session, "a new session of the device took its place")
        self._sessions_opened += 1
        session = Session(
            self._sessions_opened,
            secrets.token_hex(8),
            known.id,
            connection,
            inform.namespace,
            at,
            now,
            float(inform.session_timeout or self.session_timeout),
            base_url,
            [event["code"] for event in inform.content["events"]],
        )
        self.sessions[session.cookie] = session
        known.session = session
        known.sessions.append(session)
        while len(self.sessions) > DEVICES_KEPT:
            self.sessions.popitem(last=False)
        return session

    def inform(self, session: Session, message: Message, at: float, now: float) -> None:
        """Note what an Inform says; whether it is accepted is the caller's."""
        content = message.content
        device = self.devices[session.device]
        device.identity = content["device_id"]
        device.informs += 1
        device.last_inform = at
        device.last_events = [event["code"] for event in content["events"]]
        device.retry_count = content["retry_count"]
        for parameter in content["parameters"]:
            device.learn(parameter["path"], parameter["value"], parameter["type"])
        device.informed_before = device.informed
        device.informed = {parameter["path"]: parameter["value"] for parameter in content["parameters"]}
        self.informs.append(
            Inform(
                device.id,
                session.number,
                tuple(device.last_events),
                tuple(event["command_key"] for event in content["events"]),
                content["retry_count"],
                device.informed,
                now,
                content,
            )
        )
        if self.provision and _needs_credentials(device):
            self._provision(device, at)

    def _provision(self, device: Device, at: float) -> None:
        """Before anything else that is queued, set credentials that no other device has."""
        server = next(iter(device.informed), "Device.").partition(".")[0] + ".ManagementServer."
        arguments = {
            "parameters": {
                f"{server}ConnectionRequestUsername": {"value": "lab-acs", "type": "string"},
                f"{server}ConnectionRequestPassword": {"value": secrets.token_urlsafe(12), "type": "string"},
            },
            "parameter_key": device.informed.get(f"{server}ParameterKey", ""),  # stays as it is
        }
        device.provisioning = self.queue(device, "SetParameterValues", arguments, at)
        device.queue.rotate(1)

    def turn(self, session: Session, message: Message | None, arrived: float, size: int) -> Turn:
        """The ACS's next words after a CPE's message (None: an empty POST) of ``size`` bytes that came at ``arrived``.

        BadTurn when the message is out of turn; the session goes on as if it had not come.
        """
        if session.state == "lost":
            raise BadTurn("the session is over")
        if message is None or message.is_answer:
            return self._next(session, message, arrived, size)
        if message.method == "Inform":
            if session.state != "informing":
                raise BadTurn("an Inform inside a session")
            session.state = "open"
        elif session.state == "informing":
            raise BadTurn(f"{message.method} before an Inform was accepted")
        elif session.outstanding is not None:
            raise BadTurn(f"{message.method} where the response to {session.outstanding.method} is due")
        body = rpcs.answer(message.method)
        if body is None:
            return Turn("Fault", fault_body(8000, "Method not supported"), message.id)
        session.state = "open"
        if message.method in TOLD:
            self.told.append(Told(session.device, session.number, message.method, message.content))
        return Turn(f"{message.method}Response", body, message.id)

    def expire(self, now: float) -> None:
        """Lose the sessions that have been silent for too long; forget what is long over."""
        for session in list(self.sessions.values()):
            silent = now - session.last_heard
            if session.is_open and silent > session.timeout:
                self._lose(session, f"silent for {session.timeout:g} s")
            elif not session.is_open and silent > 10 * session.timeout:
                del self.sessions[session.cookie]

    def _next(self, session: Session, message: Message | None, arrived: float, size: int) -> Turn:
        if session.state == "informing":
            raise BadTurn("the session has no accepted Inform yet")
        finished, remark = session.outstanding, ""
        if message is None and finished is not None:
            # The response will not come any more in this session: an empty POST says that nothing is left to say.
            self._finish(finished, {"code": 0, "string": "an empty POST in place of the response", "parameters": []})
            remark = f"an empty POST where the response to {finished.method} is due"
        elif message is not None:
            if finished is None:
                raise BadTurn(f"{message.method} answers nothing that was asked")
            finished.received, finished.response_size = arrived, size
            remark = self._take(session, finished, message)
        session.outstanding = None
        following = self._send(session)
        return Turn(following.method, following.body, following.id, following.request, finished, remark)

    def _send(self, session: Session) -> Turn:
        device = self.devices[session.device]
        while device.queue:
            rpc = device.queue.popleft()
            try:
                body = rpcs.render(rpc.method, rpc.arguments, self._context(device, session))
            except rpcs.BadArguments as wrong:
                self._finish(rpc, {"code": 0, "string": str(wrong), "parameters": []})
                continue
            rpc.state = "sent"
            session.outstanding, session.state = rpc, "open"
            return Turn(rpc.method, body, rpc.id, rpc)
        session.state = "ended"
        return Turn("")

    def _take(self, session: Session, rpc: Rpc, message: Message) -> str:
        """Finish an RPC by the CPE's message; what is wrong with that message, or ""."""
        if message.method == "Fault":
            self._finish(rpc, message.content)
            return "" if message.id == rpc.id else f"the Fault carries ID {message.id!r}, the request had {rpc.id!r}"
        wrong = ""
        if message.id != rpc.id:
            wrong = f"the response carries ID {message.id!r}, the request had {rpc.id!r}"
        elif message.method != f"{rpc.method}Response":
            wrong = f"{message.method} in answer to {rpc.method}"
        if wrong:
            self._finish(rpc, {"code": 0, "string": wrong, "parameters": []})
            return wrong
        rpc.state, rpc.result = "done", message.content
        self._learn(self.devices[session.device], rpc)
        return ""

    def _learn(self, device: Device, rpc: Rpc) -> None:
        if rpc.method == "GetParameterValues" and rpc.result is not None:
            for parameter in rpc.result["parameters"]:
                device.learn(parameter["path"], parameter["value"], parameter["type"])
        if rpc.method == "SetParameterValues" and "parameters" in rpc.arguments:
            for path, given in _assignments(rpc.arguments["parameters"]):
                text = str(int(given)) if isinstance(given, bool) else str(given)
                if path.endswith(_SET_AT_FIRST_CONTACT):
                    device.connection_request_password = text
                else:
                    device.learn(path, text, "")

    def _lose(self, session: Session, reason: str) -> None:
        session.state = "lost"
        if session.outstanding is not None:
            self._finish(session.outstanding, {"code": 0, "string": f"session lost: {reason}", "parameters": []})
            session.outstanding = None

    @staticmethod
    def _finish(rpc: Rpc, fault: Json) -> None:
        rpc.state, rpc.result = "fault", fault

    def _context(self, device: Device, session: Session | None) -> rpcs.Context:
        base = session.base_url if session is not None else "http://localhost"
        return rpcs.Context(device.known_type, base, *self.credentials)


def _needs_credentials(device: Device) -> bool:
    """Whether the device is new to this run, or has lost what it was given; not while they are on their way."""
    if any(
        path.endswith(_SET_AT_FIRST_CONTACT)
        for rpc in device.queue
        if rpc.method == "SetParameterValues"
        for path, _ in _assignments(rpc.arguments.get("parameters"))
    ):
        return False
    if "0 BOOTSTRAP" in device.last_events:
        return True
    asked = device.provisioning
    was_refused = asked is not None and asked.state == "fault" and bool(asked.result and asked.result["code"])
    return not device.connection_request_password and not was_refused


def _assignments(parameters: object) -> list[tuple[str, object]]:
    """Paths and plain values of SetParameterValues' two forms, which were checked when queued."""
    pairs: list[tuple[str, object]] = []
    with contextlib.suppress(KeyError, TypeError):
        if isinstance(parameters, dict):
            pairs = [(p, v["value"] if isinstance(v, dict) else v) for p, v in parameters.items()]
        elif isinstance(parameters, list):
            pairs = [(p["path"], p["value"]) for p in parameters]
    return pairs
