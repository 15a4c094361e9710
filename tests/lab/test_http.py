"""Requests are read within their bounds, and replies written as HTTP wants them."""

import socket
from collections.abc import Callable, Iterator

import pytest

from agent.lab.http import Connection, Gone, HttpProblem, Limits, Reply, Request, text_reply

Feed = Callable[..., Connection]


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Gives the connection that reads given bytes, in pieces; the peer then closes unless told otherwise."""
    ends: list[socket.socket] = []

    def make(*pieces: bytes, stays: bool = False, limits: Limits | None = None) -> Connection:
        ours, theirs = socket.socketpair()
        ends.extend((ours, theirs))
        for piece in pieces:  # all of it fits the socket's buffer
            theirs.sendall(piece)
        if not stays:
            theirs.shutdown(socket.SHUT_WR)
        return Connection(ours, 1, "127.0.0.1", limits or Limits())

    yield make
    for end in ends:
        end.close()


def post(headers: str, body: bytes = b"") -> bytes:
    return f"POST /x?q=1 HTTP/1.1\r\nHost: h\r\n{headers}\r\n".encode() + body


def test_a_request_is_read_with_its_body_and_its_bytes_are_counted(feed: Feed) -> None:
    data = post("Content-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n", b"hello")
    connection = feed(data[:30], data[30:])
    request = connection.read_request()
    assert (request.method, request.path, request.query) == ("POST", "/x", "q=1")
    assert request.headers["x-a"] == "1, 2"
    assert connection.read_body(request, 5) == b"hello"
    assert connection.bytes_in == len(data)
    assert connection.body_was_taken


def test_requests_follow_one_another_on_a_connection(feed: Feed) -> None:
    connection = feed(post("Content-Length: 1\r\n", b"a") + post("", b"") + post("Content-Length: 1\r\n", b"b"))
    bodies = []
    for _ in range(3):
        request = connection.read_request()
        bodies.append(connection.read_body(request, 10))
    assert bodies == [b"a", b"", b"b"]
    with pytest.raises(Gone):
        connection.read_request()


def test_a_chunked_body_is_read(feed: Feed) -> None:
    connection = feed(post("Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"))
    assert connection.read_body(connection.read_request(), 5) == b"abcde"


@pytest.mark.parametrize(
    "head",
    [
        b"hello\r\n\r\n",
        b"POST /x HTTP/2.0\r\n\r\n",
        b"POST  /x HTTP/1.1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nno header\r\n\r\n",
        b"POST /x HTTP/1.1\r\nA: 1\r\n folded\r\n\r\n",
        b"POST /x HTTP/1.1\r\nA : 1\r\n\r\n",
        post("Content-Length: 1\r\nContent-Length: 2\r\n"),
        post("Content-Length: -1\r\n"),
        post("Content-Length: 1,1\r\n"),
        post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
        post("Transfer-Encoding: gzip\r\n"),
        post("Host: other\r\n"),
        post("Transfer-Encoding: chunked\r\n", b"zz\r\n"),
        post("Transfer-Encoding: chunked\r\n", b"1\r\nab\r\n0\r\n\r\n"),
    ],
)
def test_what_is_no_http_is_refused(head: bytes, feed: Feed) -> None:
    connection = feed(head)
    with pytest.raises(HttpProblem) as refused:
        connection.read_body(connection.read_request(), 100)
    assert refused.value.status == 400


def test_a_head_that_is_too_large_is_refused(feed: Feed) -> None:
    with pytest.raises(HttpProblem) as refused:
        feed(post("X: " + "a" * 500 + "\r\n"), limits=Limits(head=100)).read_request()
    assert refused.value.status == 431
    with pytest.raises(HttpProblem):
        feed(b"a" * 500, limits=Limits(head=100)).read_request()


@pytest.mark.parametrize(
    "data",
    [post("Content-Length: 6\r\n", b"abcdef"), post("Transfer-Encoding: chunked\r\n", b"6\r\nabcdef\r\n0\r\n\r\n")],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_kept(data: bytes, feed: Feed) -> None:
    connection = feed(data)
    request = connection.read_request()
    with pytest.raises(HttpProblem) as refused:
        connection.read_body(request, 5)
    assert refused.value.status == 413
    assert not connection.body_was_taken


@pytest.mark.parametrize("data", [b"POST /x", post("Content-Length: 6\r\n", b"abc")])
@pytest.mark.parametrize("stays", [True, False])
def test_a_peer_that_is_slow_or_gone_ends_the_wait(data: bytes, stays: bool, feed: Feed) -> None:
    connection = feed(data, stays=stays, limits=Limits(head_time=0.1, body_time=0.1, idle_time=0.1))
    with pytest.raises(Gone):
        connection.read_body(connection.read_request(), 100)


@pytest.mark.parametrize(
    ("line", "closes"),
    [("HTTP/1.0", True), ("HTTP/1.1", False), ("HTTP/1.1\r\nConnection: Close", True)],
)
def test_a_client_may_ask_for_the_end_of_the_connection(line: str, closes: bool, feed: Feed) -> None:
    assert feed(f"GET / {line}\r\n\r\n".encode()).read_request().wants_close is closes


def test_a_reply_has_the_headers_that_it_needs_and_no_others() -> None:
    assert Reply(204).head() == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert Reply(200).head() == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert Reply(299, close=True).head() == b"HTTP/1.1 299 Unknown\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert text_reply(400, "no").body == b"no\n"


def test_a_chunked_reply_carries_the_whole_body() -> None:
    body = b"x" * 3000
    reply = Reply(200, body=body, chunked=True)
    assert b"Transfer-Encoding: chunked" in reply.head()
    assert b"Content-Length" not in reply.head()
    assert reply.framed_body().count(b"x") == 3000
    assert reply.framed_body().endswith(b"\r\n0\r\n\r\n")
    assert Reply(200, chunked=True).framed_body() == b"0\r\n\r\n"


def test_several_headers_of_one_name_are_written_in_order() -> None:
    request = Request("GET", "/a?b=c?d", 1, {}, b"")
    assert (request.path, request.query) == ("/a", "b=c?d")
