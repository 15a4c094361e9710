"""One connection at a time on requests, over wires of ours; nothing is sent or followed of the library's own accord."""

import http.client
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

from agent.runtime.spared_imports import called_later

with called_later({"chardet": "4.0.0", "charset_normalizer": "2.1.0", "importlib.metadata": None}):
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter

from agent.cwmp.acs_url import is_host
from agent.runtime.endpoint import Unreachable, shown_url
from agent.runtime.wire import Wire

Response = requests.Response
BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
"""What the libraries and http.client raise when a peer misbehaves."""

_BLANK: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where POSTs go: the URL as requests normalises it, and its parts."""

    url: str
    host: str
    port: int
    is_tls: bool

    @property
    def host_header(self) -> str:
        """What the header Host says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.is_tls else 80) else f"{name}:{self.port}"


def target_of(url: str) -> Target:
    """Where a URL leads, a redirect's too; Unreachable for one that leads nowhere.

    Everything that ``check_acs_url`` takes leads somewhere: a device must not be given an ACS that it cannot call.
    """
    request = requests.PreparedRequest()
    try:
        if _BLANK.search(url):
            raise ValueError("blank or control character")
        request.prepare_url(url, None)
        parts = urlsplit(request.url or "")
        host, port = parts.hostname, parts.port
    except (ValueError, requests.RequestException):
        host, port = None, None
    if not host or parts.scheme not in ("http", "https") or not is_host(host, in_brackets=":" in host):
        raise Unreachable(f"not a URL of an ACS: {shown_url(url)}")
    is_tls = parts.scheme == "https"
    # Credentials in a URL are not used: they would leave as Basic before anybody asked.
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return Target(bare, host.rstrip("."), port or (443 if is_tls else 80), is_tls)


class _Reply(http.client.HTTPResponse):
    def _read_status(self) -> Any:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if not version.startswith("HTTP/1."):
            raise http.client.BadStatusLine("not HTTP/1")
        return version, status, reason

    def read_some(self, buffer: memoryview) -> int:
        """See ``read_into``."""
        stream: Any = self.fp
        if stream is None:
            return 0
        if self.chunked:
            piece = self.read1(len(buffer))
            if (cast(Any, self).chunk_left or 0) < 0:
                raise http.client.HTTPException("no chunk size")
            buffer[: len(piece)] = piece
            return len(piece)
        if self.length is None:
            return int(stream.readinto1(buffer))
        size = int(stream.readinto1(buffer[: self.length])) if self.length else 0
        if self.length and not size:
            raise http.client.IncompleteRead(b"", self.length)
        self.length -= size
        return size


class _Connection(urllib3.connection.HTTPConnection):
    """A connection that speaks over a Wire, TLS included, and sends no header of its own accord."""

    response_class = _Reply

    def __init__(self, *arguments: Any, open_wire: Callable[[], Wire], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open_wire = open_wire

    def connect(self) -> None:
        self.sock = cast(Any, self._open_wire())

    def putrequest(self, method: str, url: str, *_: Any, **__: Any) -> None:
        super().putrequest(method, url, skip_host=True, skip_accept_encoding=True)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """Gives requests the one connection of the session; TLS is the wire's, so the pool thinks in plain HTTP."""

    def __init__(self, open_wire: Callable[[Target], Wire]) -> None:
        super().__init__()
        self._open_wire = open_wire
        self._pool: _Pool | None = None

    def aim(self, target: Target) -> None:
        """Connect to ``target`` from now on."""
        self.close()
        self._pool = _Pool(target.host, target.port, maxsize=1, open_wire=lambda: self._open_wire(target))

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        return self._pool

    def get_connection(self, *_: Any, **__: Any) -> Any:  # the same question, asked by requests before 2.32
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Nothing: ``tls.context_for`` has decided."""

    def close(self) -> None:
        super().close()
        if self._pool is not None:
            self._pool.close()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, always: requests would read a redirect's whole body and turn the POST into a GET."""


class _Body:
    """A body in pieces, whose length is known."""

    def __init__(self, size: int, pieces: Iterable[bytes]) -> None:
        self._size = size
        self._pieces = pieces

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


class Line:
    """Sends requests over the one wire that ``open_wire`` makes when there is none; ``aim`` it first."""

    def __init__(self, open_wire: Callable[[Target], Wire]) -> None:
        self._session = _Session()
        self._session.trust_env = False
        self._adapter = _Adapter(open_wire)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def aim(self, target: Target) -> None:
        """Drop the connection; the next one is to ``target``."""
        self._adapter.aim(target)

    def send(
        self,
        method: str,
        target: Target,
        headers: dict[str, str],
        body: tuple[int, Iterable[bytes]] | None,
        log_in: Callable[[str], str],
    ) -> Response:
        """Send a request and read the head of its reply; raises BROKEN and what wires raise.

        ``body`` is a length and the pieces. ``log_in`` is told the path as it is sent, and gives the Authorization, ""
        for none.
        """
        request = requests.PreparedRequest()
        request.prepare(method, target.url, headers, data=cast(Any, _Body(*body) if body and body[0] else None))
        if authorization := log_in(request.path_url):
            request.headers["Authorization"] = authorization
        return self._session.send(request, stream=True, allow_redirects=False, timeout=None)

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()
        self._session.close()


def read_into(response: Response, buffer: memoryview) -> int:
    """What has come of a reply's body, decoded from chunks only: 0 at its end. Raises BROKEN where it breaks off.

    For bodies of any size: without chunks, the kernel writes into ``buffer``. Not to be mixed with other ways to read.
    """
    return cast(_Reply, response.raw._original_response).read_some(buffer)  # as requests itself comes by it
