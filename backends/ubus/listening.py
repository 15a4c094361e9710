"""What is heard on the bus over one connection: events, notifications of objects as they come and go, access lists."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from backends.ubus.errors import NotPermitted, NotThere, Status, WrongArgument
from backends.ubus.messages import ACCESS_OBJECT, EVENT_OBJECT, Attribute, Message, Type, number, text
from backends.ubus.presence import Presence, fits, reference, values_of

log = logging.getLogger(__name__)

ADDED: Final = "ubus.object.add"
ACCESS_CHANGED: Final = "ubus.acl.sequence"
MOST_TARGETS: Final = 64  # objects to whose notifications one pattern leads

Values = dict[str, Any]


class Listener(NamedTuple):
    """``heard`` takes an event's name and values; ``pattern`` is its name, or how it begins and "*"."""

    pattern: str
    heard: Callable[[str, Values], None]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Objects of a path, or of paths that begin as a pattern that ends in "*", as they come and go.

    ``heard`` takes an object's path, the name of a notification and its values; ``gone`` the path.
    """

    pattern: str
    heard: Callable[[str, str, Values], None]
    gone: Callable[[str], None] = lambda _path: None


class _Target(NamedTuple):
    subscription: Subscription
    path: str
    number: int


class Listening:
    """``access`` takes the entries of the access lists that concern objects of ours."""

    def __init__(
        self,
        presence: Presence,
        listeners: Sequence[Listener],
        subscriptions: Sequence[Subscription],
        access: Callable[[list[Values]], None] | None,
    ) -> None:
        self._presence = presence
        self._listeners = listeners
        self._subscriptions = subscriptions
        self._access = access
        self._ear: int | None = None  # our object that hears events
        self._targets: dict[int, _Target] = {}  # by our object that hears the notifications of each

    def begin(self) -> None:
        """Register for events before looking what is there: nothing falls between."""
        patterns = [listener.pattern for listener in self._listeners]
        patterns += [ADDED] * bool(self._subscriptions) + [ACCESS_CHANGED] * bool(self._access)
        if patterns:
            self._ear = self._presence.add("listening")
        for pattern in dict.fromkeys(patterns):
            values = {"object": reference(self._ear or 0), "pattern": pattern}
            self._presence.invoke(EVENT_OBJECT, "register", values, f"listening to {pattern}")
        for subscription in self._subscriptions:
            self._look_for(subscription)
        self._ask_for_access()

    def invoked(self, known: int, message: Message) -> bool:
        """Heed an event or a notification; False when it is neither."""
        if known != self._ear and known not in self._targets:
            return False
        name, values = message.text(Attribute.METHOD), values_of(message)
        if known in self._targets:
            self._notified(known, message)
        if values is None:
            log.debug("ubus: %s cannot be read", name[:80])
        elif known in self._targets:
            target = self._targets[known]
            _safely(target.subscription.heard, target.path, name, values)
        else:
            self._heard(name, values)
        return True

    def target_is_gone(self, own: int) -> None:
        """The object whose notifications that object of ours heard is there no more."""
        if target := self._targets.pop(own, None):
            self._presence.remove(own)
            _safely(target.subscription.gone, target.path)

    def _heard(self, name: str, values: Values) -> None:
        if name == ADDED:
            self._look_at(values)
        elif name == ACCESS_CHANGED:
            self._ask_for_access()
        for listener in self._listeners:
            if fits(listener.pattern, name):
                _safely(listener.heard, name, values)

    def _notified(self, own: int, message: Message) -> None:
        """Tell who notifies that it was heard, where it waits for that."""
        if not message.switch(Attribute.NO_REPLY):
            parts = number(Attribute.STATUS, Status.OK), number(Attribute.OBJECT, own)
            self._presence.send(Type.STATUS, message.sequence, message.peer, *parts)

    def _look_at(self, values: Mapping[str, Any]) -> None:
        path, known = values.get("path"), values.get("id")
        if isinstance(path, str) and isinstance(known, int):
            for subscription in self._subscriptions:
                if fits(subscription.pattern, path):
                    self._subscribe(subscription, path, known & 0xFFFFFFFF)

    def _look_for(self, subscription: Subscription) -> None:
        path = text(Attribute.PATH, subscription.pattern)
        asked = self._presence.connection.request(Type.LOOKUP, 0, path, ends=self._presence.soon())
        for one in asked.data:
            found, known = one.text(Attribute.PATH), one.number(Attribute.OBJECT)
            if found and known is not None:
                self._subscribe(subscription, found, known)

    def _subscribe(self, subscription: Subscription, path: str, known: int) -> None:
        there = [target.number for target in self._targets.values() if target.subscription is subscription]
        if known in there or len(there) >= MOST_TARGETS:
            return
        own = self._presence.add("listening")
        parts = number(Attribute.OBJECT, own), number(Attribute.TARGET, known)
        try:
            self._presence.request(Type.SUBSCRIBE, f"subscribing to {path}", *parts)
        except (NotThere, NotPermitted, WrongArgument) as refused:  # gone again, not permitted, or our own
            log.debug("ubus: %s", refused.reason)
            self._presence.remove(own)
        else:
            self._targets[own] = _Target(subscription, path, known)

    def _ask_for_access(self) -> None:
        if self._access is None:
            return
        asked = self._presence.invoke(ACCESS_OBJECT, "query", {}, "the access lists")
        entries = ((values_of(asked.data[0]) if asked.data else None) or {}).get("acl")
        _safely(self._access, [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else [])


def _safely(heard: Callable[..., None], *told: Any) -> None:
    try:
        heard(*told)
    except Exception:  # one who listens must not end the service for everyone
        log.exception("what came over ubus could not be heeded")
