"""An object as it is published on the bus: its methods, what arguments they take, and the requests that come."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backends.ubus.blobmsg import Kind, Number
from backends.ubus.errors import Status

log = logging.getLogger(__name__)

SESSION: Final = "ubus_rpc_session"
"""What uhttpd adds to the arguments of a call that came from a browser: whose log-in it was. rpcd has checked it."""

Document = Mapping[str, Any]
_TYPES: Final[Mapping[int, type | tuple[type, ...]]] = {
    Kind.ARRAY: list,
    Kind.TABLE: dict,
    Kind.STRING: str,
    Kind.BOOL: bool,
    Kind.DOUBLE: (int, float),
    Kind.INT16: int,
    Kind.INT32: int,
    Kind.INT64: int,
}


class Request:
    """A call of one of our methods, to be answered once: at once or later, from any thread."""

    def __init__(
        self, method: str, arguments: Document, user: str, group: str, send: Callable[[Document | None, int], None]
    ) -> None:
        self.method = method
        self.arguments = arguments
        self.user, self.group = user, group
        """Who asks, as the bus knows it."""
        self._send = send
        self._lock = threading.Lock()
        self._is_answered = False

    def answer(self, document: Document | None, status: int = Status.OK) -> bool:
        """Send values, or none, and how it ended; False when it was answered before, which stands."""
        with self._lock:
            if self._is_answered:
                return False
            self._is_answered = True
        self._send(document, status)
        return True


@dataclass(frozen=True, slots=True)
class Method:
    """``handle`` is called by the bus's thread and must not block; it, or somebody later, answers the request.

    ``arguments``: the kind of each; UNSPEC takes any. Others, and those of another kind, are refused before.
    """

    handle: Callable[[Request], None]
    arguments: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Published:
    """An object under a path; ``instead`` is answered where no message can hold an answer."""

    path: str
    methods: Mapping[str, Method]
    instead: Document = field(default_factory=dict)

    def signature(self) -> dict[str, dict[str, Number]]:
        """What the bus shows to those who look the object up."""
        return {
            name: {one: Number(Kind.INT32, kind) for one, kind in {**method.arguments, SESSION: Kind.STRING}.items()}
            for name, method in self.methods.items()
        }

    def serve(self, request: Request) -> None:
        """Have a request handled, or refuse it; raises nothing."""
        method = self.methods.get(request.method)
        if method is None:
            request.answer(None, Status.METHOD_NOT_FOUND)
            return
        given = {name: value for name, value in request.arguments.items() if name != SESSION and value is not None}
        if wrong := [name for name, value in given.items() if not _fits(method.arguments.get(name), value)]:
            log.debug("ubus: %s %s was refused: %s", self.path, request.method, ", ".join(wrong)[:200])
            request.answer(None, Status.INVALID_ARGUMENT)
            return
        request.arguments = given
        try:
            method.handle(request)
        except Exception:  # one request must not end the service for everyone
            log.exception("the request %r over ubus failed", request.method)
            request.answer(None, Status.UNKNOWN_ERROR)


def _fits(kind: Kind | None, value: Any) -> bool:
    if kind is None:
        return False
    if kind != Kind.BOOL and isinstance(value, bool):
        return kind == Kind.UNSPEC
    return kind == Kind.UNSPEC or isinstance(value, _TYPES[kind])
