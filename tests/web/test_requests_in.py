"""A request is what RFC 9112 says or it is refused: nothing that two readers could take for different things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.web.requests_in import BODY_BYTES, HEAD_BYTES, MOST_FIELDS, Refused, end_of_head, read_head


def head(*fields: str, line: str = "GET /a?b=c HTTP/1.1") -> bytes:
    return "\r\n".join([line, "Host: localhost", *fields, "", ""]).encode("latin-1")


def refused(head: bytes) -> int:
    with pytest.raises(Refused) as caught:
        read_head(head)
    return caught.value.status


def test_a_head_is_read() -> None:
    request = read_head(head("X-CSRF-Token:  t ", "Cookie: a=1; cpe_session=2", "Content-Length: 3"))
    assert (request.method, request.path, request.query, request.length) == ("GET", "/a", "b=c", 3)
    assert request.fields["x-csrf-token"] == "t"
    assert (request.cookie("cpe_session"), request.cookie("b")) == ("2", "")
    assert request.parameters() == {"b": ["c"]}
    assert request.is_kept_alive
    assert not read_head(head("Connection: close")).is_kept_alive


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (("Content-Length: 1", "Content-Length: 1"), 400),
        (("Content-Length: 1", "Transfer-Encoding: chunked"), 501),
        (("Transfer-Encoding: chunked",), 501),
        (("Transfer-Encoding : chunked",), 400),
        (("Content-Length: +1",), 400),
        (("Content-Length: 1 1",), 400),
        (("Content-Length: -1",), 400),
        (("Content-Length: 0x10",), 400),
        ((f"Content-Length: {BODY_BYTES + 1}",), 413),
        (("Host: other",), 400),
        (("Origin: a", "Origin: b"), 400),
        (("Cookie: a", "cookie: b"), 400),
        (("X: a", " folded"), 400),
        (("X: a\nTransfer-Encoding: chunked",), 400),
        (("X: a\rb",), 400),
        (("X: a\0b",), 400),
        (("no colon",), 400),
        (("X Y: a",), 400),
        (tuple(f"X{number}: a" for number in range(MOST_FIELDS)), 431),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(fields: tuple[str, ...], status: int) -> None:
    assert refused(head(*fields)) == status


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("get / HTTP/1.1", 400),
        ("GET http://other/ HTTP/1.1", 400),
        ("GET * HTTP/1.1", 400),
        ("GET /\x00 HTTP/1.1", 400),
        ("GET / HTTP/2.0", 400),
        ("GET / HTTP/1.0", 505),
        ("CONNECT a:1 HTTP/1.1", 400),
        ("", 400),
    ],
)
def test_a_first_line_of_another_form_is_refused(line: str, status: int) -> None:
    assert refused(head(line=line)) == status


def test_a_request_without_a_host_is_refused() -> None:
    assert refused(b"GET / HTTP/1.1\r\n\r\n") == 400


def test_the_head_is_complete_with_its_empty_line_and_bounded() -> None:
    assert end_of_head(head()[:-1]) == 0
    assert end_of_head(head() + b"body") == len(head())
    with pytest.raises(Refused) as caught:
        end_of_head(b"GET / HTTP/1.1\r\n" + b"x" * HEAD_BYTES)
    assert caught.value.status == 431


def test_a_query_has_a_bounded_number_of_parameters() -> None:
    with pytest.raises(Refused):
        read_head(head(line=f"GET /?{'a=1&' * 65} HTTP/1.1")).parameters()
    with pytest.raises(Refused):
        read_head(head(line="GET /?a=%ff HTTP/1.1")).parameters()


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(garbage: bytes) -> None:
    for text in (garbage + b"\r\n\r\n", head()[:-2] + garbage + b"\r\n\r\n"):
        try:
            read_head(text).parameters()
        except Refused:
            continue
