"""Being on the bus over one connection: what has to be asked of ubusd for that, and what it says meanwhile."""

import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from backends.ubus.blobmsg import Kind, Malformed, Number, attribute, encode
from backends.ubus.connection import Asked, Connection
from backends.ubus.errors import NotUnderstood, Status, error_for
from backends.ubus.messages import Attribute, Message, Type, number, text

STEP_WITHIN: Final = 5.0  # seconds for the bus to answer or to take what is sent
MOST_WAITING: Final = 1_024  # messages that came while the bus was asked for something; older ones go


class Presence:
    """One connection as long as it lasts. Its requests raise BusError; ConnectionLost ends it."""

    def __init__(self, path: Path) -> None:
        self.waiting: deque[Message] = deque(maxlen=MOST_WAITING)
        self.connection = Connection(path, self.soon(), self.waiting.append)

    @staticmethod
    def soon() -> float:
        """Until when the bus has to have answered."""
        return time.monotonic() + STEP_WITHIN

    def require_whole(self, now: float) -> None:
        """Raise NotUnderstood when a message has begun and does not end: nothing would be heard any more."""
        since = self.connection.halfway_since
        if since is not None and since + STEP_WITHIN < now:
            raise NotUnderstood("the bus began to say something and stopped", Status.PARSE_ERROR)

    def send(self, kind: Type, sequence: int, peer: int, *parts: bytes) -> None:
        """Send what is not answered; raises NotWritable as well."""
        self.connection.send(kind, sequence, peer, *parts, ends=self.soon())

    def request(self, kind: Type, what: str, *parts: bytes, peer: int = 0) -> Asked:
        """Ask the bus for something, which has to succeed."""
        asked = self.connection.request(kind, peer, *parts, ends=self.soon())
        if asked.status:
            raise error_for(asked.status, what)
        return asked

    def invoke(self, known: int, method: str, values: Mapping[str, Any], what: str) -> Asked:
        """Call a method of one of the bus's own objects."""
        parts = number(Attribute.OBJECT, known), text(Attribute.METHOD, method)
        return self.request(Type.INVOKE, what, *parts, attribute(Attribute.DATA, encode(values)), peer=known)

    def add(self, what: str, *parts: bytes) -> int:
        """The number of a new object of ours; one without ``parts`` has no path and only hears."""
        asked = self.request(Type.ADD_OBJECT, what, *parts)
        known = next((one.number(Attribute.OBJECT) for one in asked.data), None)
        if known is None:
            raise NotUnderstood(f"{what}: the bus gave it no number", Status.PARSE_ERROR)
        return known

    def remove(self, own: int) -> None:
        """Take an object of ours away."""
        self.connection.request(Type.REMOVE_OBJECT, 0, number(Attribute.OBJECT, own), ends=self.soon())


def reference(known: int) -> Number:
    """The number of an object as a value."""
    return Number(Kind.INT32, known)


def fits(pattern: str, name: str) -> bool:
    """Whether a name is the pattern, or begins as one that ends in "*"."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def values_of(message: Message) -> dict[str, Any] | None:
    """The values of a message; None where they cannot be read."""
    try:
        return message.values()
    except Malformed:
        return None
