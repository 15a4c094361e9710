"""A ubusd of the tests' own: the bus's protocol over a UNIX socket; passes the contract suite as the real one does.

It has its own reading and writing of messages, so that it shares no mistake with the client; only values are shared.
"""

import itertools
import selectors
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from backends.ubus import blobmsg
from tests.waiting import PATIENCE

HELLO, STATUS, DATA, PING, LOOKUP, INVOKE, ADD, REMOVE, SUBSCRIBE, UNSUBSCRIBE, NOTIFY = range(11)
A_STATUS, A_PATH, A_OBJECT, A_METHOD, A_TYPE, A_SIGNATURE, A_DATA, A_TARGET, A_ACTIVE, A_QUIET, A_SUBSCRIBERS = range(
    1, 12
)
A_USER, A_GROUP = 12, 13
EVENTS, ACCESS = 1, 2
INVALID_COMMAND, INVALID_ARGUMENT, NOT_FOUND, DENIED = 1, 2, 4, 6
LONGEST = 1_048_576

Attributes = dict[int, bytes]


def attribute(kind: int, content: bytes) -> bytes:
    length = 4 + len(content)
    return struct.pack(">I", kind << 24 | length) + content + b"\0" * (-length % 4)


def number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack(">I", value & 0xFFFFFFFF))


def text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def message(kind: int, sequence: int, peer: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">BBHII", 0, kind, sequence, peer, 4 + len(content)) + content


def read_attributes(content: bytes) -> Attributes:
    found, at = {}, 0
    while at + 4 <= len(content):
        (head,) = struct.unpack_from(">I", content, at)
        length = head & 0xFFFFFF
        if length < 4 or at + length > len(content):
            break
        found[head >> 24 & 0x7F] = content[at + 4 : at + length]
        at += length + -length % 4
    return found


def as_number(content: bytes) -> int:
    return int.from_bytes(content, "big")


def as_text(content: bytes) -> str:
    return content.rstrip(b"\0").decode()


@dataclass(eq=False)
class Client:
    socket: socket.socket
    number: int
    received: bytearray = field(default_factory=bytearray)
    to_send: bytearray = field(default_factory=bytearray)
    descriptors: int = 0


@dataclass(eq=False)
class Published:
    number: int
    client: Client
    path: str = ""
    signature: bytes = b""
    type: int = 0
    patterns: list[str] = field(default_factory=list)
    subscribers: list["Published"] = field(default_factory=list)


class FakeUbusd:
    """Runs in a thread of its own from ``start`` to ``stop``. Knobs are set before or between."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.forbidden: set[str] = set()
        """Paths that nobody may publish."""
        self.is_deaf = False
        """Takes everything and answers nothing."""
        self.calls: deque[tuple[int, int]] = deque(maxlen=10_000)
        """Type and object of each message that came."""

    def start(self) -> None:
        self._numbers = itertools.count(0x9000_0001)  # above the signed range, as half of the real ones are
        self._clients: list[Client] = []
        self._objects: dict[int, Published] = {}
        self._is_stopping = False
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for each in (self._listener, self._wake_out):
            self._selector.register(each, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, name="ubusd", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_stopping = True
        self._wake_in.send(b"\0")
        self._thread.join(PATIENCE)
        for each in (self._listener, self._wake_out, self._wake_in, *(one.socket for one in self._clients)):
            each.close()
        self._selector.close()
        self.path.unlink(missing_ok=True)

    def restart(self) -> None:
        self.stop()
        self.start()

    def published(self) -> list[str]:
        return sorted(one.path for one in self._objects.values() if one.path)

    # -- connections ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_stopping:
            for key, events in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data is not None and key.data in self._clients:
                    with suppress(BlockingIOError):
                        self._serve(key.data, events)

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        accepted.setblocking(False)
        client = Client(accepted, next(self._numbers))
        self._clients.append(client)
        self._selector.register(accepted, selectors.EVENT_READ, client)
        self._send(client, message(HELLO, 0, client.number))

    def _serve(self, client: Client, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                del client.to_send[: client.socket.send(client.to_send)]
                self._watch(client)
            if events & selectors.EVENT_READ:
                arrived = client.socket.recv(65_536)
                if not arrived:
                    raise ConnectionResetError
                client.received += arrived
                for kind, sequence, peer, content in self._messages(client):
                    self._take(client, kind, sequence, peer, content)
        except (ConnectionError, ValueError):
            self._drop(client)

    def _messages(self, client: Client) -> Iterator[tuple[int, int, int, bytes]]:
        while len(client.received) >= 12:
            _, kind, sequence, peer, head = struct.unpack_from(">BBHII", client.received)
            length = head & 0xFFFFFF
            if length < 4 or length > LONGEST:
                raise ValueError("no message")
            if len(client.received) < 8 + length:
                return
            content = bytes(client.received[12 : 8 + length])
            del client.received[: 8 + length]
            yield kind, sequence, peer, content

    def _drop(self, client: Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        for each in [one for one in self._objects.values() if one.client is client]:
            self._remove(each)
        client.socket.close()

    def _send(self, client: Client, content: bytes) -> None:
        if client in self._clients and len(client.to_send) + len(content) <= 2 * LONGEST:
            client.to_send += content
            self._watch(client)

    def _watch(self, client: Client) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.to_send else 0)
        self._selector.modify(client.socket, wanted, client)

    # -- messages ---------------------------------------------------------------------------------------------------

    def _take(self, client: Client, kind: int, sequence: int, peer: int, content: bytes) -> None:
        told = read_attributes(content)
        self.calls.append((kind, as_number(told.get(A_OBJECT, b""))))
        if self.is_deaf:
            return
        if kind in (STATUS, DATA):
            self._forward(client, kind, sequence, peer, told, content)
            return
        known = {
            PING: lambda: self._ping(client, sequence, peer, content),
            LOOKUP: lambda: self._look_up(client, sequence, peer, told),
            INVOKE: lambda: self._invoke(client, sequence, peer, told),
            ADD: lambda: self._add(client, sequence, peer, told),
            REMOVE: lambda: self._take_away(client, sequence, peer, told),
            SUBSCRIBE: lambda: self._subscribe(client, told),
            UNSUBSCRIBE: lambda: self._unsubscribe(client, told),
            NOTIFY: lambda: self._notify(client, sequence, peer, told),
        }
        status = known[kind]() if kind in known else INVALID_COMMAND
        if status is not None:
            self._send(client, message(STATUS, sequence, peer, number(A_STATUS, status)))

    def _ping(self, client: Client, sequence: int, peer: int, content: bytes) -> int:
        self._send(client, message(DATA, sequence, peer, content))
        return 0

    def _look_up(self, client: Client, sequence: int, peer: int, told: Attributes) -> int:
        wanted = as_text(told[A_PATH]) if A_PATH in told else None
        if wanted == "":
            return INVALID_ARGUMENT
        found = [
            one
            for one in sorted(self._objects.values(), key=lambda one: one.path)
            if one.path and (wanted is None or fits(wanted, one.path))
        ]
        for one in found:
            parts = text(A_PATH, one.path), number(A_OBJECT, one.number), number(A_TYPE, one.type)
            self._send(client, message(DATA, sequence, peer, *parts, attribute(A_SIGNATURE, one.signature)))
        return 0 if found or wanted is None else NOT_FOUND

    def _invoke(self, client: Client, sequence: int, peer: int, told: Attributes) -> int | None:
        if A_METHOD not in told or A_OBJECT not in told:
            return INVALID_ARGUMENT
        known, method = as_number(told[A_OBJECT]), as_text(told[A_METHOD])
        if known == EVENTS:
            return self._event(client, method, told)
        if known == ACCESS and method == "query":
            values = blobmsg.encode({"seq": 1, "acl": []})
            parts = number(A_OBJECT, ACCESS), attribute(A_DATA, values)
            self._send(client, message(DATA, sequence, peer, *parts))
            return 0
        if known not in self._objects:
            return NOT_FOUND
        self._call(self._objects[known], method, sequence, client.number, told)
        return None

    def _call(self, called: Published, method: str, sequence: int, peer: int, told: Attributes, *more: bytes) -> None:
        who = (text(A_USER, "root"), text(A_GROUP, "root")) if peer else ()
        parts = number(A_OBJECT, called.number), text(A_METHOD, method), *who, attribute(A_DATA, told.get(A_DATA, b""))
        self._send(called.client, message(INVOKE, sequence, peer, *more, *parts))

    def _forward(self, client: Client, kind: int, sequence: int, peer: int, told: Attributes, content: bytes) -> None:
        own = self._objects.get(as_number(told.get(A_OBJECT, b"")))
        to = next((one for one in self._clients if one.number == peer), None)
        if own and own.client is client and to:
            self._send(to, message(kind, sequence, own.number, content))

    def _add(self, client: Client, sequence: int, peer: int, told: Attributes) -> int:
        path = as_text(told[A_PATH]) if A_PATH in told else ""
        if path and (path in self.published() or path in self.forbidden):
            return INVALID_ARGUMENT
        added = Published(next(self._numbers), client, path, told.get(A_SIGNATURE, b""), next(self._numbers))
        self._objects[added.number] = added
        if path:
            self._tell_of_object("ubus.object.add", added)
        self._send(client, message(DATA, sequence, peer, number(A_OBJECT, added.number), number(A_TYPE, added.type)))
        return 0

    def _take_away(self, client: Client, sequence: int, peer: int, told: Attributes) -> int:
        own = self._objects.get(as_number(told.get(A_OBJECT, b"")))
        if own is None:
            return NOT_FOUND
        if own.client is not client:
            return DENIED
        self._send(client, message(DATA, sequence, peer, number(A_OBJECT, own.number)))
        self._remove(own)
        return 0

    def _remove(self, gone: Published) -> None:
        for each in self._objects.values():
            if gone in each.subscribers:
                self._end_subscription(gone, each)
        for each in gone.subscribers:
            parts = number(A_OBJECT, each.number), number(A_TARGET, gone.number)
            self._send(each.client, message(UNSUBSCRIBE, 1, 0, *parts))
        self._objects.pop(gone.number, None)
        if gone.path:
            self._tell_of_object("ubus.object.remove", gone)

    # -- events and notifications -----------------------------------------------------------------------------------

    def _event(self, client: Client, method: str, told: Attributes) -> int:
        values = blobmsg.decode(told.get(A_DATA, b""))
        if method == "register":
            own = self._objects.get(values["object"] & 0xFFFFFFFF)
            if own is None:
                return NOT_FOUND
            if own.client is not client:
                return DENIED
            own.patterns.append(values["pattern"])
            return 0
        if method != "send":
            return INVALID_COMMAND
        if values["id"].startswith("ubus."):
            return DENIED
        self._tell(client, values["id"], blobmsg.encode(values["data"]))
        return 0

    def _tell_of_object(self, name: str, one: Published) -> None:
        known = blobmsg.Number(blobmsg.Kind.INT32, one.number)
        self._tell(None, name, blobmsg.encode({"id": known, "path": one.path}))

    def _tell(self, sender: Client | None, name: str, values: bytes) -> None:
        for each in tuple(self._objects.values()):
            if each.client is not sender and any(fits(pattern, name) for pattern in each.patterns):
                self._call(each, name, 1, 0, {A_DATA: values})

    def _subscribe(self, client: Client, told: Attributes) -> int:
        own, target = (self._objects.get(as_number(told.get(one, b""))) for one in (A_OBJECT, A_TARGET))
        if own is None or target is None:
            return NOT_FOUND
        if own.client is not client or target.client is client:
            return INVALID_ARGUMENT
        target.subscribers.append(own)
        if len(target.subscribers) == 1:
            self._tell_whether_heard(target)
        return 0

    def _unsubscribe(self, client: Client, told: Attributes) -> int:
        own, target = (self._objects.get(as_number(told.get(one, b""))) for one in (A_OBJECT, A_TARGET))
        if own is None or target is None or own not in target.subscribers:
            return NOT_FOUND
        self._end_subscription(own, target)
        return 0

    def _end_subscription(self, own: Published, target: Published) -> None:
        target.subscribers.remove(own)
        if not target.subscribers:
            self._tell_whether_heard(target)

    def _tell_whether_heard(self, target: Published) -> None:
        active = attribute(A_ACTIVE, b"\1" if target.subscribers else b"\0")
        self._send(target.client, message(NOTIFY, 1, 0, number(A_OBJECT, target.number), active))

    def _notify(self, client: Client, sequence: int, peer: int, told: Attributes) -> int | None:
        own = self._objects.get(as_number(told.get(A_OBJECT, b"")))
        if own is None:
            return NOT_FOUND
        if own.client is not client:
            return DENIED
        is_quiet = told.get(A_QUIET, b"\0") != b"\0"
        if not is_quiet:
            heard = b"".join(number(0, one.number) for one in own.subscribers)
            parts = number(A_OBJECT, own.number), attribute(A_SUBSCRIBERS, heard), number(A_STATUS, 0)
            self._send(client, message(STATUS, sequence, peer, *parts))
        for each in own.subscribers:
            more = [attribute(A_QUIET, b"\1")] if is_quiet else []
            self._call(each, as_text(told[A_METHOD]), sequence, client.number, told, *more)
        return None


def fits(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
