"""The server keeps serving whatever its clients do: flood, silence, broken TLS."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.lab.http import Connection, Limits, Reply, Request, text_reply
from agent.lab.server import Server, server_context
from tests.lab.certificates import client_context, make_certificates
from tests.lab.cpe import exchange_raw


def serve(connection: Connection, request: Request) -> Reply | None:
    if request.path == "/drop":
        return None
    body = connection.read_body(request, 1000) if request.path != "/unread" else b""
    return text_reply(200, f"{connection.number} {body.decode()}")


@contextlib.contextmanager
def running(limits: Limits | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server("127.0.0.1", 0, serve, lambda: None, tls, limits or Limits())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(port: int, path: str = "/") -> bytes:
    return exchange_raw(port, f"GET {path} HTTP/1.0\r\n\r\n".encode())


def test_a_connection_serves_several_requests_and_closes_when_asked() -> None:
    with running() as server:
        got = exchange_raw(server.port, b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert got.count(b"200 OK") == 2
    assert got.count(b"\r\n\r\n1 \n") == 2


def test_a_request_that_is_no_http_is_told_so() -> None:
    with running() as server:
        assert exchange_raw(server.port, b"\x16\x03\x01 nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_refused_body_does_not_hide_the_refusal() -> None:
    with running() as server:
        got = exchange_raw(server.port, b"POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + b"x" * 500_000)
    assert got.startswith(b"HTTP/1.1 413 ")


def test_what_a_handler_left_unread_is_not_taken_for_a_request() -> None:
    body = b"GET /smuggled HTTP/1.1\r\n\r\n"
    with running() as server:
        head = f"POST /unread HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        assert exchange_raw(server.port, head + body).count(b"HTTP/1.1") == 1


def test_who_expects_it_is_told_to_continue() -> None:
    with running() as server, socket.create_connection(("127.0.0.1", server.port), 5) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ab")
        assert sock.recv(200).endswith(b"1 ab\n")


def test_a_connection_can_be_dropped_without_a_reply() -> None:
    with running() as server:
        assert ask(server.port, "/drop") == b""


def test_silent_and_slow_clients_do_not_keep_others_out() -> None:
    limits = Limits(connections=8)
    with running(limits) as server, contextlib.ExitStack() as held:
        for index in range(40):
            sock = held.enter_context(socket.create_connection(("127.0.0.1", server.port), 5))
            if index % 2:
                sock.sendall(b"POST / HT")
        started = time.monotonic()
        assert b"200 OK" in ask(server.port)
        assert time.monotonic() - started < 10


def test_a_slow_head_ends_at_its_deadline() -> None:
    with running(Limits(head_time=0.2)) as server:
        started = time.monotonic()
        assert exchange_raw(server.port, b"POST / HT") == b""
        assert 0.1 < time.monotonic() - started < 10


def test_stopping_ends_open_connections_at_once() -> None:
    with running() as server:
        sock = socket.create_connection(("127.0.0.1", server.port), 5)
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 10
        assert sock.recv(100) == b""
        sock.close()


def test_tls_serves_those_who_trust_it_and_outlives_those_who_do_not(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with running(tls=server_context(certificates.server, certificates.server_key)) as server:
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", server.port), 5) as sock:
            ssl.create_default_context().wrap_socket(sock, server_hostname="127.0.0.1")
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP/1.1" not in exchange_raw(server.port, b"GET / HTTP/1.0\r\n\r\n")
        context = client_context(certificates)
        with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
            secured = context.wrap_socket(sock, server_hostname="127.0.0.1")
            secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert secured.recv(1000).startswith(b"HTTP/1.1 200")
            assert secured.version() in ("TLSv1.2", "TLSv1.3")


def test_a_client_without_a_certificate_stays_outside_where_one_is_asked_for(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    tls = server_context(certificates.server, certificates.server_key, certificates.authority)
    with running(tls=tls) as server:
        for with_certificate, answered in ((False, False), (True, True)):
            context = client_context(certificates, with_certificate=with_certificate)
            got = b""
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", server.port), 5) as sock,
                context.wrap_socket(sock, server_hostname="127.0.0.1") as secured,
            ):
                secured.sendall(b"GET / HTTP/1.0\r\n\r\n")
                got = secured.recv(1000)
            assert got.startswith(b"HTTP/1.1 200") is answered
