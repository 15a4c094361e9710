"""Files by HTTP and HTTPS: log-in, redirects and ranges within the policy, bodies straight to the disk."""

import base64
import binascii
import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, cast
from urllib.parse import urljoin

from agent.runtime.cookie_dates import read_date
from agent.runtime.dialler import Dialler
from agent.runtime.endpoint import NotTrusted, Unreachable
from agent.runtime.failures import broken, refused
from agent.runtime.http_line import BROKEN, Line, Response, Target, read_into
from agent.runtime.login import Login
from agent.runtime.wire import Address, Wire
from agent.transfers.cancelling import Cancelling
from agent.transfers.disk import Part
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.orders import FileOrder, Stream
from agent.transfers.pace import Pace, Progress
from agent.transfers.url_policy import Place, UrlPolicy
from agent.transfers.way import PEER, Connector, Way

BUFFER: Final = 1 << 18
"""Bytes read at once."""
MOST_REDIRECTS: Final = 5
MOST_CHALLENGES: Final = 3
LONGEST_REFUSAL: Final = 65_536
"""Bytes of an answer without a file that are read to keep the connection: a nonce may be good on that one only."""
EXPECT_AFTER: Final = 16_384
"""Bytes of an upload above which the server is asked first whether it wants them."""
EXPECT_SECONDS: Final = 1.0

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LATER: Final = frozenset({408, 425, 429})
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_RANGE: Final = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_HASHES: Final = {"sha-256": "sha256", "sha-512": "sha512", "md5": "md5"}


class HttpMove:
    """One connection after the other to where an order's URL leads; ``close`` it. Raises TransferFailed, Cancelled."""

    def __init__(self, order: FileOrder, place: Place, way: Way, policy: UrlPolicy, cancelling: Cancelling) -> None:
        self._order = order
        self._own = place
        self._place = place
        self._way = way
        self._policy = policy
        self._cancelling = cancelling
        self._connector = Connector(way, policy, cancelling)
        user = replace(way.endpoint, username=order.username, password=order.password)
        self._login = Login(user, MOST_CHALLENGES, PEER)
        self._line = Line(self._open)
        self._wire: Wire | None = None
        self._handshake = ExitStack()
        self._dialler = self._new_dialler()

    def close(self) -> None:
        """Close the connection."""
        self._line.close()
        if self._wire is not None:
            self._wire.close()

    def fetch(self, part: Part, progress: Progress) -> None:
        """Bring ``part`` to its end, or as far as it goes; what it has is kept where the server's file is the same."""
        headers = {"Accept-Encoding": "identity"}
        if is_later := bool(part.size and part.validator):
            headers |= {"Range": f"bytes={part.size}-", "If-Range": part.validator}
        response = self._ask("GET", headers)
        try:
            with self._talking(Cause.INCOMPLETE):
                total = _begin(part, response) if response.status_code == 200 else _go_on(part, response, is_later)
                self._receive(part, response, total, progress)
        finally:
            self._drop()

    def send(self, source: Stream, progress: Progress) -> None:
        """PUT what the source has (TR-069 A.4.1.5)."""
        headers = {"Content-Type": "application/octet-stream"}
        if source.size > EXPECT_AFTER:
            headers["Expect"] = "100-continue"

        def pieces() -> Iterator[bytes]:
            if "Expect" in headers and self._is_refused():
                raise BrokenPipeError  # urllib3 reads the answer then
            pace, sent = Pace(progress, 0, source.size), 0
            for piece in source.pieces():
                self._cancelling.check()
                yield piece
                sent += len(piece)
                pace.moved(sent)
            pace.ended(sent)

        try:
            self._ask("PUT", headers, _Sending(source, pieces))
        finally:
            self._drop()

    # -- requests ---------------------------------------------------------------------------------------------------

    def _ask(self, method: str, headers: dict[str, str], body: "_Sending | None" = None) -> Response:
        """Send a request to wherever it is to go in the end: an answer that is neither redirect nor refusal."""
        self._place = self._own
        self._dialler = self._new_dialler()
        self._login.begin_message()
        self._drop()
        hops = 0
        while True:
            self._cancelling.check()
            response = self._exchange(method, headers, body)
            status = response.status_code
            if status in (200, 206) or (body and status in (201, 202, 204)):
                return response
            if status in _REDIRECTS and (method == "GET" or status != 303):
                hops += 1
                self._follow(response, hops)
            elif status == 401:
                self._log_in(response)
            elif status == 417 and headers.pop("Expect", ""):
                pass  # it knows no expectations: it gets the body at once
            elif status == 416 and "Range" in headers:
                return response
            else:
                raise self._refusal(response)
            if status == 401 and body is None:
                self._read_away(response)
            else:
                self._drop()

    def _exchange(self, method: str, headers: dict[str, str], body: "_Sending | None") -> Response:
        place = self._place
        target = Target(place.url, place.host, place.port, place.is_tls)
        headers = {"Host": target.host_header, "User-Agent": self._way.endpoint.user_agent, **headers}
        if self._wire is not None:
            self._wire.begin_exchange()
        with self._talking(Cause.NO_CONTACT):
            return self._line.send(
                method,
                target,
                headers,
                (body.source.size, body.pieces()) if body else None,
                lambda uri: self._authorization(method, uri, body),
            )

    def _authorization(self, method: str, uri: str, body: "_Sending | None") -> str:
        hashed = _Again(body.source.pieces) if body else ()
        return self._login.header(method, uri, hashed) if self._is_own() else ""

    def _is_own(self) -> bool:
        """Whether credentials are for who is asked: the server that the ACS named, or the same one behind TLS."""
        own, now = self._own, self._place
        is_safer = own.host == now.host and (own.scheme, own.port, now.scheme, now.port) == ("http", 80, "https", 443)
        return now.origin == own.origin or is_safer

    def _log_in(self, response: Response) -> None:
        if not self._is_own():
            raise TransferFailed(
                Cause.NOT_AUTHENTICATED,
                f"{self._place.host} asks who this is, and is not the server that the ACS named",
            )
        challenges = response.raw.headers.getlist("www-authenticate")
        try:
            self._login.challenged(challenges, is_tls=self._place.is_tls or self._policy.laboratory)
        except Unreachable as refusal:
            raise TransferFailed(Cause.NOT_AUTHENTICATED, refusal.reason) from None

    def _follow(self, response: Response, hops: int) -> None:
        if hops > MOST_REDIRECTS:
            raise TransferFailed(Cause.NO_ACCESS, f"{PEER} redirects more than {MOST_REDIRECTS} times")
        location = response.headers.get("location", "")
        if not location:
            raise TransferFailed(Cause.NO_ACCESS, f"{PEER} redirects without saying where to")
        before = self._place
        try:
            url = urljoin(before.url, location.encode("latin-1").decode("ascii"))
        except ValueError:
            raise TransferFailed(Cause.NO_ACCESS, f"{PEER} redirects to what is no URL") from None
        self._place = self._policy.check_redirect(before, url)

    def _refusal(self, response: Response) -> TransferFailed:
        status = response.status_code
        said = b""
        with suppress(*BROKEN, Unreachable, ValueError):
            said = response.raw.read(512, decode_content=False)
        words = refused(status, response.headers.get("content-type", ""), said, PEER)
        if status in _LATER or status >= 500:
            return TransferFailed(Cause.NOT_READY, words)
        if status == 407:
            return TransferFailed(Cause.NOT_AUTHENTICATED, words)
        return TransferFailed(Cause.NO_ACCESS, words)

    def _is_refused(self) -> bool:
        """Whether the answer to the head of an upload is there, and no invitation (RFC 9110 10.1.1)."""
        wire = cast(Wire, self._wire)
        said = wire.peek(len(b"HTTP/1.1 100"), EXPECT_SECONDS)
        return bool(said) and not re.fullmatch(rb"HTTP/1\.. 100", said)

    # -- connections ------------------------------------------------------------------------------------------------

    def _new_dialler(self) -> Dialler:
        return Dialler(
            self._way.endpoint,
            self._way.limits,
            self._connector.resolve,
            self._connect,
            wall_clock_trusted=self._way.wall_clock_trusted,
            on_open=self._cancelling.hold,
            peer=PEER,
        )

    def _open(self, target: Target) -> Wire:
        with ExitStack() as self._handshake:
            self._wire = self._dialler.open(target.host, target.port, is_tls=target.is_tls)
        return self._wire

    def _connect(self, address: Address, seconds: float) -> socket.socket:
        made = self._connector.connect(address, seconds)
        self._handshake.enter_context(self._cancelling.holding(made))
        return made

    def _drop(self) -> None:
        """Leave the connection, and connect anew for what is asked next."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        place = self._place
        self._line.aim(Target(place.url, place.host, place.port, place.is_tls))

    def _read_away(self, response: Response) -> None:
        """Read the rest of a refusal, so that the next request may go by the same connection."""
        cast(Wire, self._wire).allow(LONGEST_REFUSAL)
        size = 0
        try:
            while piece := response.raw.read(4096, decode_content=False):
                size += len(piece)
                if size > LONGEST_REFUSAL:
                    return self._drop()
        except (*BROKEN, Unreachable, ValueError):
            self._drop()

    def _receive(self, part: Part, response: Response, total: int | None, progress: Progress) -> None:
        """Write what comes, until it is all there."""
        announced = self._order.file_size or None
        whole = total if announced is None else announced
        if total is not None and total != whole:
            raise TransferFailed(Cause.CORRUPTED, f"{PEER} has a file of {total} bytes, and it is to have {whole}")
        most = part.most(whole, self._order.largest)
        stated = _stated_hash(response)
        wire, pace = cast(Wire, self._wire), Pace(progress, part.size, whole)
        buffer = memoryview(bytearray(BUFFER))
        slack = self._way.limits.header_bytes
        while True:
            wire.allow_next(BUFFER + slack)
            size = read_into(response, buffer)
            self._cancelling.check()
            if not size:
                break
            if part.size + size > most:
                raise _too_large(whole, most)
            part.append(buffer[:size])
            pace.moved(part.size)
        if whole is not None and part.size < whole:
            raise _too_short(response, part.size, whole)
        if stated and part.digest(stated[0]) != stated[1]:
            raise TransferFailed(Cause.CORRUPTED, f"the file has another {stated[0]} than {PEER} says")
        pace.ended(part.size)

    @contextmanager
    def _talking(self, cause: Cause) -> Iterator[None]:
        """Says what a broken conversation is."""
        try:
            yield
        except NotTrusted as failure:
            raise TransferFailed(Cause.NOT_AUTHENTICATED, failure.reason) from None
        except Unreachable as failure:
            self._cancelling.check()
            raise TransferFailed(cause, failure.reason) from None
        except (*BROKEN, ValueError) as error:  # http.client counts with anything that int takes
            self._cancelling.check()
            raise TransferFailed(cause, broken(error, PEER)) from None


@dataclass(frozen=True, slots=True)
class _Sending:
    """A body: what it is, and as it goes out."""

    source: Stream
    pieces: Callable[[], Iterator[bytes]]


class _Again:
    """A body that is read only when somebody looks: for Digest with auth-int."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces()


def _begin(part: Part, response: Response) -> int | None:
    """The whole file comes: how long it is, where that is said."""
    total = _length(response)
    part.begin(_validator(response), total)
    return total


def _go_on(part: Part, response: Response, is_asked: bool) -> int | None:
    """The rest of a file comes, or nothing of use: how long the file is as a whole."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if not is_asked:
        raise TransferFailed(Cause.NO_ACCESS, f"{PEER} sends a part of the file where all of it was asked for")
    tag = response.headers.get("etag", "")
    is_same = not tag or not part.validator.startswith('"') or tag == part.validator
    if response.status_code == 206 and found and int(found[1]) == part.size and is_same:
        total = None if found[3] == "*" else int(found[3])
        if total is None or part.total in (None, total):
            return part.total if total is None else total
    part.begin("", None)
    raise TransferFailed(Cause.INCOMPLETE, f"{PEER} does not go on where the file broke off: it has to come anew")


def _length(response: Response) -> int | None:
    """The Content-Length, None where the end shows otherwise; the same one may come twice (RFC 9112 6.3)."""
    headers = response.headers
    if "content-length" not in headers or "transfer-encoding" in headers:
        return None
    given = {one.strip() for one in headers["content-length"].split(",")}
    text = given.pop()
    if given or not _NUMBER.fullmatch(text):
        raise TransferFailed(Cause.NOT_READY, f"{PEER}'s reply has no usable Content-Length: {text[:20]!a}")
    return int(text)


def _validator(response: Response) -> str:
    """By what If-Range knows the same version of the file: a strong one, or none (RFC 9110 13.1.5)."""
    headers = response.headers
    tag = headers.get("etag", "")
    if re.fullmatch(r'"[\x21\x23-\x7e]{1,256}"', tag):
        return tag
    changed, now = read_date(headers.get("last-modified", "")), read_date(headers.get("date", ""))
    is_strong = changed is not None and now is not None and now - changed >= 60
    return headers["last-modified"] if is_strong else ""


def _stated_hash(response: Response) -> tuple[str, bytes] | None:
    """What the server says is the hash of the whole file (RFC 9530, RFC 3230, and RFC 1864 for what is whole)."""
    headers = response.headers
    said = [*headers.get("repr-digest", "").split(","), *headers.get("digest", "").split(",")]
    if response.status_code == 200:
        said.append(f"md5={headers.get('content-md5', '')}")
    found: dict[str, bytes] = {}
    for name, _, value in (one.strip().partition("=") for one in said):
        with suppress(binascii.Error, ValueError):
            digest = base64.b64decode(value.strip(":"), validate=True)
            if (known := _HASHES.get(name.lower())) and len(digest) == hashlib.new(known).digest_size:
                found.setdefault(known, digest)
    return next(((name, found[name]) for name in _HASHES.values() if name in found), None)


def _too_large(whole: int | None, most: int) -> TransferFailed:
    if whole is None:
        return TransferFailed(Cause.NO_ROOM, f"the file has no end, and may have {most} bytes here")
    return TransferFailed(Cause.CORRUPTED, f"more comes than the {whole} bytes that were announced")


def _too_short(response: Response, size: int, whole: int) -> TransferFailed:
    """Without chunks, an end may as well be a connection that broke."""
    is_end = response.headers.get("transfer-encoding", "").lower() == "chunked"
    cause = Cause.CORRUPTED if is_end else Cause.INCOMPLETE
    return TransferFailed(cause, f"the file ended after {size} bytes, and {whole} were announced")
