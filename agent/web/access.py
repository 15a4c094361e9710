"""Who may use the page: tries, log-ins and their ends. No I/O; one thread calls, and says the time."""

import hmac
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from agent.web.hosts import LOOPBACK

IDLE_SECONDS: Final = 1800.0
LONGEST_SECONDS: Final = 43_200.0
MOST_SESSIONS: Final = 16
TRIES: Final = 5
TRIES_IN_ALL: Final = 40
TRIES_SECONDS: Final = 300.0
MOST_SOURCES: Final = 256
MOST_KNOWN: Final = 16


class Session:
    """A log-in that holds: when it began and was last used (monotonic seconds), its CSRF token, its password."""

    __slots__ = ("began", "csrf", "generation", "used")

    def __init__(self, began: float, csrf: str, generation: int) -> None:
        self.began = self.used = began
        self.csrf = csrf
        self.generation = generation


class Access:
    """The log-ins that hold. ``token`` makes a new random text; only its digest is kept."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()  # the longest unused first
        self._outside = token()
        self._generation = 0

    def is_past(self, generation: int) -> bool:
        """Whether the password of that number is no longer the one: what was right by it opens nothing now."""
        return generation < self._generation

    def begin(self, now: float, generation: int = 0) -> tuple[str, Session]:
        """A log-in succeeded: its cookie, new each time, and the session. The longest unused one may end."""
        cookie, session = self._token(), Session(now, self._token(), generation)
        self._sessions[_digest(cookie)] = session
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return cookie, session

    def find(self, cookie: str, now: float, *, is_in_use: bool = True) -> Session | None:
        """The session of a cookie; ``is_in_use``: somebody is there, which puts its idle end off."""
        self._drop_ended(now)
        key = _digest(cookie)
        session = self._sessions.get(key) if cookie else None
        if session is not None and is_in_use:
            session.used = now
            self._sessions.move_to_end(key)
        return session

    def end(self, cookie: str) -> None:
        """Somebody logs out."""
        self._sessions.pop(_digest(cookie), None)

    def end_before(self, generation: int) -> None:
        """The password is another one, or none: log-ins by those before the one of this number end."""
        self._generation = max(generation, self._generation)
        for key in [key for key, one in self._sessions.items() if self.is_past(one.generation)]:
            del self._sessions[key]

    def count(self) -> int:
        """How many log-ins hold."""
        return len(self._sessions)

    def csrf_of(self, session: Session | None) -> str:
        """The token that a request which changes something has to show; one for all who are not logged in."""
        return session.csrf if session else self._outside

    def is_right_csrf(self, session: Session | None, shown: str) -> bool:
        """Whether the token is the one."""
        return hmac.compare_digest(self.csrf_of(session).encode(), shown.encode("utf-8", "replace"))

    def _drop_ended(self, now: float) -> None:
        ended = [
            key
            for key, one in self._sessions.items()
            if now - one.used >= IDLE_SECONDS or now - one.began >= LONGEST_SECONDS
        ]
        for key in ended:
            del self._sessions[key]


class Tries:
    """How often somebody may try a secret: a few times in five minutes by address, and a bounded number in all.

    That number does not hold for this machine itself, nor for addresses that have known the secret: nobody can lock
    the owner out by trying.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict({LOOPBACK: None})
        self._of: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()

    def wait(self, source: str, now: float) -> float:
        """Seconds until this address may try; 0: at once, and then this counts as a try."""
        mine = self._of.setdefault(source, deque())
        self._of.move_to_end(source)
        while len(self._of) > MOST_SOURCES:
            self._of.popitem(last=False)
        for some in (mine, self._all):
            while some and now - some[0] >= TRIES_SECONDS:
                some.popleft()
        shared = [] if source in self._known else [(self._all, TRIES_IN_ALL)]
        for some, most in ((mine, TRIES), *shared):
            if len(some) >= most:
                return TRIES_SECONDS - (now - some[0])
        mine.append(now)
        if shared:
            self._all.append(now)
        return 0.0

    def succeeded(self, source: str) -> None:
        """The secret was right: what was tried from there before no longer counts."""
        for at in self._of.pop(source, ()):
            if at in self._all:
                self._all.remove(at)
        self._known[source] = None
        self._known.move_to_end(LOOPBACK)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _digest(cookie: str) -> bytes:
    """What is kept and looked up: how long a look-up takes then says nothing about a cookie."""
    return sha256(cookie.encode("utf-8", "replace")).digest()
