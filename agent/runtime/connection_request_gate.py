"""What a connection request is answered: pure judgement of a request's head (TR-069 §3.2.2, hardening T4)."""

import hashlib
import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.runtime import digest

Algorithm = Literal["MD5", "SHA-256"]
Credentials = Callable[[], tuple[str, str] | None]  # user name and password as they are now; None: not set

HEAD_BYTES = 4096
_REALM = "cpe"
_FIELDS = 32
_NONCE_SECONDS = 60.0
_WINDOW_SECONDS = 60.0
_SOURCES = 256  # whose failures are remembered
# The ACS may share its address with who guesses (NAT): its right log-in still counts after the first failures, until
# there are so many times as many that somebody searches for the password.
_GUESSES = 100
_USED_NONCES = 1024

_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_ABSOLUTE = re.compile(r"(?i)http://[^/?#]*")
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a request: status, further header lines, and for people why it was refused ("" when it was not)."""

    status: int
    refusal: str = ""
    header: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether a session is to be opened."""
        return self.status == 200

    def render(self) -> bytes:
        """The response as sent: no body, and the connection ends."""
        first = f"HTTP/1.1 {self.status} {_REASONS[self.status]}\r\n"
        return f"{first}{self.header}Content-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1")


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    target: str
    authorization: str | None


class _Bad(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.verdict = Verdict(status, reason)


def end_of_head(received: bytes | bytearray) -> int:
    """The length of the head in ``received`` up to its empty line; 0 while it is incomplete."""
    end = _EMPTY_LINE.search(received)
    return end.end() if end else 0


def _read(head: bytes) -> _Head:
    """Read a complete head, strictly; cookies, bodies and whatever else are not looked at."""
    if len(head) > HEAD_BYTES:
        raise _Bad(431, "head too long")
    line, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if len(lines) > _FIELDS:
        raise _Bad(431, "too many header fields")
    request = _LINE.fullmatch(line)
    if not request:
        raise _Bad(400, "malformed request line")
    seen: dict[bytes, bytes] = {}
    for one in lines:
        field = _FIELD.fullmatch(one)
        if not field:
            raise _Bad(400, "malformed header field")
        name = field[1].lower()
        if name in (b"host", b"authorization") and name in seen:
            raise _Bad(400, "header field given twice")
        seen[name] = field[2]
    if request[3] != b"1":
        raise _Bad(505, "not HTTP/1")
    if request[4] != b"0" and b"host" not in seen:
        raise _Bad(400, "Host missing")
    authorization = seen.get(b"authorization")
    shown = None if authorization is None else authorization.decode("latin-1").strip()
    return _Head(request[1].decode(), request[2].decode(), shown)


class Gate:
    """Decides about connection requests, and remembers what that needs: nonces, failures, how many were accepted."""

    def __init__(
        self,
        path: str,
        credentials: Credentials,
        *,
        algorithm: Algorithm = "MD5",
        accepted_per_minute: int = 30,
        failures_per_minute: int = 10,
        key: bytes,
    ) -> None:
        self._path = "/" + path.strip("/")
        self._credentials = credentials
        self._algorithm = algorithm
        self._accepted_per_minute = accepted_per_minute
        self._failures_per_minute = failures_per_minute
        self._key = key
        self._issued = 0
        self._used: OrderedDict[str, float] = OrderedDict()  # nonce: when it was used up
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()  # source: start of its minute, count
        self._accepted: deque[float] = deque()

    def judge(self, head: bytes, source: str, now: float, ready: Callable[[], bool]) -> Verdict:
        """The answer to a complete head from the address ``source`` at the monotonic time ``now``.

        ``ready`` is asked last: whether the core can take one more request.
        """
        try:
            asked = _read(head)
        except _Bad as bad:
            return bad.verdict
        if asked.method != "GET":
            return Verdict(405, f"method {asked.method[:10]}", "Allow: GET\r\n")
        target = _ABSOLUTE.sub("", asked.target, count=1)
        path = target.partition("?")[0]
        if not hmac.compare_digest(path.encode(), self._path.encode()):
            return Verdict(404, "wrong path")
        return self._judge_login(asked.authorization, target, source, now, ready)

    def _judge_login(
        self, authorization: str | None, target: str, source: str, now: float, ready: Callable[[], bool]
    ) -> Verdict:
        credentials = self._credentials()
        if not credentials or not all(credentials):
            return Verdict(503, "no connection-request user name and password are set")
        if authorization is None:
            return self._challenge(now)
        failures = self._failures_of(source, now)
        if failures >= self._failures_per_minute * _GUESSES:
            return Verdict(503, "too many failed log-ins from this address")
        presented = self._right_login(authorization, target, credentials)
        if presented is None:
            self._note_failure(source, now)
            if failures >= self._failures_per_minute:
                return Verdict(503, "too many failed log-ins from this address")
            return self._challenge(now, "wrong user name or password")
        if not self._is_fresh(presented.nonce, now) or presented.nc not in (0, 1):
            return self._challenge(now, "nonce used up or too old", is_stale=True)
        if not self._use_up(presented.nonce, now) or self._is_at_limit(now):
            return Verdict(503, "too many connection requests")
        if not ready():
            return Verdict(503, "busy with earlier connection requests")
        self._accepted.append(now)
        return Verdict(200)

    def _right_login(self, authorization: str, target: str, credentials: tuple[str, str]) -> digest.Presented | None:
        try:
            presented = digest.parse_authorization(authorization)
        except digest.Malformed:
            return None
        # Oktopus signs without the query, GenieACS with it; both name this resource.
        uri = _ABSOLUTE.sub("", presented.uri, count=1)
        is_ours = presented.realm == _REALM and presented.algorithm == self._algorithm
        is_right = digest.is_right(presented, *credentials, "GET")
        return presented if is_right and is_ours and uri in (target, self._path) else None

    def _challenge(self, now: float, refusal: str = "", *, is_stale: bool = False) -> Verdict:
        self._issued += 1
        stamp = struct.pack(">Q", int(now * 1000))[2:] + struct.pack(">Q", self._issued)[2:]
        nonce = urlsafe_b64encode(stamp + self._seal(stamp)).decode()
        stale = ",stale=true" if is_stale else ""
        parameters = f'realm="{_REALM}",qop="auth",algorithm={self._algorithm},nonce="{nonce}"{stale}'
        return Verdict(401, refusal, f"WWW-Authenticate: Digest {parameters}\r\n")

    def _seal(self, stamp: bytes) -> bytes:
        return hmac.digest(self._key, stamp, hashlib.sha256)[:12]

    def _is_fresh(self, nonce: str, now: float) -> bool:
        """Whether the nonce is ours, at most a minute old and not used up: a flood leaves nothing to remember."""
        try:
            made = urlsafe_b64decode(nonce.encode())
        except ValueError:
            return False
        if len(made) != 24 or not hmac.compare_digest(made[12:], self._seal(made[:12])):
            return False
        issued = int.from_bytes(made[:6], "big") / 1000
        return now - issued <= _NONCE_SECONDS and nonce not in self._used

    def _use_up(self, nonce: str, now: float) -> bool:
        while self._used and now - next(iter(self._used.values())) > _NONCE_SECONDS:
            self._used.popitem(last=False)
        if len(self._used) >= _USED_NONCES:
            return False
        self._used[nonce] = now
        return True

    def _is_at_limit(self, now: float) -> bool:
        while self._accepted and now - self._accepted[0] > _WINDOW_SECONDS:
            self._accepted.popleft()
        return len(self._accepted) >= self._accepted_per_minute

    def _failures_of(self, source: str, now: float) -> int:
        began, count = self._failures.get(source, (now, 0))
        return count if now - began <= _WINDOW_SECONDS else 0

    def _note_failure(self, source: str, now: float) -> None:
        began, count = self._failures.pop(source, (now, 0))
        if now - began > _WINDOW_SECONDS:
            began, count = now, 0
        self._failures[source] = (began, count + 1)
        if len(self._failures) > _SOURCES:
            self._failures.popitem(last=False)
