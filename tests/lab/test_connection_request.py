"""The connection request answers every challenge that a CPE may put."""

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent.lab.connection_request import ConnectionRequest, next_step, request_connection
from agent.lab.digest import Question, parse_parameters

Listener = Callable[..., str]


@pytest.fixture
def listen() -> Iterator[Listener]:
    """Starts a CPE's listener with the challenges it offers; gives its URL."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(*challenges: str, status: int = 200, body: bytes = b"") -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = self.headers.get("Authorization", "")
                if challenges and not self.is_right(given):
                    self.send_response(401)
                    for challenge in challenges:
                        self.send_header("WWW-Authenticate", challenge)
                else:
                    self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def is_right(self, given: str) -> bool:
                if given == "Basic Y3BlOnNlY3JldA==":
                    return True
                if not given.startswith("Digest "):
                    return False
                fields = parse_parameters(given[7:])
                expected = Question(
                    "cpe", fields["realm"], "secret", "GET", self.path, fields["nonce"],
                    fields.get("algorithm", "MD5"), fields.get("qop", ""), fields.get("nc", ""),
                    fields.get("cnonce", ""),
                ).response()  # fmt: skip
                return fields["uri"] == self.path and fields["response"] == expected

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/cr?a=1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "challenges",
    [
        (),
        ('Digest realm="r", nonce="n", qop="auth"',),
        ('Digest realm="r", nonce="n"',),
        ('Digest realm="r", nonce="n", qop="auth-int", algorithm=MD5',),
        ('Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=MD5-sess, opaque="o"',),
        ('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256',),
        ('Digest realm="r", nonce="n", algorithm=SHA-512', 'Digest realm="r", nonce="m", algorithm=MD5'),
        ('Digest realm="r", nonce="n", qop="auth", algorithm=MD5', 'Digest realm="r", nonce="m", algorithm=SHA-256'),
        ('Basic realm="r"',),
    ],
)
def test_the_right_password_is_accepted_whatever_the_challenge(challenges: tuple[str, ...], listen: Listener) -> None:
    outcome = request_connection(listen(*challenges), "cpe", "secret")
    assert (outcome.status, outcome.accepted, outcome.was_challenged) == (200, True, bool(challenges))
    assert outcome.reason == ""
    assert 0 < outcome.seconds < 5


def test_a_wrong_password_is_reported(listen: Listener) -> None:
    outcome = request_connection(listen('Digest realm="r", nonce="n", qop="auth"'), "cpe", "guess")
    assert (outcome.status, outcome.accepted) == (401, False)
    assert "password" in outcome.reason


@pytest.mark.parametrize(("status", "accepted"), [(204, True), (503, False), (404, False), (500, False)])
def test_only_200_and_204_are_an_acceptance(status: int, accepted: bool, listen: Listener) -> None:
    outcome = request_connection(listen(status=status), "", "")
    assert outcome.accepted is accepted
    assert bool(outcome.reason) is not accepted


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "has told no connection request URL yet"),
        ("https://127.0.0.1/x", "is not http://"),
        ("http://127.0.0.1:1/x", "ConnectionRefusedError"),
        ("http://127.0.0.1:99999/x", "Port out of range"),
        ("http://[::1/x", "Invalid IPv6"),
    ],
)
def test_a_cpe_that_cannot_be_reached_is_reported_and_nothing_raised(url: str, reason: str) -> None:
    outcome = request_connection(url, "", "")
    assert outcome.status == 0
    assert reason in outcome.reason


def test_a_challenge_that_nobody_knows_is_reported(listen: Listener) -> None:
    outcome = request_connection(listen('Negotiate realm="r"'), "cpe", "secret")
    assert outcome.status == 0
    assert "neither" in outcome.reason


@pytest.mark.parametrize(
    ("status", "step"), [(401, "cpe-agent inform"), (404, "its URL"), (503, "wait"), (0, "reached"), (500, "reached")]
)
def test_what_to_do_about_a_failure_is_told(status: int, step: str) -> None:
    assert step in next_step(ConnectionRequest("http://cpe/", status, True, 0.1, "why"))
    assert "tells the URL" in next_step(ConnectionRequest("", 0, False, 0.0, "why"))
