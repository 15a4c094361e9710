"""Calls over the bus: objects by their path, methods with values, answers or named errors; connects by itself."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from backends.ubus.blobmsg import Kind, Malformed, NotWritable, attribute, encode
from backends.ubus.connection import Asked, Connection
from backends.ubus.errors import (
    BusError,
    ConnectionLost,
    NotThere,
    NotUnderstood,
    Status,
    TookTooLong,
    WrongArgument,
    error_for,
)
from backends.ubus.messages import EVENT_OBJECT, Attribute, Message, Type, number, text

SOCKET: Final = Path("/var/run/ubus/ubus.sock")
MOST_KNOWN: Final = 256  # objects whose numbers are remembered

Values = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BusObject:
    """What is published under a path: its number until it goes, and its methods with their arguments' kinds."""

    path: str
    number: int
    methods: Mapping[str, Mapping[str, Kind | int]]


class Call(NamedTuple):
    """A method of an object, to be called with these values."""

    path: str
    method: str
    values: Values = MappingProxyType({})

    def __str__(self) -> str:
        return f"ubus {self.path} {self.method}"


class Bus:
    """The bus as one who asks sees it. Any thread may; one request, or group of them, is under way at a time.

    It connects when it is first needed and again after ubusd was restarted. ``deadline`` is in seconds.
    """

    def __init__(self, path: Path = SOCKET, *, deadline: float = 0.3) -> None:
        self._path = path
        self._deadline = deadline
        self._connection: Connection | None = None
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """Its socket."""
        return self._path

    def call(self, path: str, method: str, values: Values | None = None, *, deadline: float | None = None) -> Answer:
        """Call one method; the values that it answers, {} when there are none.

        Raises NotThere, NoSuchMethod, WrongArgument, NotPermitted, TookTooLong, NoBus, ConnectionLost, NotUnderstood,
        or BusError with another ``status``.
        """
        (outcome,) = self.together([Call(path, method, values or {})], deadline=deadline)
        if isinstance(outcome, BusError):
            raise outcome
        return outcome

    def together(self, calls: Sequence[Call], *, deadline: float | None = None) -> list[Answer | BusError]:
        """Have several calls under way at once; what came of each, in their order.

        Raises NoBus, ConnectionLost, NotUnderstood or TookTooLong where nothing at all can be had.
        """
        ends = self._ends(deadline)
        with self._lock:
            outcomes = self._made(calls, ends)
            stale = [at for at, one in enumerate(outcomes) if isinstance(one, _Stale)]
            if stale:  # published anew since: as when its service was restarted
                for at, outcome in zip(stale, self._made([calls[at] for at in stale], ends), strict=True):
                    outcomes[at] = outcome
        return outcomes

    def objects(self, pattern: str = "*", *, deadline: float | None = None) -> list[BusObject]:
        """The objects of that path, or whose paths begin as a pattern that ends in "*"; none when there are none."""
        ends = self._ends(deadline)
        parts = [] if pattern == "*" else [text(Attribute.PATH, pattern)]
        with self._lock:
            asked = self._request(Type.LOOKUP, 0, *parts, ends=ends)
        if asked.status == Status.NOT_FOUND:
            return []
        _require_ok(asked, f"ubus list {pattern}")
        return [found for message in asked.data if (found := _object(message))]

    def send_event(self, name: str, values: Values, *, deadline: float | None = None) -> None:
        """Tell everybody who listens; raises NotPermitted for names that begin with "ubus."."""
        content = encode({"id": name, "data": values})
        parts = _invocation(EVENT_OBJECT, "send", content)
        with self._lock:
            asked = self._request(Type.INVOKE, EVENT_OBJECT, *parts, ends=self._ends(deadline))
        _require_ok(asked, f"ubus send {name}")

    def close(self) -> None:
        """Give the connection back; the next request makes another."""
        with self._lock:
            self._drop()

    def _made(self, calls: Sequence[Call], ends: float) -> list[Answer | BusError]:
        connection = self._connected(ends)
        try:
            self._learn([call.path for call in calls], connection, ends)
            started = [self._started(connection, call, ends) for call in calls]
            return [
                one if isinstance(one, BusError) else self._outcome(connection, call, one, ends)
                for call, one in zip(calls, started, strict=True)
            ]
        except (ConnectionLost, NotUnderstood, TookTooLong):
            self._drop()
            raise

    def _started(self, connection: Connection, call: Call, ends: float) -> Asked | BusError:
        known = self._numbers.get(call.path)
        if known is None:
            return NotThere(f"{call}: there is no such object on the bus", Status.NOT_FOUND)
        try:
            parts = _invocation(known, call.method, encode(call.values))
            return connection.start(Type.INVOKE, known, *parts, ends=ends)
        except NotWritable as wrong:
            return WrongArgument(f"{call}: {wrong}", Status.INVALID_ARGUMENT)

    def _outcome(self, connection: Connection, call: Call, asked: Asked, ends: float) -> Answer | BusError:
        try:
            connection.complete(asked, ends)
        except TookTooLong:
            return TookTooLong(f"{call}: there was no answer in time", Status.TIMEOUT)
        if asked.status == Status.NOT_FOUND and not asked.data and self._is_gone(call.path, connection, ends):
            return _Stale(f"{call}: there is no such object on the bus", Status.NOT_FOUND)
        if asked.status:
            return error_for(asked.status, str(call))
        try:
            _require_whole(asked, str(call))
            return asked.data[-1].values() if asked.data else {}
        except Malformed as wrong:
            return NotUnderstood(f"{call}: {wrong}", Status.PARSE_ERROR)
        except NotUnderstood as wrong:
            return wrong

    def _is_gone(self, path: str, connection: Connection, ends: float) -> bool:
        """Whether the number that is remembered is another object's by now, or nobody's."""
        before = self._numbers.pop(path, None)
        self._learn([path], connection, ends)
        return self._numbers.get(path) != before

    def _learn(self, paths: Sequence[str], connection: Connection, ends: float) -> None:
        if len(self._numbers) > MOST_KNOWN:
            self._numbers.clear()
        unknown = [path for path in dict.fromkeys(paths) if path not in self._numbers and path[-1:] not in ("", "*")]
        asked = [
            connection.start(Type.LOOKUP, 0, text(Attribute.PATH, path), ends=ends)
            for path in unknown
            if "\0" not in path
        ]
        for one in asked:
            connection.complete(one, ends)
            for message in one.data:
                if (found := message.number(Attribute.OBJECT)) is not None:
                    self._numbers[message.text(Attribute.PATH)] = found

    def _request(self, kind: Type, peer: int, *parts: bytes, ends: float) -> Asked:
        try:
            return self._connected(ends).request(kind, peer, *parts, ends=ends)
        except (ConnectionLost, NotUnderstood, TookTooLong):
            self._drop()
            raise

    def _connected(self, ends: float) -> Connection:
        if self._connection is not None and not self._connection.is_alive():
            self._drop()
        if self._connection is None:
            self._connection = Connection(self._path, ends)
        return self._connection

    def _drop(self) -> None:
        self._numbers.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ends(self, deadline: float | None) -> float:
        return time.monotonic() + (self._deadline if deadline is None else deadline)


class _Stale(NotThere):
    """The object's number is not valid any more."""


def _invocation(known: int, method: str, content: bytes) -> tuple[bytes, ...]:
    return number(Attribute.OBJECT, known), text(Attribute.METHOD, method), attribute(Attribute.DATA, content)


def _require_ok(asked: Asked, what: str) -> None:
    if asked.status:
        raise error_for(asked.status, what)
    _require_whole(asked, what)


def _require_whole(asked: Asked, what: str) -> None:
    if asked.problem:
        raise NotUnderstood(f"{what}: {asked.problem}", Status.PARSE_ERROR)


def _object(message: Message) -> BusObject | None:
    """What one message of a look-up tells; None when it does not say which."""
    path, known = message.text(Attribute.PATH), message.number(Attribute.OBJECT)
    if not path or known is None:
        return None
    try:
        told = message.values(Attribute.SIGNATURE)
    except Malformed:
        told = {}
    methods = {
        name: {one: _kind(kind) for one, kind in arguments.items() if isinstance(kind, int)}
        for name, arguments in told.items()
        if isinstance(arguments, dict)
    }
    return BusObject(path, known, methods)


def _kind(value: int) -> Kind | int:
    try:
        return Kind(value)
    except ValueError:
        return value
