"""Who may use the page: tries, log-ins and their ends. No I/O; one thread calls, and says the time."""

import hmac
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from agent.web.hosts import LOOPBACK, network_of

IDLE_SECONDS: Final = 1800.0
LONGEST_SECONDS: Final = 43_200.0
MOST_SESSIONS: Final = 16
TRIES: Final = 5
TRIES_SECONDS: Final = 300.0
SENT_AWAY_SECONDS: Final = 16.0
"""For how long it counts that somebody was sent away: who comes again when he was told to has nothing against him."""
MOST_SOURCES: Final = 1024
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
    ``crowd_of``: what all addresses of one device, or of one network of IPv6, have in common.
    """

    def __init__(self, crowd_of: Callable[[str], str] = network_of) -> None:
        self._crowd_of = crowd_of
        self._known: OrderedDict[str, None] = OrderedDict({LOOPBACK: None})
        self._of: OrderedDict[str, list[float]] = OrderedDict()
        self._sent_away: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, source: str, now: float) -> float:
        """Seconds until this address may try; 0: at once, and then this counts as a try."""
        mine = _recent(self._of, source, now - TRIES_SECONDS)
        if len(mine) >= TRIES:
            return TRIES_SECONDS - (now - mine[0])
        mine.append(now)
        if (crowd := self._crowd_of(source)) != source:
            _recent(self._of, crowd, now - TRIES_SECONDS).append(now)
        return 0.0

    def tried(self, source: str, now: float) -> int:
        """How often those of his crowd have tried in the last minutes, this time included; 0: he need not wait."""
        if source in self._known:
            return 0
        count = len(_recent(self._of, self._crowd_of(source), now - TRIES_SECONDS))
        return max(1, min(count, MOST_COUNTED))  # of a crowd that is known only now this is the first

    def sent_away(self, source: str, now: float) -> int:
        """How often this address was sent away of late, for want of room."""
        return len(_recent(self._sent_away, source, now - SENT_AWAY_SECONDS))

    def send_away(self, source: str, now: float) -> None:
        """The last try was not looked at: it uses none up, and yet who comes again at once has others before him."""
        for one in {source, self._crowd_of(source)}:
            if self._of.get(one):
                self._of[one].pop()
        _recent(self._sent_away, source, now - SENT_AWAY_SECONDS).append(now)

    def succeeded(self, source: str) -> None:
        """The secret was right: what was tried from there before no longer counts."""
        self._of.pop(source, None)
        self._known[source] = None
        self._known.move_to_end(LOOPBACK)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _recent(of: OrderedDict[str, list[float]], one: str, since: float) -> list[float]:
    """What is remembered of somebody since then."""
    mine = of.setdefault(one, [])
    of.move_to_end(one)
    while len(of) > MOST_SOURCES:
        of.popitem(last=False)
    mine[:] = [at for at in mine[-MOST_COUNTED:] if at > since]
    return mine


def _digest(cookie: str) -> bytes:
    """What is kept and looked up: how long a look-up takes then says nothing about a cookie."""
    return sha256(cookie.encode("utf-8", "replace")).digest()
