"""Who may use the page: tries, log-ins and their ends. No I/O; one thread calls, and says the time."""

import hmac
from collections import OrderedDict, deque
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from agent.web.hosts import LOOPBACK, network_of

IDLE_SECONDS: Final = 1800.0
LONGEST_SECONDS: Final = 43_200.0
MOST_SESSIONS: Final = 16
TRIES: Final = 5
TRIES_SECONDS: Final = 300.0
MOST_SOURCES: Final = 256
MOST_KNOWN: Final = 16
MOST_COUNTED: Final = 64


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
    """How often somebody may try a secret: a few times in five minutes by address.

    Whoever has many addresses only has to wait (agent.web.waiting_room): were the tries of all bounded together, guests
    could use up the owner's. This machine itself and addresses that have known the secret need not even wait.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, None] = OrderedDict({LOOPBACK: None})
        self._of: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, source: str, now: float) -> float:
        """Seconds until this address may try; 0: at once, and then this counts as a try."""
        mine = self._counted(source, now)
        if len(mine) >= TRIES:
            return TRIES_SECONDS - (now - mine[0])
        mine.append(now)
        if network_of(source) != source:
            self._counted(network_of(source), now).append(now)
        return 0.0

    def tried(self, source: str, now: float) -> int:
        """How often his network has tried in the last minutes; 0 for who need not wait for others."""
        return 0 if source in self._known else len(self._counted(network_of(source), now))

    def take_back(self, source: str) -> None:
        """The last try was not looked at."""
        for one in {source, network_of(source)}:
            if self._of.get(one):
                self._of[one].pop()

    def _counted(self, one: str, now: float) -> deque[float]:
        """When an address, or a network, has tried."""
        mine = self._of.setdefault(one, deque(maxlen=MOST_COUNTED))
        self._of.move_to_end(one)
        while len(self._of) > MOST_SOURCES:
            self._of.popitem(last=False)
        while mine and now - mine[0] >= TRIES_SECONDS:
            mine.popleft()
        return mine

    def succeeded(self, source: str) -> None:
        """The secret was right: what was tried from there before no longer counts."""
        self._of.pop(source, None)
        self._known[source] = None
        self._known.move_to_end(LOOPBACK)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _digest(cookie: str) -> bytes:
    """What is kept and looked up: how long a look-up takes then says nothing about a cookie."""
    return sha256(cookie.encode("utf-8", "replace")).digest()
