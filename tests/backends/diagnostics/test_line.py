"""One TCP connection: where it cannot be opened, and where nothing moves any more."""

import socket

import pytest

from backends.diagnostics import line as line_module
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.line import DISCARD_SIZE, Stream
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import download, upload
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.speed_asked import asked, result_of, state_of
from tests.backends.diagnostics.speed_server import http_server
from tests.netlab.namespace import Namespace
from tests.runtime.test_memory import resident


def test_a_server_that_stops_sending_is_waited_for_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "PATIENCE", 0.5)
    with http_server(server.stalls) as (url, _):
        assert state_of(download(), asked(url)) == "Error_Timeout"


def test_a_connection_whose_octets_are_only_counted_takes_no_memory_for_them() -> None:
    before = resident()
    streams = []
    for _ in range(32):
        ours, theirs = socket.socketpair()
        streams.append(Stream(ours, lambda: False))
        theirs.close()
    assert [one.discard(DISCARD_SIZE, lambda: False) for one in streams] == [0] * 32
    assert resident() - before < 8_000  # kB, of 32 MB
    for one in streams:
        one.close()


def test_a_host_without_a_listener_and_a_name_without_an_address_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = made.getsockname()[1]
    assert state_of(download(), asked(f"http://127.0.0.1:{port}/")) == "Error_InitConnectionFailed"
    assert state_of(download(), asked("http://no-such-name.invalid/")) == "Error_CannotResolveHostName"
    assert state_of(upload(), asked("ftp://no-such-name.invalid/")) == "Error_CannotResolveHostName"
    assert state_of(download(), asked("http://[::1]/", way=Way(version="IPv4"))) == "Error_CannotResolveHostName"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a..b/", "a..b: that is no host's name"),
        ("http://h:port/", "the URL's host or port is none"),
        ("http://[::1/", "the URL's host or port is none"),
    ],
)
def test_what_is_no_host_is_told_in_our_words(url: str, said: str) -> None:
    with pytest.raises(DiagnosticFailed) as failed:
        result_of(download(), asked(url))
    assert failed.value.text == said


NOWHERE = """
import json
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import download
from backends.diagnostics.throughput_types import TransferRequest
try:
    download().run(TransferRequest("http://192.0.2.1/", Way()), lambda _: None, lambda: False)
except DiagnosticFailed as failed:
    print(json.dumps([failed.state, failed.text]))
"""


def test_where_no_route_leads_that_is_what_is_said(lab: Namespace) -> None:
    assert lab.python(NOWHERE) == ["Error_NoRouteToHost", "192.0.2.1 port 80: Network is unreachable"]
