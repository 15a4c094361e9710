"""The page's bytes: nobody who is slow, silent, rude or many keeps it from serving others."""

import json
import resource
import socket
import time
from contextlib import suppress

import pytest

from agent.web import server
from agent.web.hosts import LOOPBACK
from agent.web.requests_in import BODY_BYTES, HEAD_BYTES
from tests.waiting import PATIENCE, until
from tests.web.conftest import Site

SESSION = b"GET /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n"


def opened(site: Site, first: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)
    if first:
        client.sendall(first)
    return client


def answered(client: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    try:
        while piece := client.recv(65_536):
            received += piece
    except ConnectionResetError:
        pass
    finally:
        client.close()
    return received


def is_served(site: Site) -> bool:
    return site.api("GET", "/session")[0] == 200


def test_a_connection_serves_one_request_after_the_other(site: Site) -> None:
    client = opened(site, SESSION * 3 + SESSION.replace(b"Host", b"Connection: close\r\nHost"))
    received = answered(client)
    assert received.count(b"HTTP/1.1 200 OK") == 4
    assert received.count(b"Connection: close") == 1


@pytest.mark.slow
def test_very_many_requests_at_once_are_served_in_turn(site: Site) -> None:
    request = b"GET /static/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = request.replace(b"Host", b"Connection: close\r\nHost")
    assert answered(opened(site, request * 900 + last)).count(b" 404 ") == 901


def test_a_request_arrives_in_pieces(site: Site) -> None:
    client = opened(site)
    for byte in SESSION.replace(b"Host", b"Connection: close\r\nHost"):
        client.sendall(bytes([byte]))
    assert answered(client).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"x" * (HEAD_BYTES + 1), 431),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES + 1), 413),
        (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 505),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_ends_the_connection(site: Site, request_: bytes, status: int) -> None:
    received = answered(opened(site, request_ + SESSION))
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"\r\nContent-Length: ") == 1  # what came behind it is not served as a request of its own
    assert b"Content-Security-Policy" in received


def test_a_body_is_taken_up_to_its_bound_and_its_rest_is_the_next_request(site: Site) -> None:
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    close = SESSION.replace(b"Host", b"Connection: close\r\nHost")
    received = answered(opened(site, head % BODY_BYTES + b"x" * BODY_BYTES + close))
    assert received.startswith(b"HTTP/1.1 403 ")
    assert received.count(b"HTTP/1.1 200 ") == 1


def test_who_waits_to_be_asked_for_the_body_is_asked(site: Site) -> None:
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
    client = opened(site, head + b"Connection: close\r\n\r\n")
    assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"{}")
    assert answered(client).startswith(b"HTTP/1.1 403 ")


def test_one_address_has_a_few_connections_and_its_idle_ones_make_room(site: Site) -> None:
    idle = [opened(site) for _ in range(server.MOST_OF_ONE + 5)]
    assert is_served(site)
    assert sum(answered_nothing(client) for client in idle) >= 5
    for client in idle:
        client.close()


def answered_nothing(client: socket.socket) -> bool:
    """Whether the other side has closed."""
    client.settimeout(0.2)
    try:
        return client.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def test_slow_clients_end_at_their_deadline(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_WITHIN", 0.3)
    client = opened(site, b"GET / HTTP/1.1\r\n")
    begun = time.monotonic()
    received = b"x"
    while received and time.monotonic() - begun < PATIENCE:
        try:
            client.sendall(b"X: y\r\n")
            client.settimeout(0.1)
            received = client.recv(1)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    assert time.monotonic() - begun < PATIENCE
    assert is_served(site)


@pytest.mark.slow
def test_who_takes_nothing_of_his_answer_is_dropped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PROGRESS_WITHIN", 0.3)
    site.answers["names"] = {"names": ["x" * 1000] * 20_000}
    site.log_in()
    lines = [f"{name}: {value}" for name, value in site.fields.items()]
    request = "\r\n".join(["GET /api/v1/names?path=Device. HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", site.port))
    client.sendall(request)
    time.sleep(2)
    client.settimeout(PATIENCE)
    assert len(answered(client)) < 20_000_000
    assert is_served(site)


def at_a_trickle(site: Site, source: str) -> socket.socket:
    """Somebody who asks for more than fits, and takes none of it yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.bind((source, 0))
    client.settimeout(PATIENCE)
    client.connect(("127.0.0.1", site.port))
    client.sendall(b"GET /static/app.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 900)
    return client


@pytest.mark.slow
def test_many_who_take_their_answers_slowly_shut_out_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "customer", lambda address: LOOPBACK if address[-10:] == "127.0.0.1" else address)
    crowd = [at_a_trickle(site, f"127.0.0.{2 + number % 6}") for number in range(40)]
    busy = site.page._server._connections
    assert until(lambda: sum(one.is_busy for one in [*busy]) == server.MOST)
    assert is_served(site)
    for number in range(3):
        client = socket.create_connection(("127.0.0.1", site.port), PATIENCE, (f"127.0.0.{50 + number}", 0))
        client.sendall(SESSION.replace(b"Host", b"Connection: close\r\nHost"))
        assert answered(client).startswith(b"HTTP/1.1 200 OK")
    for client in crowd:
        client.close()


def test_who_takes_too_little_of_his_answer_is_dropped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PROGRESS_WITHIN", 1.0)
    monkeypatch.setattr(server, "LOWEST_RATE", 10e9)
    client = at_a_trickle(site, "127.0.0.2")
    busy = site.page._server._connections

    def is_over() -> bool:
        with suppress(ConnectionResetError):
            client.recv(4_000)
        return not busy

    assert until(lambda: any(one.sending for one in [*busy]))
    assert until(is_over)
    client.close()
    assert is_served(site)


@pytest.mark.slow
def test_a_flood_leaves_the_page_served_and_memory_as_it_was(site: Site) -> None:
    assert is_served(site)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    request = b"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 131072\r\n\r\n" + b"x" * 60_000
    for _ in range(5):
        crowd = [opened(site, request) for _ in range(20)]
        for client in crowd:
            client.close()
    assert until(lambda: is_served(site))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kB


def test_a_mistake_of_ours_is_told_without_details_and_the_page_goes_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.answers["page_state"] = {"not": "what is expected"}
    status, told = site.api("GET", "/session")
    assert (status, told["error"]["code"]) == (500, "internal")
    assert "KeyError" not in json.dumps(told)
    site.answers["page_state"] = {"has_password": True}
    assert is_served(site)


def test_an_agent_that_is_gone_is_told(site: Site) -> None:
    site.log_in()
    site.page._page._agent._path += "-gone"
    status, told = site.api("GET", "/status")
    assert (status, told["error"]["code"]) == (503, "agent_down")


def test_it_ends_with_everything_on_it(site: Site) -> None:
    client = opened(site)
    site.page.stop()
    assert answered(client) == b""
    with pytest.raises(ConnectionRefusedError):
        opened(site)


def test_memory_is_given_back_when_nobody_comes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FORGET_AFTER", 0.1)
    files = site.page._page._files
    site.ask("GET", "/")
    assert until(lambda: not files._files)
    assert site.ask("GET", "/")[0].status == 200
