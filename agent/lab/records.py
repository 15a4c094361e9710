"""What the lab ACS remembers: devices, their sessions, the RPCs queued for them and every exchange's bytes."""

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.lab.soap import Json

PARAMETERS_KEPT = 100_000
SESSIONS_KEPT = 200

Direction = Literal["cpe", "acs", "note"]
RpcState = Literal["queued", "sent", "done", "fault"]


def device_id(oui: str, product_class: str, serial_number: str) -> str:
    """``OUI-ProductClass-SerialNumber``, or ``OUI-SerialNumber`` without a class, percent-encoded as GenieACS does."""
    parts = [oui, product_class, serial_number] if product_class else [oui, serial_number]
    return "-".join(re.sub(r"[^A-Za-z0-9_]", _percent, part) for part in parts)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


@dataclass(slots=True, eq=False)
class Rpc:
    """One RPC for a CPE, from the queue to its result."""

    id: str
    device: str
    method: str
    arguments: Json = field(repr=False)
    state: RpcState = "queued"
    result: Json | None = field(default=None, repr=False)
    """The response's content, or the fault ``{"code", "string", "parameters"}``; None before."""
    queued_at: float = 0.0
    """Unix time."""
    sent: float | None = None
    """Monotonic seconds just before the request's first byte was written."""
    received: float | None = None
    """Monotonic seconds when the response's last byte had been read."""
    response_size: int = 0
    """Bytes of the response's body on the wire."""

    @property
    def is_finished(self) -> bool:
        """Whether there is a result."""
        return self.state in ("done", "fault")

    @property
    def seconds(self) -> float | None:
        """From writing the request to having read the response."""
        return None if self.sent is None or self.received is None else self.received - self.sent


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation as it may be shown: secrets are masked already."""

    at: float
    """Unix time."""
    direction: Direction
    """Who spoke; a note is the lab ACS's own remark."""
    what: str
    """"Inform", "(empty)", "401 Unauthorized" …"""
    device: str = ""
    session: int = 0
    exchange: int = 0
    size: int = 0
    """Bytes of the body on the wire."""
    id: str | None = None
    summary: str = ""
    details: tuple[str, ...] = ()
    seconds: float | None = None
    """For the response to an RPC: how long it took."""
    is_bad: bool = False
    """A fault or a breach of the protocol."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One POST and its reply, every byte; the bodies are those of the wire, their codings taken off."""

    number: int
    """Counted over the run, from 1."""
    connection: int
    session: int
    """0 where it belongs to none, such as a POST that was challenged."""
    device: str
    method: str
    """The CPE's message: "Inform", "GetParameterValuesResponse", "Fault", "" for an empty POST."""
    reply_method: str
    """The ACS's: "InformResponse", "GetParameterValues", "" for an empty reply."""
    head: bytes = field(repr=False)
    envelope: bytes = field(repr=False)
    status: int
    """0: the connection was dropped without a reply."""
    reply_head: bytes = field(repr=False)
    reply_envelope: bytes = field(repr=False)
    received: float
    """Monotonic seconds when the request had been read."""
    replied: float
    """Monotonic seconds just before the reply's first byte was written."""
    bytes_in: int
    """HTTP bytes of the request as it came, head and body."""
    bytes_out: int


@dataclass(slots=True, eq=False)
class Session:
    """One CWMP session, from its Inform to the empty reply."""

    number: int
    cookie: str
    device: str
    connection: int
    namespace: str
    opened_at: float
    """Unix time."""
    last_heard: float
    """Monotonic seconds."""
    timeout: float
    base_url: str
    events: list[str]
    state: Literal["informing", "open", "ended", "lost"] = "informing"
    """``informing`` until the InformResponse; ``lost`` when silent for too long or replaced by a new session."""
    outstanding: Rpc | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    posts: int = 0
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=1000), repr=False)

    @property
    def is_open(self) -> bool:
        """Whether more of it is to come."""
        return self.state in ("informing", "open")


@dataclass(frozen=True, slots=True)
class Inform:
    """One Inform that was received, refused ones included."""

    device: str
    session: int
    events: tuple[str, ...]
    """Codes: "0 BOOTSTRAP", "M Reboot" …"""
    command_keys: tuple[str, ...]
    """Of the events, in their order."""
    retry_count: int
    parameters: dict[str, str]
    at: float
    """Monotonic seconds."""
    content: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a CPE has told of a transfer or of deployment units, or asked for: "TransferComplete" and its like."""

    device: str
    session: int
    method: str
    content: Json

    @property
    def command_key(self) -> str:
        """The one it belongs to; "" for what nobody has asked for."""
        return str(self.content.get("command_key", ""))

    @property
    def fault_code(self) -> int:
        """0 for success, and for what has no fault."""
        return int(self.content.get("fault_struct", {}).get("fault_code", 0))


@dataclass(slots=True, eq=False)
class Device:
    """One CPE, known by its Informs or expected."""

    id: str
    identity: Json = field(default_factory=dict)
    """manufacturer, oui, product_class, serial_number."""
    informs: int = 0
    last_inform: float | None = None
    """Unix time."""
    last_events: list[str] = field(default_factory=list)
    retry_count: int = 0
    parameters: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """What the CPE told: path to value and type ("" where it gave none)."""
    connection_request_url: str = ""
    connection_request_user: str = ""
    connection_request_password: str = field(default="", repr=False)
    provisioning: Rpc | None = field(default=None, repr=False)
    """By which the lab ACS last gave it credentials for connection requests, of its own accord."""
    last_connection_request: Json | None = None
    queue: deque[Rpc] = field(default_factory=deque, repr=False)
    session: Session | None = field(default=None, repr=False)
    """The latest."""
    sessions: deque[Session] = field(default_factory=lambda: deque(maxlen=SESSIONS_KEPT), repr=False)

    informed: dict[str, str] = field(default_factory=dict, repr=False)
    """The parameters of the latest Inform."""
    informed_before: dict[str, str] = field(default_factory=dict, repr=False)
    """The parameters of the one before it."""

    def learn(self, path: str, value: str, kind: str) -> None:
        """Keep a value, and what follows from it."""
        if path in self.parameters or len(self.parameters) < PARAMETERS_KEPT:
            self.parameters[path] = (value, kind or self.parameters.get(path, ("", ""))[1])
        match path.partition(".")[2]:
            case "ManagementServer.ConnectionRequestURL":
                self.connection_request_url = value
            case "ManagementServer.ConnectionRequestUsername":
                self.connection_request_user = value

    def known_type(self, path: str) -> str | None:
        """The type that the CPE gave a path."""
        return self.parameters.get(path, ("", ""))[1] or None

    def described(self) -> dict[str, Any]:
        """For the API, without the parameters."""
        session = self.session
        return {
            "id": self.id,
            **{name: self.identity.get(name, "") for name in ("manufacturer", "oui", "product_class", "serial_number")},
            "informs": self.informs,
            "last_inform": self.last_inform,
            "events": self.last_events,
            "retry_count": self.retry_count,
            "connection_request_url": self.connection_request_url,
            "last_connection_request": self.last_connection_request,
            "parameters_known": len(self.parameters),
            "queued": [rpc.id for rpc in self.queue],
            "session": None if session is None else {"number": session.number, "state": session.state},
            "sessions": len(self.sessions),
        }
