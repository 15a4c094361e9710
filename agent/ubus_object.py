"""The agent as the object ``cpe-agent`` on OpenWrt's bus: the control socket's verbs for LuCI, scripts and hotplug."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from agent.runtime.control import SCHEMA, Answer, Ask, Stream, error
from backends.ubus import BusService, Kind, Method, Published, Request, Status
from backends.ubus.service import Stop

NAME: Final = "cpe-agent"

Arguments = dict[str, Any]
Reply = dict[str, Any]

STATUSES: Final[Mapping[str, Status]] = {
    "bad_request": Status.INVALID_ARGUMENT,
    "invalid_arguments": Status.INVALID_ARGUMENT,
    "invalid_type": Status.INVALID_ARGUMENT,
    "invalid_value": Status.INVALID_ARGUMENT,
    "unknown_path": Status.NOT_FOUND,
    "unknown_session": Status.NOT_FOUND,
    "unknown_verb": Status.METHOD_NOT_FOUND,
    "denied": Status.PERMISSION_DENIED,
    "not_writable": Status.PERMISSION_DENIED,
    "timeout": Status.TIMEOUT,
}
"""How a call ends whose document is an error of that code; another code is an unknown error."""

_TOO_LARGE: Final = error("too_large", "the answer is larger than a message of the bus", "ask for a part of it")


def _of_path(arguments: Arguments) -> Arguments:
    """For ``get``: one path may be given without a list."""
    path = arguments.pop("path", None)
    return arguments if path is None else {**arguments, "paths": [*arguments.get("paths", ()), path]}


def _values(arguments: Arguments) -> Arguments:
    """For ``set``: one value may be given without a table, and true and numbers as such, since jshn makes them so."""
    values = dict(arguments.pop("values", {}))
    if "path" in arguments:
        values[arguments.pop("path")] = arguments.pop("value", None)
    return {**arguments, "values": {path: _text(value) for path, value in values.items()}}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


class Door(NamedTuple):
    """A method: the verb behind it, its arguments, and how they become the verb's."""

    verb: str
    arguments: Mapping[str, Kind]
    become: Callable[[Arguments], Arguments] = dict


_READ: Final[Mapping[str, Door]] = {
    "status": Door("status", {}),
    "doctor": Door("doctor", {}),
    "queue": Door("queue", {}),
    "version": Door("version", {}),
    "discover": Door("discover", {}),
    "get": Door("get", {"path": Kind.STRING, "paths": Kind.ARRAY, "explain": Kind.BOOL}, _of_path),
    "names": Door("names", {"path": Kind.STRING, "next_level": Kind.BOOL}),
    "coverage": Door("coverage", {"profile": Kind.STRING}),
    "settings": Door("settings", {}),
    "log": Door("log", {"after": Kind.INT32}),
}
_CHANGE: Final[Mapping[str, Door]] = {
    "inform": Door("inform", {"dry_run": Kind.BOOL}),
    "set": Door(
        "set", {"path": Kind.STRING, "value": Kind.UNSPEC, "values": Kind.TABLE, "dry_run": Kind.BOOL}, _values
    ),
    "add": Door("add", {"path": Kind.STRING}),
    "delete": Door("delete", {"path": Kind.STRING}),
    "dhcp_event": Door("dhcp_event", {"event": Kind.TABLE}),
}
DOORS: Final[Mapping[str, Door]] = {**_READ, **_CHANGE}
"""By the owner's verbs; ``sessions`` and ``session`` are read from their files beside them."""


class UbusObject:
    """``ask`` is the control socket's: it hands a verb to the owner, whose answer comes later. ``sessions`` as well.

    What a verb answers is the answer's values, with ``schema``, an error too; that ends the call with its status.
    """

    def __init__(self, socket: Path, ask: Ask, sessions: Stream) -> None:
        self._ask = ask
        self._sessions = sessions
        self._service = BusService(socket)
        methods = {name: Method(self._verb(door), door.arguments) for name, door in DOORS.items()}
        methods["sessions"] = Method(self._session)
        methods["session"] = Method(self._session, {"id": Kind.INT32, "xml": Kind.BOOL})
        self._service.publish(Published(NAME, methods, _document(_TOO_LARGE)))

    def watch(self, _tell: object, stop: Stop) -> None:
        """Be on the bus until told to stop, for a thread of its own."""
        self._service.run(stop)

    def _verb(self, door: Door) -> Callable[[Request], None]:
        def handle(request: Request) -> None:
            self._ask(door.verb, door.become(dict(request.arguments)), _answers(request))

        return handle

    def _session(self, request: Request) -> None:
        """The bus's thread reads the files of kept sessions; of the stream, what is there already."""
        wanted = {"id": "last", **request.arguments} if request.method == "session" else {}
        for kept in self._sessions(wanted):
            _answers(request)(kept or {})
            return


def _answers(request: Request) -> Answer:
    def answer(reply: Reply) -> None:
        told = reply.get("error")
        code = told.get("code", "") if isinstance(told, dict) else None
        status = Status.OK if code is None else STATUSES.get(code, Status.UNKNOWN_ERROR)
        request.answer(_document(reply), status)

    return answer


def _document(reply: Reply) -> Reply:
    return {"schema": SCHEMA, **reply}
