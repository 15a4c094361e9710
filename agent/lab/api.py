"""The lab ACS's HTTP JSON API, for the command line, scripts and tests; answered to the machine's own users only.

| request | answer |
|---|---|
| ``GET /api/devices`` | ``{"devices": [{"id", "manufacturer", "oui", "product_class", "serial_number", "informs", "last_inform", "events", "retry_count", "connection_request_url", "last_connection_request", "parameters_known", "queued", "session", "sessions"}]}`` |
| ``GET /api/devices/ID`` | one of them, with ``"parameters": [{"path", "value", "type"}]`` as learnt |
| ``POST /api/devices/ID/rpc`` ``{"method", "arguments", "connection_request": false, "expect": false}`` | 202 ``{"id", "state"}``; arguments as in ``agent.lab.rpcs``; ``connection_request``: send one at once; ``expect``: the device need not be known yet |
| ``GET /api/rpc/ID[?wait=SECONDS]`` | ``{"id", "device", "method", "arguments", "state", "result", "queued_at", "seconds", "bytes"}``, after up to 60 s of waiting for its end; while it is queued and the CPE has refused a connection request since, also ``connection_request`` as above |
| ``POST /api/devices/ID/connection-request`` ``{"username", "password"}``, both may be left out | ``{"url", "status", "was_challenged", "seconds", "accepted"}``; 502 with an error when the CPE does not accept |
| ``GET /api/devices/ID/sessions[?xml=1]`` | ``{"sessions": [{"number", "state", "opened_at", "events", "bytes_in", "bytes_out", "posts", "lines"}]}``, newest last; with ``xml=1`` each line's envelope as ``xml``, null where there is none or it is no longer kept |
| ``GET /api/devices/ID/told`` | ``{"told": [{"session", "method", "content"}]}``: TransferComplete and its like, what was told of deployment units, RequestDownload |
| ``GET /api/files`` | ``{"files": [{"name", "size"}]}`` |
| ``GET /api/traffic`` | ``{"exchanges", "bytes_in", "bytes_out"}`` of all CWMP since the start |
| ``GET``, ``PUT /api/behaviour`` | the fields of ``agent.lab.behaviour``; a PUT sets those it names, the rest to their defaults |

Every answer is a JSON object with ``"schema": 1``; an error is ``{"schema": 1, "error": {"code", "message", "next"}}``.
Passwords and keys are masked. ID is a device's id, percent-encoded once more as any path is; the bare id works too.

Only this machine is answered: loopback addresses, and who asks from the address that is asked. A request with an
``Origin``, or without TLS whose ``Host`` is a name other than localhost, is refused: it comes from a web page.
"""  # noqa: E501 - a table's row is one line

import contextlib
import ipaddress
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from agent.lab.behaviour import Behaviour
from agent.lab.connection_request import described_request, next_step
from agent.lab.conversation import line_json
from agent.lab.http import Connection, Reply, Request
from agent.lab.masking import masked, masked_value
from agent.lab.records import Device, Rpc
from agent.lab.rpcs import BadArguments

if TYPE_CHECKING:
    from agent.lab.acs import LabAcs

Json = dict[str, Any]

MAX_BODY = 1 << 20
LONGEST_WAIT = 60.0


class _Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, message: str, next_step: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, "next": next_step}


class Api:
    """Routes requests to a LabAcs."""

    def __init__(self, acs: "LabAcs") -> None:
        self._acs = acs

    def serve(self, connection: Connection, request: Request) -> Reply:
        """Answer a request below ``/api/``."""
        try:
            reason = reason_to_refuse(connection.peer, connection.own, request.headers, is_secure=connection.is_secure)
            if reason:
                raise _Refused(403, "forbidden", reason, "ask with curl or cpe-agent lab on the ACS's own machine")
            body = connection.read_body(request, MAX_BODY)
            status, answer = self._route(request, body)
        except _Refused as refused:
            status, answer = refused.status, {"error": refused.error}
        text = json.dumps({"schema": 1, **answer})
        return Reply(status, (("Content-Type", "application/json"),), text.encode())

    def _route(self, request: Request, body: bytes) -> tuple[int, Json]:
        parts = request.path.removeprefix("/api/").rstrip("/").split("/")
        query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
        routes: dict[str, Callable[[], tuple[int, Json]]]
        match parts:
            case ["devices"]:
                routes = {"GET": self._devices}
            case ["devices", device]:
                routes = {"GET": lambda: self._device(device)}
            case ["devices", device, "rpc"]:
                routes = {"POST": lambda: self._queue(device, _object(body))}
            case ["devices", device, "connection-request"]:
                routes = {"POST": lambda: self._connect(device, _object(body or b"{}"))}
            case ["devices", device, "sessions"]:
                routes = {"GET": lambda: self._sessions(device, query.get("xml", "0") not in ("", "0"))}
            case ["devices", device, "told"]:
                routes = {"GET": lambda: self._told(device)}
            case ["rpc", number]:
                routes = {"GET": lambda: self._rpc(number, query.get("wait", "0"))}
            case ["files"]:
                routes = {"GET": lambda: (200, {"files": self._acs.files() or []})}
            case ["traffic"]:
                routes = {"GET": self._traffic}
            case ["behaviour"]:
                routes = {"GET": self._behaviour, "PUT": lambda: self._behave(_object(body))}
            case _:
                raise _Refused(404, "not_found", f"there is no {request.path}", "GET /api/devices is a start")
        if request.method not in routes:
            allowed = " and ".join(routes)
            raise _Refused(405, "method_not_allowed", f"{request.method} is not served here", f"{allowed} is")
        return routes[request.method]()

    def _devices(self) -> tuple[int, Json]:
        return 200, {"devices": [_described(device) for device in self._acs.devices.values()]}

    def _known(self, name: str) -> Device:
        devices = self._acs.devices
        for candidate in (unquote(name), name):
            if candidate in devices:
                return devices[candidate]
        message = f"no device {unquote(name)} has sent an Inform"
        raise _Refused(404, "unknown_device", message, "GET /api/devices lists those that have")

    def _device(self, name: str) -> tuple[int, Json]:
        device = self._known(name)
        parameters = [
            {"path": path, "value": masked_value(path, value), "type": kind}
            for path, (value, kind) in sorted(device.parameters.copy().items())
        ]
        return 200, {**_described(device), "parameters": parameters}

    def _queue(self, name: str, asked: Json) -> tuple[int, Json]:
        _only(asked, {"method": str, "arguments": dict, "connection_request": bool, "expect": bool})
        if "method" not in asked:
            raise _Refused(400, "bad_arguments", "method is missing", 'such as {"method": "GetRPCMethods"}')
        device = self._acs.expect(unquote(name)) if asked.get("expect") else self._known(name)
        try:
            rpc = self._acs.queue(device.id, asked["method"], asked.get("arguments", {}))
        except BadArguments as wrong:
            step = "cpe-agent lab methods shows each with its arguments"
            raise _Refused(400, "bad_arguments", str(wrong), step) from None
        answer: Json = {"id": rpc.id, "state": rpc.state}
        if asked.get("connection_request"):
            outcome = self._acs.request_connection(device.id)
            answer["connection_request"] = described_request(outcome)
        return 202, answer

    def _rpc(self, number: str, wait: str) -> tuple[int, Json]:
        rpc = self._acs.rpc(number)
        if rpc is None:
            raise _Refused(404, "unknown_rpc", f"there is no RPC {number}", "its id is in the answer to its POST")
        try:
            seconds = min(max(float(wait), 0.0), LONGEST_WAIT)
        except ValueError:
            raise _Refused(400, "bad_arguments", f"wait is seconds, not {wait!r}", "such as ?wait=30") from None
        with contextlib.suppress(TimeoutError):  # the state that it has is the answer
            self._acs.wait(rpc, seconds)
        return 200, described_rpc(rpc) | self._why_queued(rpc)

    def _why_queued(self, rpc: Rpc) -> Json:
        """The connection request that has failed while the RPC waits for a session."""
        last = self._acs.devices[rpc.device].last_connection_request
        if rpc.state != "queued" or last is None or last["accepted"] or last["at"] < rpc.queued_at:
            return {}
        return {"connection_request": last}

    def _connect(self, name: str, asked: Json) -> tuple[int, Json]:
        _only(asked, {"username": str, "password": str})
        device = self._known(name)
        outcome = self._acs.request_connection(device.id, asked.get("username"), asked.get("password"))
        if not outcome.accepted:
            raise _Refused(502, "connection_request_failed", outcome.reason, next_step(outcome))
        return 200, described_request(outcome)

    def _sessions(self, name: str, xml: bool) -> tuple[int, Json]:
        device = self._known(name)
        found = []
        for session in list(device.sessions):
            lines = []
            for line in list(session.lines):
                shown = line_json(line)
                if xml:
                    shown["xml"] = self._acs.envelope_of(line)
                lines.append(shown)
            found.append(
                {
                    "number": session.number,
                    "state": session.state,
                    "opened_at": session.opened_at,
                    "events": session.events,
                    "bytes_in": session.bytes_in,
                    "bytes_out": session.bytes_out,
                    "posts": session.posts,
                    "lines": lines,
                }
            )
        return 200, {"sessions": found}

    def _told(self, name: str) -> tuple[int, Json]:
        device = self._known(name)
        told = [one for one in self._acs.told if one.device == device.id]
        return 200, {
            "told": [{"session": one.session, "method": one.method, "content": masked(one.content)} for one in told]
        }

    def _traffic(self) -> tuple[int, Json]:
        exchanges, bytes_in, bytes_out = self._acs.traffic
        return 200, {"exchanges": exchanges, "bytes_in": bytes_in, "bytes_out": bytes_out}

    def _behaviour(self) -> tuple[int, Json]:
        return 200, {"behaviour": asdict(self._acs.behaviour)}

    def _behave(self, asked: Json) -> tuple[int, Json]:
        plain = asdict(Behaviour())
        _only(asked, {name: (int, float) if type(value) is float else type(value) for name, value in plain.items()})
        try:
            self._acs.behaviour = Behaviour(**asked)
        except ValueError as wrong:
            raise _Refused(400, "bad_arguments", str(wrong), "GET /api/behaviour shows all fields") from None
        return self._behaviour()


def described_rpc(rpc: Rpc) -> Json:
    """An RPC for the API."""
    return {
        "id": rpc.id,
        "device": rpc.device,
        "method": rpc.method,
        "arguments": masked(rpc.arguments),
        "state": rpc.state,
        "result": masked(rpc.result),
        "queued_at": rpc.queued_at,
        "seconds": rpc.seconds,
        "bytes": rpc.response_size,
    }


def _described(device: Device) -> Json:
    shown: Json = masked(device.described())
    return shown


def reason_to_refuse(peer: str, own: str, headers: dict[str, str], *, is_secure: bool = False) -> str:
    """Why a request from this address to that of ours with these headers is not answered; "" when it is.

    Who reaches a machine by an address and has the same one is that machine.
    """
    address = ipaddress.ip_address(peer.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if not (mapped or address).is_loopback and peer != own:
        return "the API answers this machine's own users only"
    host = headers.get("host", "localhost")
    name = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
        is_name = False
    except ValueError:
        is_name = name.lower() != "localhost"
    # A page in a browser names its Origin, or has made a name of its own point here, for which no certificate is ours.
    return "the API does not answer web pages" if "origin" in headers or (is_name and not is_secure) else ""


def _object(body: bytes) -> Json:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise _Refused(400, "bad_json", f"the body is no JSON: {wrong}", "send an object") from None
    if not isinstance(found, dict):
        raise _Refused(400, "bad_json", "the body is no JSON object", "send an object")
    return found


def _only(asked: Json, kinds: dict[str, Any]) -> None:
    for name, value in asked.items():
        if name not in kinds:
            raise _Refused(400, "bad_arguments", f"{name} is not known here", f"known: {', '.join(kinds)}")
        kind = kinds[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            words = {str: "text", dict: "an object", bool: "true or false"}.get(kind, "a number")
            raise _Refused(400, "bad_arguments", f"{name} is {words}", f"not {value!r}")
