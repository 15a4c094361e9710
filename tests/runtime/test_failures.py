"""The words for failures."""

import http.client
import ssl

import pytest
import requests
import urllib3

from agent.runtime.failures import broken, refused


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (http.client.RemoteDisconnected("gone"), "the ACS closed the connection without an answer"),
        (http.client.IncompleteRead(b"", 5), "the ACS closed the connection in the middle of its reply"),
        (urllib3.exceptions.IncompleteRead(1, 5), "the ACS closed the connection in the middle of its reply"),
        (http.client.LineTooLong("header line"), "the ACS's reply has too long a line"),
        (http.client.BadStatusLine("x"), "the ACS's reply is not HTTP/1.1"),
        (
            ConnectionResetError(104, "Connection reset by peer"),
            "the connection to the ACS broke: Connection reset by peer",
        ),
        (
            ssl.SSLError(1, "[SSL: TLSV13_ALERT] x"),
            "the ACS ended TLS; perhaps it does not accept the client certificate, or wants one",
        ),
        (KeyError("surprise"), "the ACS's reply is broken: KeyError"),
    ],
)
def test_the_innermost_error_is_told(error: Exception, words: str) -> None:
    assert broken(error) == words
    wrapped = urllib3.exceptions.ProtocolError("Connection aborted.", error)
    assert broken(requests.ConnectionError(wrapped)) == words
    pool = urllib3.HTTPConnectionPool("acs")
    assert broken(requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", error))) == words


@pytest.mark.parametrize(
    ("status", "content_type", "body", "words"),
    [
        (503, "", b"x", "the ACS answers 503 Service Unavailable"),
        (599, "text/html", b"<html>", "the ACS answers 599"),
        (
            400,
            "text/plain; charset=utf-8",
            b"Invalid\r\nsession\x1b[31m",
            "the ACS answers 400 Bad Request: Invalid session [31m",
        ),
        (400, "text/plain", b"\n", "the ACS answers 400 Bad Request"),
    ],
)
def test_a_refusal_is_told_with_what_the_acs_says(status: int, content_type: str, body: bytes, words: str) -> None:
    assert refused(status, content_type, body) == words


def test_a_long_refusal_is_cut() -> None:
    assert len(refused(400, "text/plain", b"x" * 10_000)) < 200


def test_who_broke_it_off_is_called_by_name() -> None:
    for error in (
        http.client.RemoteDisconnected(""),
        http.client.LineTooLong(""),
        ssl.SSLError(),
        OSError(5, "I/O error"),
    ):
        assert "the file server" in broken(error, "the file server")
        assert "ACS" not in broken(error, "the file server")
    assert refused(503, "", b"", "the file server") == "the file server answers 503 Service Unavailable"
