"""What ddclient says, as it said it (versions 3.10.0 and 4.0.0)."""

import pytest

from backends.dynamic_dns.reports import Told, error_in, error_of, is_published, names_told, pruned

CACHE = """## ddclient-3.10.0
## last updated at Sun Nov 22 05:21:28 2026 (1795324888)
atime=1795324888,host=a.b,ip=192.0.2.7,mtime=1795324880,status=good,status-ipv4=noconnect,wtime=0 a.b
atime=1795324888,host=c.d,mtime=0,status=badauth,status-ipv4=noconnect c.d
atime=1795324881,ipv4=192.0.2.8,mtime=1795324881,status-ipv4=good e.f
x
"""
REFUSED = "WARNING:  cannot connect to 127.0.0.1:9 socket: Connection refused IO::Socket::IP configuration failed\n"
NOBODY = "WARNING:  cannot connect to x.invalid:80 socket: IO::Socket::INET: Bad hostname 'x.invalid'\n"
LATE = "WARNING:  cannot connect to 192.0.2.1:80 socket: IO::Socket::INET: connect: timeout\n"
SILENT = "WARNING:  TIMEOUT: 127.0.0.1:4443 after 2 seconds\n"
FAILED = "FAILED:   updating a.b: Could not connect to 127.0.0.1:9.\n"
UNKNOWN = "FAILED:   updating a.b: authorization failed (HTTP/1.1 401 Unauthorized)\n"
FATAL = "FATAL:    Error loading the Perl module IO::Socket::SSL needed for SSL connect.\n"


def test_the_cache_is_read_by_name() -> None:
    assert names_told(CACHE) == {
        "a.b": Told("good", "192.0.2.7", 1795324880, 1795324888),
        "c.d": Told("badauth", "", 0, 1795324888),
        "e.f": Told("good", "192.0.2.8", 1795324881, 1795324881),
    }


@pytest.mark.parametrize(
    "text", ["", "x", "## only", "a=b", "=,,= x", "atime=\u0661,mtime=-1 x", "mtime=9" + "9" * 30 + " x"]
)
def test_nonsense_is_nothing_that_happened(text: str) -> None:
    assert all((one.updated, one.tried, one.status) == (0, 0, "") for one in names_told(text).values())


def test_what_failed_and_other_names_are_left_out() -> None:
    assert pruned(CACHE, ["a.b", "c.d"]).splitlines() == CACHE.splitlines()[:3]
    assert pruned("", ["a.b"]) == ""


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("", ""),
        ("SUCCESS:  updating a.b: good: IP address set to 192.0.2.7\n", ""),
        (REFUSED + FAILED, "CONNECTION_ERROR"),
        (FAILED, "CONNECTION_ERROR"),
        (NOBODY + FAILED, "DNS_ERROR"),
        (LATE + FAILED, "TIMEOUT_ERROR"),
        (SILENT + FAILED, "TIMEOUT_ERROR"),
        (UNKNOWN, "AUTHENTICATION_ERROR"),
        (REFUSED + FAILED + SILENT + FAILED, "TIMEOUT_ERROR"),
        ("FAILED:   updating a.b: unexpected line (x)\n", "PROTOCOL_ERROR"),
        (FATAL, "MISCONFIGURATION_ERROR"),
        ("WARNING: [dyndns2][a.b][HTTP request]> CURL error (6) Couldn't resolve host.\n", "DNS_ERROR"),
        ("WARNING: [dyndns2][a.b][HTTP request]> CURL error (7) Failed to connect to host.\n", "CONNECTION_ERROR"),
        ("WARNING: [dyndns2][a.b][HTTP request]> CURL error (28) Operation timeout.\n", "TIMEOUT_ERROR"),
        ("FAILED:  [dyndns2][a.b]> 401 Unauthorized\n", "AUTHENTICATION_ERROR"),
        ("FAILED:  [dyndns2][a.b]> no response from server\n", "CONNECTION_ERROR"),
    ],
)
def test_why_it_failed_is_what_it_said_last(output: str, error: str) -> None:
    assert error_in(output) == error


def test_the_servers_own_word_is_worth_more_than_the_output() -> None:
    assert error_of([Told("noconnect", "", 0, 1), Told("badauth", "", 0, 1)], "TIMEOUT_ERROR") == "AUTHENTICATION_ERROR"
    assert error_of([Told("noconnect", "", 0, 1)], "TIMEOUT_ERROR") == "TIMEOUT_ERROR"
    assert error_of([Told("noconnect", "", 0, 1)], "") == "PROTOCOL_ERROR"
    assert error_of([Told("911", "", 0, 1)], "") == "PROTOCOL_ERROR"


def test_only_a_name_that_has_the_address_is_published() -> None:
    told = Told("good", "192.0.2.7", 1, 1)
    assert is_published(told, "192.0.2.7")
    assert not is_published(told, "192.0.2.8")
    assert not is_published(told, None)
    assert not is_published(told._replace(status="nohost"), "192.0.2.7")
    assert not is_published(None, "192.0.2.7")
