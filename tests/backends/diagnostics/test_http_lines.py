"""GET and PUT on one connection: what counts, when it ends, and how each failure is called."""

from datetime import timedelta

import pytest

from backends.diagnostics import http_lines
from backends.diagnostics.throughput import download, upload
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.speed_asked import MILLION, asked, is_in_order, result_of, state_of
from tests.backends.diagnostics.speed_server import http_server


@pytest.mark.parametrize(
    ("behave", "least"),
    [(server.file_of(3 * MILLION), 3 * MILLION), (server.chunked, 200_000), (server.until_closed, 100_000)],
)
def test_a_file_is_counted_with_its_head_and_the_times_follow_one_another(behave: server.Behaviour, least: int) -> None:
    with http_server(behave) as (url, seen):
        result = result_of(download(), asked(url))
    assert least < result.test_bytes < least + 1000
    assert is_in_order(result)
    assert result.ip_address_used == "127.0.0.1"
    assert "GET /test/file?x=1 HTTP/1.1" in seen.requests[0]
    assert result.connections == ()
    assert result.total_bytes_received >= result.test_bytes  # of the interface that the routes lead to


def test_a_file_that_is_too_short_for_the_time_is_fetched_again_on_the_same_connection() -> None:
    with http_server(server.file_of(100_000)) as (url, seen):
        result = result_of(download(), asked(url, duration=1))
    assert len(seen.requests) > 2
    assert seen.connections == 1
    assert result.test_bytes > 200_000


@pytest.mark.parametrize("behave", [server.until_closed, pytest.param(server.closes_untold, marks=pytest.mark.slow)])
def test_a_connection_that_ends_with_the_file_is_opened_again_while_there_is_time(behave: server.Behaviour) -> None:
    with http_server(behave) as (url, seen):
        result_of(download(), asked(url, duration=1))
    assert seen.connections > 2


def test_a_server_that_answers_no_more_on_a_new_connection_either_is_a_failure() -> None:
    answers = iter([server.file_of(1000)])

    def once(exchange: server.Exchange) -> None:
        next(answers, server.says_nothing)(exchange)

    with http_server(once) as (url, seen):
        assert state_of(download(), asked(url, duration=5)) == "Error_NoResponse"
    assert seen.connections == 2


@pytest.mark.parametrize(
    ("behave", "state"),
    [
        (server.too_short, "Error_IncorrectSize"),
        (server.reset, "Error_TransferFailed"),
        (server.says_nothing, "Error_NoResponse"),
        (server.status("404 Not Found"), "Error_TransferFailed"),
        (server.status("302 Found"), "Error_TransferFailed"),
        (server.status("200 OK"), "Error_TransferFailed"),  # of nothing no rate can be told
        (server.raw(b"SSH-2.0-x\r\n\r\n"), "Error_TransferFailed"),
        (server.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "Error_TransferFailed"),
        (server.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "Error_TransferFailed"),
        (server.raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000), "Error_TransferFailed"),
        (server.puts_off, "Error_NoResponse"),
        (server.endless_trailers, "Error_TransferFailed"),
    ],
)
def test_each_failure_of_a_download_has_its_name(behave: server.Behaviour, state: str) -> None:
    with http_server(behave) as (url, _):
        assert state_of(download(), asked(url)) == state


def test_a_head_that_comes_octet_by_octet_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_lines, "HEAD_WITHIN", 0.2)
    with http_server(server.dribbles) as (url, _):
        assert state_of(download(), asked(url)) == "Error_NoResponse"


@pytest.mark.parametrize("kind", ["by size", "by time"])
def test_an_upload_sends_what_was_asked_and_ends_with_the_servers_word(kind: str) -> None:
    more = {"size": 3 * MILLION + 5} if kind == "by size" else {"duration": 1}
    with http_server(server.put) as (url, seen):
        result = result_of(upload(), asked(url, connections=2, per_connection=True, **more))
    assert all(is_in_order(one) for one in result.connections)
    assert seen.received > 0
    if kind == "by size":
        assert seen.received == 2 * (3 * MILLION + 5)
        assert seen.received < result.test_bytes < seen.received + 1000
    else:
        assert result.test_bytes >= seen.received
        assert result.eom_time
        assert result.bom_time
        assert result.eom_time - result.bom_time > timedelta(seconds=0.9)


@pytest.mark.parametrize("behave", [server.put_refused, server.says_nothing, server.status("403 Forbidden")])
def test_an_upload_that_the_server_does_not_take_is_not_complete(behave: server.Behaviour) -> None:
    with http_server(behave) as (url, _):
        assert state_of(upload(), asked(url, size=5 * MILLION)) == "Error_NoTransferComplete"
