"""What is asked of a throughput test of TR-143, and what it found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Refusal, Way, anywhere

MOST_CONNECTIONS: Final = 16
MOST_INTERVALS: Final = 100
SCHEMES: Final = {"http": 80, "ftp": 21}
"""What TR-143 tests with, and their ports."""
LONGEST_URL: Final = 2048


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """``size`` is what is to be uploaded on each connection, in octets; times are seconds, 0: not by time, no rows.

    ``offset`` is waited after the beginning before the first interval starts.
    """

    url: str
    way: Way
    connections: int = 1
    duration: int = 0
    interval: int = 0
    offset: int = 0
    size: int = 0
    per_connection: bool = False
    refusal: Refusal = anywhere


@dataclass(frozen=True, slots=True)
class ConnectionResult:
    """One connection. Times as TR-143 names them; ``test_bytes`` of the test itself, the others of the whole link."""

    rom_time: datetime | None
    bom_time: datetime | None
    eom_time: datetime | None
    test_bytes: int
    total_bytes_received: int
    total_bytes_sent: int
    tcp_open_request_time: datetime | None
    tcp_open_response_time: datetime | None


@dataclass(frozen=True, slots=True)
class IntervalResult:
    """One interval of a test by time, over all connections."""

    start_time: datetime
    end_time: datetime
    test_bytes: int
    total_bytes_received: int
    total_bytes_sent: int


@dataclass(frozen=True, slots=True)
class TransferResult:
    """All connections together; "full loading" is while every one of them was moving data, in microseconds."""

    ip_address_used: str = ""
    rom_time: datetime | None = None
    bom_time: datetime | None = None
    eom_time: datetime | None = None
    test_bytes: int = 0
    total_bytes_received: int = 0
    total_bytes_sent: int = 0
    test_bytes_under_full_loading: int = 0
    total_bytes_received_under_full_loading: int = 0
    total_bytes_sent_under_full_loading: int = 0
    period_of_full_loading: int = 0
    tcp_open_request_time: datetime | None = None
    tcp_open_response_time: datetime | None = None
    connections: tuple[ConnectionResult, ...] = ()
    intervals: tuple[IntervalResult, ...] = ()


def checked_url(url: str) -> SplitResult:
    """The parts of a URL that can be tested with; DiagnosticFailed(Error_Other) with the reason for another."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DiagnosticFailed("Error_Other", "the URL's host or port is none") from error
    if parts.scheme not in SCHEMES:
        raise DiagnosticFailed("Error_Other", "the URL must begin with http:// or ftp:// (TR-143)")
    if not parts.hostname or port == 0:
        raise DiagnosticFailed("Error_Other", "the URL names no host")
    if len(url) > LONGEST_URL or not all("!" <= letter <= "~" for letter in url):
        raise DiagnosticFailed("Error_Other", "the URL has letters that none may have, or is too long")
    if parts.scheme == "http" and parts.username is not None:
        raise DiagnosticFailed("Error_Other", "no authentication with HTTP (TR-143)")
    return parts


def port_of(parts: SplitResult) -> int:
    """The port, the scheme's own where the URL names none."""
    return parts.port or SCHEMES[parts.scheme]
