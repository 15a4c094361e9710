"""POSTs of one CWMP session on requests: redirects, cookies, log-in, TLS and compression, all within limits."""

import http.client
import logging
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast
from urllib.parse import urljoin

from agent.discovery.near_hosts import is_near
from agent.runtime import coding
from agent.runtime.cookie_dates import read_date
from agent.runtime.cookies import Cookies
from agent.runtime.dialler import Dialler
from agent.runtime.endpoint import AcsEndpoint, HttpReply, Limits, TooNear, Turn, Unreachable, shown_url
from agent.runtime.failures import broken, refused
from agent.runtime.http_line import BROKEN, Line, Response, Target, target_of
from agent.runtime.login import Login
from agent.runtime.wire import Address, Connect, Resolve, Wire, connect_through, resolve_by_system

__all__ = ["AcsClient", "AcsEndpoint", "HttpReply", "Limits", "Turn", "Unreachable"]

logger = logging.getLogger(__name__)

_REDIRECTS = (301, 302, 307, 308)
_LONGEST_LOCATION = 2048
_PIECE = 16_384
_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: dict[str, str]
    challenges: list[str]
    body: bytes


class AcsClient:
    """The HTTP side of one CWMP session; make one, ``post`` in turn from one thread, ``close``.

    ``resolve`` and ``connect`` find and reach the ACS's host (a management interface brings its own). ``on_turn`` is
    told every exchange, also those that fail (status 0), ``on_open`` every connection that stands.
    """

    def __init__(
        self,
        endpoint: AcsEndpoint,
        limits: Limits | None = None,
        *,
        resolve: Resolve = resolve_by_system,
        connect: Connect | None = None,
        wall_clock_trusted: bool = True,
        on_turn: Callable[[Turn], None] | None = None,
        on_open: Callable[[socket.socket], None] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._limits = limits or Limits()
        self._on_turn = on_turn
        self._connect = connect or connect_through(endpoint.interface)
        self._dialler = Dialler(
            endpoint, self._limits, resolve, self._connected, wall_clock_trusted=wall_clock_trusted, on_open=on_open
        )
        self._login = Login(endpoint, self._limits.challenges)
        self._cookies = Cookies(self._limits.cookies, self._limits.cookie_bytes)
        self._coding = coding.NAMES.get(endpoint.compression, "")
        self._hops = 0
        self._wire: Wire | None = None
        self._ended = False
        self._line = Line(self._open)
        self._where: Target | None = None
        self._ready: Wire | None = None  # connected, and nothing said on it yet
        self._is_elsewhere = endpoint.is_elsewhere  # or, once connected, since the ACS itself is

    @property
    def log_in(self) -> str:
        """How the ACS has been shown who this is: "Digest MD5", "Basic"; "" while it has not asked."""
        return self._login.kind

    def connect(self) -> str:
        """Connect before anything is said: the ACS's IP address. Raises Unreachable."""
        self._aim(self._endpoint.url)
        self._ready = self._open(cast(Target, self._where))
        return str(self._ready.address.socket_address[0])

    def post(self, body: bytes | Iterable[bytes] | None = None) -> HttpReply:
        """POST an envelope (None: the empty POST) and return the 2xx answer; everything else raises Unreachable."""
        if self._where is None:
            self._aim(self._endpoint.url)
        plain = [body] if isinstance(body, bytes) else list(body or ())
        message = coding.encode(plain, self._coding) if plain else []
        started = time.monotonic()
        self._login.begin_message()
        while True:
            answer = self._exchange(message)
            if 200 <= answer.status < 300:
                address = str(self._wire.address) if self._wire else ""
                return HttpReply(answer.status, answer.body, answer.headers, address, time.monotonic() - started)
            if answer.status in _REDIRECTS:
                self._follow(answer)
            elif answer.status == 401:
                self._login.challenged(answer.challenges, is_tls=cast(Target, self._where).is_tls)
            elif answer.status == 415 and self._coding:
                logger.info("the ACS takes no compressed messages: sending them plain for the rest of the session")
                self._coding, message = "", plain
            else:
                content_type = answer.headers.get("content-type", "")
                raise Unreachable(refused(answer.status, content_type, answer.body), host_answered=True)

    def close(self) -> None:
        """Close the connection and forget cookies and log-in. Only for the thread that posts."""
        self._ended = True
        self._line.close()
        if self._wire is not None:
            self._wire.close()

    def abort(self) -> None:
        """End whatever is going on, from any thread; ``post`` then raises Unreachable."""
        self._ended = True
        if (wire := self._wire) is not None:
            wire.abort()

    def _aim(self, url: str) -> None:
        self._where = target_of(url)
        self._login.forget()
        self._line.aim(self._where)

    def _open(self, target: Target) -> Wire:
        if self._ended:
            raise Unreachable("the session was closed")
        if self._ready is not None:
            ready, self._ready = self._ready, None
            return ready
        self._wire = self._dialler.open(target.host, target.port, is_tls=target.is_tls)
        return self._wire

    def _connected(self, address: Address, seconds: float) -> socket.socket:
        """Connect, unless it was ended meanwhile: to find the name may have taken long."""
        if self._ended:
            raise Unreachable("the session was closed")
        host = str(address.socket_address[0])
        if self._is_elsewhere and is_near(host):
            raise self._is_here(host)
        connection = self._connect(address, seconds)
        is_here = is_near(host) or connection.getsockname()[:1] == address.socket_address[:1]
        if self._is_elsewhere and is_here:
            connection.close()
            raise self._is_here(host)
        self._is_elsewhere |= not is_here and not self._hops
        return connection

    def _is_here(self, host: str) -> TooNear:
        what = "the ACS redirects to" if self._hops else "DHCP's ACS is at"
        return TooNear(f"{what} {host}: this machine, or what only its link reaches", host_answered=bool(self._hops))

    def _exchange(self, message: Sequence[bytes]) -> _Answer:
        """One request and its answer; a kept connection that proves closed before a byte came is replaced, once."""
        if self._wire is not None:
            self._wire.begin_exchange()
        before, started = None if self._ready else self._wire, time.monotonic()
        answer: _Answer | None = None
        try:
            answer = self._send(message)
            return answer
        except Unreachable:
            self._drop()
            raise
        except BROKEN as error:
            self._drop()
            wire = self._wire
            if self._ended:
                raise Unreachable("the session was closed") from None
            if wire is None or wire is not before or wire.received:
                raise Unreachable(broken(error), host_answered=wire is not None) from None
        finally:
            self._tell(answer, before, started)
        self._wire = None
        return self._exchange(message)

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._line.aim(cast(Target, self._where))

    def _send(self, message: Sequence[bytes]) -> _Answer:
        target = cast(Target, self._where)
        response = self._line.send(
            "POST",
            target,
            self._headers(target, bool(message)),
            (sum(map(len, message)), message) if message else None,
            lambda uri: self._login.header("POST", uri, message),
        )
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            raw = response.raw.headers
            wall = read_date(headers.get("date", "")) or time.time()
            self._cookies.take(target.host, target.is_tls, raw.getlist("set-cookie"), time.monotonic(), wall)
            body = self._body(response, headers)
            return _Answer(response.status_code, headers, raw.getlist("www-authenticate"), body)
        except BaseException:
            response.close()
            raise

    def _headers(self, target: Target, has_body: bool) -> dict[str, str]:
        headers = {"Host": target.host_header, "User-Agent": self._endpoint.user_agent}
        if has_body:
            headers |= {"Content-Type": 'text/xml; charset="utf-8"', "SOAPAction": ""}
        if has_body and self._coding:
            headers["Content-Encoding"] = self._coding
        if self._coding:
            headers["Accept-Encoding"] = self._coding
        if cookie := self._cookies.header(target.host, target.is_tls, time.monotonic()):
            headers["Cookie"] = cookie
        return headers

    def _body(self, response: Response, headers: dict[str, str]) -> bytes:
        is_success = 200 <= response.status_code < 300
        most = self._limits.body_bytes if is_success else self._limits.refusal_bytes
        length = _length(headers)
        if length is not None and length > most:
            raise Unreachable(f"the ACS's reply of {length} bytes is larger than {most}", host_answered=True)
        cast(Wire, self._wire).allow(most + self._limits.header_bytes)
        pieces = _pieces(response, length)
        return coding.decode(pieces, headers.get("content-encoding", ""), most)

    def _follow(self, answer: _Answer) -> None:
        """Aim at the Location; it holds for the rest of this session only."""
        before = cast(Target, self._where)
        location = answer.headers.get("location", "")
        self._hops += 1
        if self._hops > self._limits.redirects:
            raise Unreachable(f"the ACS redirects more than {self._limits.redirects} times", host_answered=True)
        if not location or len(location) > _LONGEST_LOCATION:
            raise Unreachable("the ACS redirects without saying where to", host_answered=True)
        try:
            target = target_of(urljoin(before.url, location))
        except (ValueError, Unreachable):
            raise Unreachable("the ACS redirects to what is no http or https URL", host_answered=True) from None
        if before.is_tls and not target.is_tls:
            raise Unreachable("the ACS redirects from https to http, which is not followed", host_answered=True)
        logger.info("the ACS redirects this session to %s", shown_url(target.url))
        if (target.host, target.port, target.is_tls) == (before.host, before.port, before.is_tls):
            self._where = target  # same connection, same log-in
        else:
            self._aim(target.url)

    def _tell(self, answer: _Answer | None, before: Wire | None, started: float) -> None:
        wire = self._wire
        if self._on_turn is None or wire is None:
            return
        url = shown_url(self._where.url) if self._where else ""
        status = answer.status if answer else 0
        seconds = time.monotonic() - started
        self._on_turn(Turn(url, status, wire.sent, wire.received, seconds, str(wire.address), wire is not before))


def _length(headers: dict[str, str]) -> int | None:
    """The Content-Length, ``None`` where the end shows otherwise; the same one may come twice (RFC 9112 §6.3)."""
    if "content-length" not in headers or "transfer-encoding" in headers:
        return None
    given = {one.strip() for one in headers["content-length"].split(",")}
    text = given.pop()
    if given or not _NUMBER.fullmatch(text):
        raise Unreachable(f"the ACS's reply has no usable Content-Length: {text[:20]!a}", host_answered=True)
    return int(text)


def _pieces(response: Response, length: int | None) -> Iterator[bytes]:
    """The body as it came; IncompleteRead where it is shorter than announced (urllib3 1.26 does not look)."""
    received = 0
    try:
        while piece := response.raw.read(_PIECE, decode_content=False):
            received += len(piece)
            yield piece
    except ValueError:  # http.client counts with a negative chunk size
        raise http.client.HTTPException("no chunk size") from None
    if length is not None and received < length and response.status_code not in (204, 304):
        raise http.client.IncompleteRead(b"", length - received)
