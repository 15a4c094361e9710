"""An ACS that means harm, or is merely broken (hardening T8): the session ends in time and memory stays."""

import contextlib
import gzip
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from agent.runtime.http import AcsClient, AcsEndpoint, Limits, Unreachable
from tests.runtime.raw_server import Connection, RawServer, Request, says, scripted
from tests.waiting import PATIENCE

QUICK = Limits(connect_seconds=2, reply_seconds=3, session_seconds=10, grace_seconds=0.3)
IMPATIENT = Limits(reply_seconds=0.4)


def end_of(
    serve: Callable[[Connection, int], None], limits: Limits = QUICK, posts: int = 1
) -> tuple[Unreachable, float]:
    """Post until it fails; how it failed and after how many seconds."""
    with RawServer(serve) as server:
        client = AcsClient(AcsEndpoint(server.url(), "user", "pass"), limits)
        began = time.monotonic()
        for _ in range(posts - 1):
            with contextlib.suppress(Unreachable):
                client.post(b"<e/>")
        with pytest.raises(Unreachable) as caught:
            client.post(b"<e/>")
        seconds = time.monotonic() - began
        client.close()
    return caught.value, seconds


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Callable[[Connection, int], None]:
    """Answer the first request with a head and then pieces until the peer has gone."""

    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        with contextlib.suppress(OSError):
            connection.write(head)
            while True:
                connection.write(piece)
                time.sleep(pause)

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
MEGABYTE = b"a" * 1_000_000


def gzip_bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(megabytes)), packer.flush()])


@pytest.mark.slow
@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(endless(OK + b"Content-Length: 1000000000\r\n\r\n", MEGABYTE), id="a gigabyte announced"),
        pytest.param(endless(OK + b"Content-Length: " + b"9" * 4000 + b"\r\n\r\n", MEGABYTE), id="more than there is"),
        pytest.param(endless(OK + b"\r\n", MEGABYTE), id="until the connection ends"),
        pytest.param(
            endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"F4240\r\n" + MEGABYTE + b"\r\n"), id="chunks for ever"
        ),
        pytest.param(
            endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1000), id="one byte a chunk for ever"
        ),
        pytest.param(endless(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", MEGABYTE), id="a chunk size without end"),
        pytest.param(endless(OK + b"X: ", MEGABYTE), id="a header line without end"),
        pytest.param(endless(OK, b"X: y\r\n" * 1000), id="header fields without end"),
        pytest.param(endless(OK, b"Set-Cookie: a=b\r\n" * 10_000), id="ten thousand cookies"),
        pytest.param(endless(b"", MEGABYTE), id="a status line without end"),
        pytest.param(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), id="100 Continue for ever"),
        pytest.param(endless(b"HTTP/1.1 401 No\r\nContent-Length: 900000\r\n\r\n", MEGABYTE), id="a large refusal"),
        pytest.param(endless(b"HTTP/1.1 302 No\r\nLocation: /\r\n\r\n", MEGABYTE), id="a redirect with a large body"),
    ],
)
def test_a_reply_without_end_ends_early_and_costs_no_memory(serve: Callable[[Connection, int], None]) -> None:
    AcsClient(AcsEndpoint("http://127.0.0.1:9/"), QUICK).close()  # what is imported and made once does not count
    tracemalloc.start()
    try:
        failure, seconds = end_of(serve)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure.host_answered
    assert seconds < 15
    assert peak < 6_000_000  # the server's two megabytes and the allowed one included


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_of_300_megabytes_is_cut_at_one(coding: str) -> None:
    bomb = gzip_bomb(300) if coding == "gzip" else zlib.compress(bytes(20_000_000), 9)
    assert len(bomb) < 400_000
    tracemalloc.start()
    try:
        failure, seconds = end_of(scripted(says(200, bomb, f"Content-Encoding: {coding}")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "larger than 1048576 bytes" in failure.reason
    assert seconds < 15
    assert peak < 5_000_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(gzip.compress(b"<a/>" * 1000)[:-9], id="cut short"),
        pytest.param(b"this is not gzip", id="something else"),
        pytest.param(gzip.compress(b"<a/>")[:6] + b"\xff" * 20, id="damaged"),
    ],
)
def test_a_broken_coding_fails_the_session(body: bytes) -> None:
    failure, _ = end_of(scripted(says(200, body, "Content-Encoding: gzip")))
    assert failure.host_answered


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "x" * 200])
def test_an_unknown_coding_fails_the_session(coding: str) -> None:
    failure, _ = end_of(scripted(says(200, b"<a/>", f"Content-Encoding: {coding}")))
    assert "content coding" in failure.reason


@pytest.mark.parametrize(
    ("head", "where"),
    [(OK + b"Content-Length: 100\r\n\r\n", "body"), (OK + b"X: ", "head"), (b"HTTP/1.1 ", "status line")],
)
def test_a_byte_now_and_then_is_too_slow(head: bytes, where: str) -> None:
    failure, seconds = end_of(endless(head, b"0", pause=0.05))
    assert "too slowly" in failure.reason, where
    assert failure.host_answered
    assert seconds < 15


def test_silence_ends_after_the_time_for_a_reply_and_proves_no_host() -> None:
    failure, seconds = end_of(lambda connection, _: [None for _ in connection.requests()] and None, IMPATIENT)
    assert (failure.reason, failure.host_answered) == ("no answer from the ACS for 0.4 s", False)
    assert 0.4 <= seconds < 15


@pytest.mark.slow
def test_a_peer_that_takes_nothing_ends_too() -> None:
    over = threading.Event()

    def serve(connection: Connection, _number: int) -> None:
        over.wait(PATIENCE)

    with RawServer(serve) as server:
        with pytest.raises(Unreachable, match="takes no more"):
            AcsClient(AcsEndpoint(server.url()), IMPATIENT).post([b"x" * 1_000_000] * 12)
        over.set()


def test_replies_that_are_each_in_time_do_not_stretch_a_session() -> None:
    def slowly(connection: Connection, _request: Request) -> None:
        time.sleep(0.2)
        connection.reply(200, b"<x/>")

    limits = Limits(reply_seconds=0.4, session_seconds=0.7)
    failure, seconds = end_of(scripted(slowly), limits, posts=5)
    assert "session takes too long" in failure.reason
    assert seconds < 15


def test_every_loop_of_answers_is_bounded() -> None:
    def counted(*replies: Callable[[Connection, Request], None]) -> int:
        with RawServer(scripted(*replies)) as server, pytest.raises(Unreachable):
            AcsClient(AcsEndpoint(server.url(), "user", "pass", compression="GZIP"), QUICK).post(b"<e/>")
        return len(server.requests)

    stale = says(401, b"", 'WWW-Authenticate: Digest realm="r",nonce="n",stale=true')
    assert counted(says(307, b"", "Location: /acs")) == 6
    assert counted(says(302, b"", "Location: /a", "Set-Cookie: a=b")) == 6
    assert counted(stale) == 4
    assert counted(says(401, b"", 'WWW-Authenticate: Basic realm="r"')) == 1
    assert counted(says(415)) == 2
    assert counted(*[stale, says(302, b"", "Location: /a")] * 40) < 15


def test_two_servers_that_redirect_to_each_other_are_left() -> None:
    other: list[str] = []

    def back(connection: Connection, _request: Request) -> None:
        connection.reply(307, b"", f"Location: {other[0]}")

    with (
        RawServer(scripted(back)) as one,
        RawServer(scripted(says(307, b"", f"Location: {one.url()}"))) as two,
    ):
        other.append(two.url())
        client = AcsClient(AcsEndpoint(one.url()), QUICK)
        with pytest.raises(Unreachable, match="more than 5"):
            client.post(b"<e/>")


def test_cookies_stay_few_and_small_over_many_replies() -> None:
    def serve(connection: Connection, _number: int) -> None:
        for count, _ in enumerate(connection.requests()):
            fields = [f"Set-Cookie: c{count}-{n}={'v' * 40}" for n in range(90)]
            connection.reply(200, b"<x/>", *fields, f"Set-Cookie: huge={'h' * 5000}", "Set-Cookie: last=1")

    with RawServer(serve) as server:
        client = AcsClient(AcsEndpoint(server.url()), QUICK)
        for _ in range(12):
            client.post(b"<e/>")
    assert all(len(request.get("cookie")) <= 4096 for request in server.requests)
    assert all(request.get("cookie").count("=") <= 32 for request in server.requests)
    assert server.requests[-1].get("cookie").endswith("last=1")


@pytest.mark.parametrize("cookie", ["=x", "a b=c", "a=b\x01", "a", "", ";", "\xff=1", "a=\xff"])
def test_a_cookie_that_is_none_is_not_returned(cookie: str) -> None:
    with RawServer(scripted(says(200, b"<x/>", f"Set-Cookie: {cookie}"))) as server:
        client = AcsClient(AcsEndpoint(server.url()), QUICK)
        client.post(b"<e/>")
        client.post(b"<e/>")
    assert server.requests[1].get("cookie") == ""


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"<html>HTTP/0.9 has no head</html>", id="HTTP/0.9"),
        pytest.param(b"HTTP/0.9 200 OK\r\n\r\n<a/>", id="HTTP/0.9 by name"),
        pytest.param(b"HTTP/2 200 OK\r\n\r\n<a/>", id="HTTP/2"),
        pytest.param(b"500", id="perl-cwmp's error"),
        pytest.param(b"ICY 200 OK\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 OK 200\r\n\r\n", id="words in the wrong order"),
        pytest.param(b"HTTP/1.1 99999 OK\r\n\r\n", id="a status that is none"),
        pytest.param(b"\x16\x03\x01\x02\x00", id="TLS"),
        pytest.param(b"\r\n\r\n", id="nothing"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk size that is none"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n", id="a negative chunk size"),
    ],
)
def test_what_is_not_http_fails_the_session(reply: bytes) -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        connection.write(reply)

    failure, seconds = end_of(serve)
    assert failure.host_answered
    assert seconds < 15


def test_a_reply_that_breaks_off_at_any_byte_fails_and_is_not_asked_for_twice() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\n<answer/>"
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\n<answer/>\r\n0\r\n\r\n"
    for reply in (whole, chunked):
        for length in range(len(reply)):
            if reply is chunked and length > chunked.index(b"\r\n0\r\n") + 2:
                continue  # the last chunk has come: the body is whole, and http.client forgives the rest

            def serve(connection: Connection, _number: int, part: bytes = reply[:length]) -> None:
                connection.read()
                connection.write(part)

            with RawServer(serve) as server, pytest.raises(Unreachable) as caught:
                AcsClient(AcsEndpoint(server.url()), QUICK).post(b"<e/>")
            assert caught.value.host_answered, reply[:length]
            assert len(server.requests) == 1, reply[:length]


@pytest.mark.parametrize("length", ["junk", "-5", "+4", "4.0", "0x4", "", "4 4", "\u0664"])
def test_a_length_that_is_none_fails_at_once_and_is_named(length: str) -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        connection.write(OK + b"Content-Length: " + length.encode() + b"\r\n\r\n<a/>")
        with contextlib.suppress(OSError):  # until the agent has gone: no end of the connection must be needed
            connection.read()

    failure, seconds = end_of(serve)
    assert "Content-Length" in failure.reason
    assert failure.host_answered
    assert seconds < 15


@pytest.mark.parametrize("fields", ["Content-Length: 4\r\nContent-Length: 4", "Content-Length: 4, 4"])
def test_the_same_length_twice_is_believed(fields: str) -> None:
    def serve(connection: Connection, _number: int) -> None:
        connection.read()
        connection.write(OK + fields.encode() + b"\r\n\r\n<a/>")

    with RawServer(serve) as server:
        assert AcsClient(AcsEndpoint(server.url()), QUICK).post(b"<e/>").body == b"<a/>"


def test_a_date_that_is_over_by_the_servers_own_clock_deletes_a_cookie() -> None:
    date, later = "Date: Wed, 09 Jun 2021 10:18:14 GMT", "Wed, 09 Jun 2021 11:00:00 GMT"
    kept = [f"Set-Cookie: {name}=1; Expires={later}" for name in ("stays", "goes")]
    gone = "Set-Cookie: goes=; Expires=Wed, 09 Jun 2021 10:00:00 GMT"
    with RawServer(scripted(says(200, b"<x/>", date, *kept), says(200, b"<x/>", date, gone), says(204))) as server:
        client = AcsClient(AcsEndpoint(server.url()), QUICK)
        for _ in range(3):
            client.post(b"<e/>")
    assert [request.get("cookie") for request in server.requests] == ["", "stays=1; goes=1", "stays=1"]
