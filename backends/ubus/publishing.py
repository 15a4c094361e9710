"""Objects of ours on the bus, over one connection: requests that come and their answers, notifications."""

import logging
import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, NamedTuple

from backends.ubus.blobmsg import NotWritable, attribute, encode
from backends.ubus.errors import NotPermitted, Status, WrongArgument
from backends.ubus.messages import Attribute, Message, Type, number, switch, text
from backends.ubus.presence import Presence, values_of
from backends.ubus.published import Document, Published, Request

log = logging.getLogger(__name__)

ANSWER_WITHIN: Final = 60.0  # seconds for a request to be answered
PUBLISH_AGAIN: Final = 5.0  # seconds until a path that was refused is tried again
MOST_REQUESTS: Final = 16  # that wait for their answer


class _Asker(NamedTuple):
    """Where an answer goes, and of which object it is."""

    sequence: int
    peer: int
    number: int
    published: Published


class Publishing:
    """``later`` has something done in the bus's thread, from any thread."""

    def __init__(
        self, presence: Presence, objects: Sequence[Published], later: Callable[[Callable[[], None]], None]
    ) -> None:
        self._presence = presence
        self._objects = objects
        self._later = later
        self._published: dict[int, Published] = {}
        self._has_subscribers: set[str] = set()
        self._requests: dict[Request, float] = {}
        self._refused: set[str] = set()
        self.again_at = inf
        """When what was refused is tried again."""

    def begin(self) -> None:
        """Publish what is not there yet."""
        there = {one.path for one in self._published.values()}
        self.again_at = inf
        for published in self._objects:
            if published.path in there:
                continue
            parts = text(Attribute.PATH, published.path), attribute(Attribute.SIGNATURE, encode(published.signature()))
            try:
                self._published[self._presence.add(published.path, *parts)] = published
            except (WrongArgument, NotPermitted):
                if published.path not in self._refused:
                    log.warning("ubus: the name %s is another's, or access lists forbid it", published.path)
                self._refused.add(published.path)
                self.again_at = time.monotonic() + PUBLISH_AGAIN

    def end(self) -> None:
        """The connection is over: nobody waits for an answer any more."""
        requests, self._requests = self._requests, {}
        for request in requests:
            request.answer(None, Status.CONNECTION_FAILED)

    def invoked(self, known: int, message: Message) -> None:
        """Heed a call; one for an object that is none of ours is nobody's."""
        published = self._published.get(known)
        if published is None:
            return
        asker = _Asker(message.sequence, message.peer, known, published)
        arguments = values_of(message)
        if len(self._requests) >= MOST_REQUESTS:
            self._answer(asker, None, Status.SYSTEM_ERROR)
        elif arguments is None:
            self._answer(asker, None, Status.PARSE_ERROR)
        else:

            def answer(document: Document | None, status: int) -> None:
                self._later(lambda: self._answered(request, asker, document, status))

            user, group = message.text(Attribute.USER), message.text(Attribute.GROUP)
            request = Request(message.text(Attribute.METHOD), arguments, user, group, answer)
            self._requests[request] = time.monotonic() + ANSWER_WITHIN
            published.serve(request)

    def subscribers_changed(self, known: int, message: Message) -> None:
        """The first has subscribed to an object of ours, or the last has gone."""
        if published := self._published.get(known):
            change = self._has_subscribers.add if message.switch(Attribute.ACTIVE) else self._has_subscribers.discard
            change(published.path)

    def notify(self, path: str, name: str, values: Document) -> None:
        """Tell those who have subscribed; no answer is wanted of them."""
        known = next((each for each, one in self._published.items() if one.path == path), None)
        if known is None or path not in self._has_subscribers:
            return
        try:
            parts = text(Attribute.METHOD, name), attribute(Attribute.DATA, encode(values))
            mine, quiet = number(Attribute.OBJECT, known), switch(Attribute.NO_REPLY, True)
            self._presence.send(Type.NOTIFY, 0, known, mine, *parts, quiet)
        except NotWritable as wrong:
            log.warning("ubus: %s: the notification %s cannot be sent: %s", path, name, wrong)

    def time_passed(self, now: float) -> None:
        """Give up on requests that nobody answers, and try again to publish."""
        for request, ends in self._requests.items():
            if ends < now:
                request.answer(None, Status.TIMEOUT)
        if self.again_at < now:
            self.begin()

    def _answered(self, request: Request, asker: _Asker, document: Document | None, status: int) -> None:
        if self._requests.pop(request, None) is not None:
            self._answer(asker, document, status)

    def _answer(self, to: _Asker, document: Document | None, status: int) -> None:
        if document is not None:
            try:
                self._send_values(to, document)
            except NotWritable as wrong:
                log.warning("ubus: %s: an answer cannot be sent: %s", to.published.path, wrong)
                status = status or Status.NOT_SUPPORTED
                self._send_values(to, to.published.instead)
        parts = number(Attribute.STATUS, status), number(Attribute.OBJECT, to.number)
        self._presence.send(Type.STATUS, to.sequence, to.peer, *parts)

    def _send_values(self, to: _Asker, document: Document) -> None:
        parts = number(Attribute.OBJECT, to.number), attribute(Attribute.DATA, encode(document))
        self._presence.send(Type.DATA, to.sequence, to.peer, *parts)
