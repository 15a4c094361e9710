"""A lasting presence on the bus: objects of ours, events, notifications; comes back after ubusd was restarted."""

import logging
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

from backends.ubus.client import SOCKET
from backends.ubus.errors import BusError
from backends.ubus.listening import Listener, Listening, Subscription
from backends.ubus.messages import Attribute, Message, Type
from backends.ubus.presence import Presence
from backends.ubus.published import Document, Published
from backends.ubus.publishing import Publishing

log = logging.getLogger(__name__)

LOOK_AGAIN: Final = 1.0  # seconds until it is seen that it is to stop
MOST_TO_SEND: Final = 256  # notifications that wait to be sent


class Stop(Protocol):
    """Anything that says when to stop: a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop now."""

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or until it is time to stop."""


class _Work:
    """What other threads want sent, done in turn by the bus's thread."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.ear, self._mouth = socket.socketpair()
        self.ear.setblocking(False)
        self._mouth.setblocking(False)

    def put(self, one: Callable[[], None]) -> None:
        self._waiting.put(one)
        self.wake()

    def wake(self) -> None:
        with suppress(OSError):  # a full pipe wakes as well
            self._mouth.send(b"\0")

    def length(self) -> int:
        return self._waiting.qsize()

    def each(self) -> list[Callable[[], None]]:
        found = []
        with suppress(Empty):
            while True:
                found.append(self._waiting.get_nowait())
        return found

    def has_woken(self) -> None:
        with suppress(BlockingIOError):
            self.ear.recv(4096)

    def close(self) -> None:
        self.ear.close()
        self._mouth.close()


class BusService:
    """Set up first, then ``run`` in a thread of its own. What it calls is called in that thread, and must be quick."""

    def __init__(self, path: Path = SOCKET, *, reconnect_after: float = 1.0) -> None:
        """``reconnect_after``: seconds between attempts while the bus is away."""
        self._path = path
        self._reconnect_after = reconnect_after
        self._objects: list[Published] = []
        self._listeners: list[Listener] = []
        self._subscriptions: list[Subscription] = []
        self._connected: list[Callable[[], None]] = []
        self._access: Callable[[list[dict[str, Any]]], None] | None = None
        self._work = _Work()
        self._publishing: Publishing | None = None
        self._was_told = False

    def publish(self, published: Published) -> None:
        """Have an object under its path. While the path is another's, or forbidden, it is tried again."""
        self._objects.append(published)

    def listen(self, pattern: str, heard: Callable[[str, dict[str, Any]], None]) -> None:
        """Hear events of that name, or whose names begin as a pattern that ends in "*"; our own are not heard."""
        self._listeners.append(Listener(pattern, heard))

    def subscribe(self, subscription: Subscription) -> None:
        """Hear what objects notify of, whenever they are there."""
        self._subscriptions.append(subscription)

    def on_connect(self, connected: Callable[[], None]) -> None:
        """Be called whenever all is heard anew: what happened before was not."""
        self._connected.append(connected)

    def watch_access(self, told: Callable[[list[dict[str, Any]]], None]) -> None:
        """Take the entries of the bus's access lists that concern objects of ours, now and when they change."""
        self._access = told

    def notify(self, path: str, name: str, values: Document) -> None:
        """Tell those who have subscribed to an object of ours. From any thread; dropped while nobody has."""
        if self._work.length() < MOST_TO_SEND:
            self._work.put(lambda: self._notify(path, name, values))

    def wake(self) -> None:
        """Have ``run`` look at once whether it is to stop. From any thread."""
        self._work.wake()

    def close(self) -> None:
        """Give back what it holds, once ``run`` has returned."""
        self._work.close()

    def run(self, stop: Stop) -> None:
        """Be there until told to stop."""
        while not stop.is_set():
            try:
                self._be_there(stop)
            except BusError as lost:
                if not self._was_told:
                    log.warning("ubus: %s; it is tried again", lost.reason)
                self._was_told = True
                stop.wait(self._reconnect_after)

    def _be_there(self, stop: Stop) -> None:
        presence = Presence(self._path)
        publishing = Publishing(presence, self._objects, self._work.put)
        listening = Listening(presence, self._listeners, self._subscriptions, self._access)
        try:
            publishing.begin()
            self._publishing = publishing
            listening.begin()
            for connected in self._connected:
                connected()
            if self._was_told:
                log.info("ubus: the bus is there again")
            self._was_told = False
            while not stop.is_set():
                while presence.waiting:
                    _deal_with(presence.waiting.popleft(), publishing, listening)
                    self._do_what_waits()
                self._do_what_waits()
                now = time.monotonic()
                publishing.time_passed(now)
                presence.require_whole(now)
                if not presence.waiting:
                    self._wait_for(presence)
        finally:
            self._publishing = None
            publishing.end()
            presence.connection.close()
            self._work.each()  # of this connection, for which it is too late

    def _do_what_waits(self) -> None:
        for work in self._work.each():
            work()

    def _wait_for(self, presence: Presence) -> None:
        bus = presence.connection.fileno()
        ready, _, _ = select.select([bus, self._work.ear.fileno()], [], [], LOOK_AGAIN)
        self._work.has_woken()
        if bus in ready:
            presence.connection.take(0.0)

    def _notify(self, path: str, name: str, values: Document) -> None:
        if self._publishing:
            self._publishing.notify(path, name, values)


def _deal_with(message: Message, publishing: Publishing, listening: Listening) -> None:
    known = message.number(Attribute.OBJECT)
    if known is None:
        return
    if message.type == Type.INVOKE and not listening.invoked(known, message):
        publishing.invoked(known, message)
    elif message.type == Type.UNSUBSCRIBE:
        listening.target_is_gone(known)
    elif message.type == Type.NOTIFY:
        publishing.subscribers_changed(known, message)
