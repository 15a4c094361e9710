"""Requests over wires of ours, and bodies of any size read from them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.runtime.endpoint import Limits
from agent.runtime.http_line import BROKEN, Line, Response, Target, read_into, target_of
from agent.runtime.wire import Address, Wire
from tests.waiting import PATIENCE


@contextmanager
def answered(
    reply: bytes, method: str = "GET", body: tuple[int, list[bytes]] | None = None
) -> Iterator[tuple[Response, bytes]]:
    ours, theirs = socket.socketpair()
    heard = bytearray()

    def serve() -> None:
        while b"\r\n\r\n" not in heard or (body and len(heard.partition(b"\r\n\r\n")[2]) < body[0]):
            heard.extend(theirs.recv(65536))
        theirs.sendall(reply)
        theirs.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    target = target_of("http://files.example:81/a?b")
    wire = Wire(ours, Address(socket.AF_INET, ("192.0.2.1", 81)), Limits(), time.monotonic() + 30)
    line = Line(lambda _target: wire)
    line.aim(target)
    response = line.send(
        method, target, {"Host": target.host_header, "User-Agent": "us"}, body, lambda path: f"Us {path}"
    )
    thread.join(PATIENCE)
    wire.allow_next(1000)
    yield response, bytes(heard)
    response.close()
    line.close()
    theirs.close()


def whole(response: Response, size: int = 7) -> bytes:
    buffer, found = memoryview(bytearray(size)), b""
    while got := read_into(response, buffer):
        found += buffer[:got]
    return found


def test_nothing_is_sent_that_was_not_asked_for() -> None:
    with answered(b"HTTP/1.1 204 No Content\r\n\r\n") as (response, heard):
        assert (
            heard == b"GET /a?b HTTP/1.1\r\nHost: files.example:81\r\nUser-Agent: us\r\nAuthorization: Us /a?b\r\n\r\n"
        )
        assert (response.status_code, whole(response)) == (204, b"")


def test_a_body_in_pieces_goes_out_with_its_length() -> None:
    with answered(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "PUT", (4, [b"ab", b"cd"])) as (_, heard):
        assert b"Content-Length: 4\r\n" in heard
        assert heard.endswith(b"\r\n\r\nabcd")


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + b"x" * 20 + b"never read",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\nxxxxxxxxxxxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 20,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + b"x" * 20,
    ],
)
def test_a_body_is_read_as_it_came(reply: bytes) -> None:
    with answered(reply) as (response, _):
        assert whole(response) == b"x" * 20


@pytest.mark.parametrize(
    "reply",
    [
        b"Content-Length: 20\r\n\r\nxxx",
        b"Transfer-Encoding: chunked\r\n\r\nf\r\nxxx",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\nxxxxx\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nsize\r\nxxxxx\r\n0\r\n\r\n",
    ],
)
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(reply: bytes) -> None:
    with answered(b"HTTP/1.1 200 OK\r\n" + reply) as (response, _), pytest.raises(BROKEN):
        whole(response)


def test_what_is_not_http_is_no_reply() -> None:
    with pytest.raises(BROKEN), answered(b"ICY 200 OK\r\n\r\n"):
        pass


@pytest.mark.parametrize(("url", "host"), [("http://[2001:db8::1]/", "[2001:db8::1]"), ("https://a:8443/", "a:8443")])
def test_the_host_is_named_as_the_url_has_it(url: str, host: str) -> None:
    assert target_of(url).host_header == host
    assert isinstance(target_of(url), Target)
