"""Connection requests over real sockets (hardening T4): exact statuses, and no session without a password."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.runtime.connection_request import ConnectionRequestListener, ListenError
from tests.runtime.connection_request_client import PASSWORD, PATH, USERNAME, Answer, ask, authorization, request, send
from tests.runtime.connection_request_flood import flood
from tests.waiting import PATIENCE


@dataclass
class Listening:
    """A listener of a test, and how often it has asked for a session."""

    listener: ConnectionRequestListener
    sessions: list[float] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.listener.port

    def send(self, head: bytes) -> Answer:
        answer = send(self.port, head)
        assert answer is not None, "no answer"
        return answer

    def challenge(self) -> dict[str, str]:
        return self.send(request()).challenge


@contextmanager
def listening(**options: Any) -> Iterator[Listening]:
    sessions: list[float] = []
    options = {"address": "127.0.0.1", "port": 0, "path": PATH, "credentials": lambda: (USERNAME, PASSWORD)} | options
    options = {"on_request": lambda: sessions.append(time.monotonic())} | options
    listener = ConnectionRequestListener(**options)
    try:
        yield Listening(listener, sessions)
    finally:
        listener.close()


def test_an_honest_request_is_answered_200_without_body_and_opens_one_session() -> None:
    with listening() as there:
        first = there.send(request())
        assert (first.status, first.body) == (401, b"")
        assert first.challenge["qop"] == "auth"
        assert first.challenge["algorithm"] == "MD5"
        second = there.send(request(PATH, authorization(first.challenge)))
        assert (second.status, second.body) == (200, b"")
        assert second.fields == {"content-length": "0", "connection": "close"}
    assert len(there.sessions) == 1


def test_the_answer_is_sent_before_the_core_is_told() -> None:
    answered = threading.Event()
    order: list[str] = []

    def on_request() -> None:
        answered.wait(PATIENCE)
        order.append("told")

    with listening(on_request=on_request) as there:
        assert ask(there.port) == 200
        order.append("answered")
        answered.set()
    assert order == ["answered", "told"]


def test_a_core_that_cannot_take_more_makes_it_503() -> None:
    with listening(ready=lambda: False) as there:
        assert ask(there.port) == 503
    assert there.sessions == []


def test_a_nonce_is_good_for_one_success_and_then_stale() -> None:
    with listening() as there:
        challenge = there.challenge()
        head = request(PATH, authorization(challenge))
        assert there.send(head).status == 200
        replayed = there.send(head)
        assert (replayed.status, replayed.challenge["stale"]) == (401, "true")
        later = there.send(request(PATH, authorization(challenge, nc="00000002")))
        assert (later.status, later.challenge["stale"]) == (401, "true")
        assert there.send(request(PATH, authorization(later.challenge))).status == 200
    assert len(there.sessions) == 2


def test_each_refusal_is_told_with_its_address_and_reason() -> None:
    told: list[tuple[str, str]] = []
    with listening(on_refused=lambda *one: told.append(one)) as there:
        challenge = there.challenge()
        there.send(request(PATH, authorization(challenge, password="guess")))
        there.send(request("/elsewhere"))
    assert told == [("127.0.0.1", "wrong user name or password"), ("127.0.0.1", "wrong path")]


def test_a_wrong_password_is_not_called_stale_and_spends_no_nonce() -> None:
    with listening() as there:
        challenge = there.challenge()
        wrong = there.send(request(PATH, authorization(challenge, password="guess")))
        assert wrong.status == 401
        assert "stale" not in wrong.challenge
        assert there.send(request(PATH, authorization(challenge))).status == 200
        assert there.listener.last_refusal is not None
        assert there.listener.last_refusal.reason == "wrong user name or password"
    assert len(there.sessions) == 1


WRONG: list[tuple[str, Callable[[dict[str, str]], str]]] = [
    ("user name", lambda c: authorization(c, username="other")),
    ("password", lambda c: authorization(c, password="other")),
    ("empty password", lambda c: authorization(c, password="")),
    ("realm", lambda c: authorization(c | {"realm": "other"})),
    ("nonce after signing", lambda c: authorization(c, nonce="AAAA")),
    ("uri of something else", lambda c: authorization(c, uri="/")),
    ("uri after signing", lambda c: authorization(c, uri=PATH, cnonce="x")),
    ("response", lambda c: authorization(c, response="0" * 32)),
    ("empty response", lambda c: authorization(c, response="")),
    ("response of a stronger hash", lambda c: authorization(c, algorithm="SHA-256")),
    ("session variant not offered", lambda c: authorization(c, algorithm="MD5-sess")),
    ("Basic", lambda _: "Authorization: Basic YWNzOnNlY3JldC1vZi10aGlzLWRldmljZQ=="),
    ("nothing", lambda _: "Authorization:"),
    ("only the word", lambda _: "Authorization: Digest"),
    ("broken quoting", lambda c: authorization(c).replace('acs"', 'acs\\"')),
    ("two of them", lambda c: authorization(c) + "," + authorization(c).partition(" Digest ")[2]),
]


@pytest.mark.parametrize("make", [make for _, make in WRONG], ids=[name for name, _ in WRONG])
def test_wrong_credentials_are_401(make: Callable[[dict[str, str]], str]) -> None:
    with listening() as there:
        answer = there.send(request(PATH, make(there.challenge())))
        assert (answer.status, answer.challenge.get("stale")) == (401, None)
    assert there.listener.refused == 1
    assert there.sessions == []


def test_a_nonce_that_is_not_ours_is_stale_even_with_the_right_password() -> None:
    with listening() as there:
        for nonce in ("made-up", "A" * 32, ""):
            answer = there.send(request(PATH, authorization({"realm": "cpe", "nonce": nonce, "algorithm": "MD5"})))
            assert answer.status == 401
            assert answer.challenge.get("stale") == "true"
    assert there.sessions == []


def test_old_style_digest_without_qop_is_accepted() -> None:
    """GenieACS leaves nc and cnonce out for a challenge without qop; some ACSs do so always."""
    with listening() as there:
        head = request(PATH, authorization(there.challenge(), qop=False))
        assert there.send(head).status == 200
        assert there.send(head).challenge["stale"] == "true"
    assert len(there.sessions) == 1


def test_sha_256_alone_is_offered_when_set() -> None:
    with listening(algorithm="SHA-256") as there:
        challenge = there.challenge()
        assert challenge["algorithm"] == "SHA-256"
        weaker = there.send(request(PATH, authorization(challenge, algorithm="MD5")))
        assert weaker.status == 401
        assert there.send(request(PATH, authorization(challenge))).status == 200
    assert len(there.sessions) == 1


@pytest.mark.parametrize("target", [PATH + "?ts=1&x=/a?b", f"http://cpe:7547{PATH}", f"HTTP://cpe{PATH}?a"])
def test_query_parameters_and_an_absolute_target_do_not_matter(target: str) -> None:
    with listening() as there:
        assert ask(there.port, target) == 200
        challenge = there.challenge()
        assert there.send(request(target, authorization(challenge, uri=PATH))).status == 200


PATHS = ["/", "//", PATH + "/", PATH + "/x", PATH.upper(), PATH[:-1], PATH + "0", "*", "/%66" + PATH[2:], "x" + PATH]
PATHS += ["http://cpe/", "https://cpe" + PATH, "/..", "/" + PATH, PATH + ";x", PATH + "%00", "?" + PATH]


@pytest.mark.parametrize("target", PATHS)
def test_every_other_path_is_404_even_with_the_password(target: str) -> None:
    with listening() as there:
        assert there.send(request(target)).status == 404
        assert there.send(request(target, authorization(there.challenge(), uri=target))).status == 404
    assert there.sessions == []


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "TRACE", "get", "PRI", "G" * 100])
def test_every_other_method_is_405(method: str) -> None:
    with listening() as there:
        answer = there.send(request(method=method))
        assert (answer.status, answer.fields["allow"]) == (405, "GET")
        assert there.send(request(PATH, authorization(there.challenge()), method=method)).status == 405
    assert there.sessions == []


def line(text: str) -> bytes:
    return text.encode("latin-1") + b"\r\nHost: cpe\r\n\r\n"


def with_field(text: str | bytes) -> bytes:
    field_line = text if isinstance(text, bytes) else text.encode("latin-1")
    return f"GET {PATH} HTTP/1.1\r\nHost: cpe\r\n".encode() + field_line + b"\r\n\r\n"


CONTROLS = [chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127)]
MALFORMED: list[tuple[int, bytes]] = [
    *((400, line(f"GET {PATH}{control} HTTP/1.1")) for control in CONTROLS),
    *((400, with_field(f"X: a{control}b")) for control in CONTROLS),
    *((400, with_field(f"X{letter}Y: b")) for letter in ' ()<>@,;\\"/[]?={}\xe4'),
    *((400, line(text)) for text in ("", " ", "GET", f"GET {PATH}", f"GET  {PATH} HTTP/1.1", f"GET {PATH}  HTTP/1.1")),
    *((400, line(text)) for text in (f" GET {PATH} HTTP/1.1", f"GET {PATH} HTTP/1.1 ", f"GET\t{PATH} HTTP/1.1")),
    *(
        (400, line(f"GET {PATH} {version}"))
        for version in ("HTTP/1", "HTTP/1.", "http/1.1", "HTTP/11", "HTTP/1.10", "X")
    ),
    *((400, line(f"G{letter}T {PATH} HTTP/1.1")) for letter in "(@[{\xe4"),
    *((400, line(f"GET {PATH}\xe4 HTTP/1.1")) for _ in range(1)),
    *((505, line(f"GET {PATH} HTTP/{version}")) for version in ("0.9", "2.0", "3.0", "9.9")),
    (400, b"GET " + PATH.encode() + b" HTTP/1.1\r\n\r\n"),  # no Host
    (400, b"GET " + PATH.encode() + b" HTTP/1.1\nHost: cpe\n\n"),  # bare line feeds
    (400, b"GET " + PATH.encode() + b" HTTP/1.1\r\nHost: cpe\n\r\n"),
    (400, b"\r\n\r\n"),
    (400, with_field(" folded: x")),
    (400, with_field("\tfolded: x")),
    (400, with_field("no colon")),
    (400, with_field(": no name")),
    (400, with_field("Host: twice")),
    (400, with_field("Authorization: a\r\nAuthorization: b")),
    (400, with_field("X: a\rb")),
    (431, with_field("X: " + "a" * 4096)),
    (431, line("GET /" + "a" * 4096 + " HTTP/1.1")),
    (431, b"A" * 5000),
    (431, with_field("\r\n".join(f"X{n}: y" for n in range(33)))),
]


def test_there_are_a_hundred_malformed_heads() -> None:
    assert len(MALFORMED) >= 100


def test_each_malformed_head_has_its_status_and_opens_nothing() -> None:
    with listening() as there:
        for status, head in MALFORMED:
            assert there.send(head).status == status, head[:100]
        assert ask(there.port) == 200
    assert there.listener.refused == len(MALFORMED)
    assert len(there.sessions) == 1


def test_what_need_not_be_read_is_ignored() -> None:
    with listening() as there:
        more = ["Cookie: C107373883=" + "x" * 500, "Content-Length: 5", "X-Latin: \xe4\xf6", "Accept:"]
        head = request(PATH, *more, authorization(there.challenge()))
        assert there.send(head + b"hello").status == 200
        assert there.send(request(PATH, version="HTTP/1.0").replace(b"Host: cpe\r\n", b"")).status == 401
    assert len(there.sessions) == 1


def test_a_head_that_comes_in_pieces_is_put_together() -> None:
    with listening() as there, socket.create_connection(("127.0.0.1", there.port), timeout=5) as connection:
        for byte in request():
            connection.sendall(bytes([byte]))
        assert connection.recv(100).startswith(b"HTTP/1.1 401 ")


def test_more_than_so_many_a_minute_are_503() -> None:
    with listening(accepted_per_minute=3) as there:
        assert [ask(there.port) for _ in range(5)] == [200, 200, 200, 503, 503]
    assert there.listener.last_refusal is not None
    assert there.listener.last_refusal.reason == "too many connection requests"
    assert len(there.sessions) == 3


def test_an_address_that_guesses_is_503_for_a_while_and_others_are_not() -> None:
    with listening(address="", failures_per_minute=4) as there:
        challenge = there.challenge()
        wrong = request(PATH, authorization(challenge, password="guess"))
        assert [there.send(wrong).status for _ in range(6)] == [401] * 4 + [503] * 2
        elsewhere = send(there.port, wrong, "::1")
        assert elsewhere
        assert elsewhere.status == 401
        assert [ask(there.port), ask(there.port, host="::1")] == [200, 200]
    assert len(there.sessions) == 2


def test_ipv6_and_ipv4_are_both_served(caplog: pytest.LogCaptureFixture) -> None:
    with listening(address="") as there:
        assert [ask(there.port), ask(there.port, host="::1")] == [200, 200]
        assert [send(there.port, request("/"), host) is None for host in ("127.0.0.1", "::1")] == [False, False]
    assert [line.split()[3] for line in caplog.messages] == ["127.0.0.1"]  # the second warning waits
    with listening(address="::1") as there:
        assert ask(there.port, host="::1") == 200


@pytest.mark.parametrize("nothing", [None, ("", ""), ("acs", ""), ("", "x")])
def test_there_is_no_listening_without_credentials(nothing: tuple[str, str] | None) -> None:
    with pytest.raises(ListenError, match="user name and password"), listening(credentials=lambda: nothing):
        pass


def test_credentials_are_asked_for_at_every_request() -> None:
    now: list[tuple[str, str] | None] = [(USERNAME, PASSWORD)]
    with listening(credentials=lambda: now[0]) as there:
        assert ask(there.port) == 200
        now[0] = (USERNAME, "changed")
        assert ask(there.port) == 401
        now[0] = None
        assert ask(there.port) == 503
    assert len(there.sessions) == 1


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with listening() as there, pytest.raises(ListenError) as caught, listening(port=there.port):
        pass
    assert f"port {there.port} of 127.0.0.1: Address already in use" in str(caught.value)
    assert "set [connection_request] port" in str(caught.value)


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ListenError) as caught, listening(interface="nosuch0"):
        pass
    assert "there is no interface nosuch0" in str(caught.value)
    assert "[connection_request] interface" in str(caught.value)
    assert "tried again with each new link" in str(caught.value)


def test_the_loopback_interface_can_be_the_only_one() -> None:
    with listening(interface="lo") as there:
        assert ask(there.port) == 200


def test_closing_frees_the_port_and_every_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with listening() as there:
        idle = socket.create_connection(("127.0.0.1", there.port))
        assert ask(there.port) == 200
        port = there.port
    assert idle.recv(1) == b""
    idle.close()
    assert len(os.listdir("/proc/self/fd")) == before
    with listening(port=port):
        pass


def test_closing_is_safe_when_the_thread_has_ended_before_it_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as there:
        thread = there.listener._thread
        write = os.eventfd_write

        def late(number: int, value: int) -> None:
            socket.create_connection(("127.0.0.1", there.port), timeout=5).close()  # wakes the thread as well
            thread.join(PATIENCE)
            write(number, value)

        monkeypatch.setattr(os, "eventfd_write", late)
        wake = there.listener._wake
        there.listener.close()
    assert not thread.is_alive()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(wake)


def test_a_surprise_in_the_core_does_not_close_the_way_in(caplog: pytest.LogCaptureFixture) -> None:
    def on_request() -> None:
        raise RuntimeError("surprise")

    with listening(on_request=on_request) as there:
        assert [ask(there.port), ask(there.port)] == [200, 200]
    assert "surprise" in caplog.text


def test_unfinished_requests_give_way_oldest_first_and_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.runtime.connection_request._SLOT_SECONDS", 0.5)
    with listening() as there:
        before = len(os.listdir("/proc/self/fd"))
        slow = [socket.create_connection(("127.0.0.1", there.port), timeout=5) for _ in range(60)]
        assert ask(there.port) == 200
        assert len(os.listdir("/proc/self/fd")) - before - len(slow) <= 24
        assert slow[0].recv(1) == b""  # pushed out
        began = time.monotonic()
        assert slow[-1].recv(1) == b""  # ended by time
        assert time.monotonic() - began < 10
        for one in slow:
            one.close()


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with listening() as there:
        head = authorization(there.challenge(), password="wrong-but-close")
        there.send(request(PATH, head))
        ask(there.port)
        response = head.partition('response="')[2][:32]
    assert "wrong user name or password" in caplog.text
    for secret in (PASSWORD, response, PATH):
        assert secret not in caplog.text
        assert secret not in repr(there.listener.last_refusal)


def test_warnings_do_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with listening() as there:
        for _ in range(30):
            there.send(request("/"))
    assert there.listener.refused == 30
    assert len(caplog.records) == 1


@pytest.mark.slow
def test_a_flood_leaves_honest_requests_their_answer() -> None:
    with listening(accepted_per_minute=10_000) as there:
        result = flood(there.port, seconds=2.0, requests_per_second=400, slow_per_second=60, half_open=100)
    assert result.honest >= 10
    assert result.answered_share >= 0.99, result
    assert result.slowest_percentile <= 0.5, result  # 0.1 s on an idle machine: make bench
    assert len(there.sessions) == result.answered
