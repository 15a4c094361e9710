"""Which ACS to talk to, within which bounds, and how a conversation with it can fail; loads no HTTP library."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Compression = Literal["Disabled", "GZIP", "Deflate"]  # the values of ManagementServer.HTTPCompression
TlsProfile = Literal["modern", "compat"]


@dataclass(frozen=True, slots=True, repr=False)
class AcsEndpoint:
    """An ACS as its owner describes it. File names are paths of PEM files, empty where not used."""

    url: str
    username: str = ""
    password: str = ""
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_profile: TlsProfile = "modern"
    compression: Compression = "Disabled"
    interface: str = ""
    user_agent: str = "cpe-agent"
    is_elsewhere: bool = False
    """Who has named it may name neither this machine nor what only its link reaches."""

    def __repr__(self) -> str:
        return f"AcsEndpoint({shown_url(self.url)!r})"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one CWMP session may cost. Times in seconds, sizes in bytes."""

    connect_seconds: float = 5.0  # for each address of the ACS's name
    reply_seconds: float = 30.0  # nothing heard or taken for so long: failed
    session_seconds: float = 900.0  # whole session, whatever happens in it
    grace_seconds: float = 10.0  # from the first byte of a reply until the lowest rate is asked for
    lowest_rate: int = 256  # bytes a second, on average, of a reply that takes longer than the grace
    header_bytes: int = 32_768
    body_bytes: int = 1_048_576  # as received, and again after decompression
    refusal_bytes: int = 65_536  # body of a 401 or redirect that is read only to keep the connection
    addresses: int = 8
    redirects: int = 5
    challenges: int = 3  # 401s answered for one message
    cookies: int = 32
    cookie_bytes: int = 4096  # of all cookies together


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A successful answer. ``body`` is decoded, empty for 204; ``seconds`` is from first byte out to last byte in."""

    status: int
    body: bytes
    headers: dict[str, str]
    address: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One HTTP exchange as it went over the wire, 401s and redirects included; for the trace. Sizes count headers."""

    url: str
    status: int
    sent_bytes: int
    received_bytes: int
    seconds: float
    address: str
    is_new_connection: bool


class Unreachable(Exception):
    """The exchange failed. ``reason`` is a sentence for people without secrets.

    ``host_answered``: the ACS's host itself was there and refused (a verified TLS handshake on https, a connection on
    http, then an error status, a broken reply or a closed connection). False when nothing proves that: no route, no
    name, refused or silent connections, a certificate that is not the ACS's, or not one byte of reply in time.
    """

    def __init__(self, reason: str, host_answered: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.host_answered = host_answered


class TooNear(Unreachable):
    """An ACS that is elsewhere, or has to be, leads to this machine, or to what only its link reaches."""


class NotTrusted(Unreachable):
    """Who answers does not prove to be that host."""


def shown_url(url: str) -> str:
    """The URL without user name, password, query and fragment, fit for logs."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "an invalid URL"
