"""Where an answer of HTTP ends, in whatever pieces it comes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.diagnostics.http_framing import Chunks, Head, Unframed, head_of


def test_the_head_says_how_the_content_ends_and_whether_the_connection_stays() -> None:
    assert head_of(b"HTTP/1.1 200 OK\r\nContent-Length: 12") == Head(200, 12, False, True)
    assert head_of(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\nContent-Length: 1") == Head(
        200, None, True, True
    )
    assert head_of(b"HTTP/1.1 200 OK\r\nConnection: x, Close") == Head(200, None, False, False)
    assert head_of(b"HTTP/1.0 200 OK\r\nContent-Length: 1").stays_open is False
    assert head_of(b"HTTP/1.0 200 OK\r\nConnection: keep-alive").stays_open is True


@pytest.mark.parametrize(
    "text",
    [b"", b"HTTP/2 200", b"HTTP/1.1 2xx", b"HTTP/1.1 20", b"HTTP/1.1 200 OK\r\nContent-Length: -1",
     b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999"],
)  # fmt: skip
def test_what_is_no_head_is_refused(text: bytes) -> None:
    with pytest.raises(Unframed):
        head_of(text)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=6), st.lists(st.integers(1, 40), min_size=1))
def test_chunks_are_followed_in_whatever_pieces_they_come(contents: list[bytes], pieces: list[int]) -> None:
    data = b"".join(b"%X;ext=1\r\n%s\r\n" % (len(one), one) for one in contents) + b"0\r\nField: x\r\n\r\n"
    chunks, at, turn = Chunks(), 0, 0
    while at < len(data):
        assert not chunks.is_over
        step = pieces[turn % len(pieces)]
        chunks.feed(memoryview(data)[at : at + step])
        at, turn = at + step, turn + 1
    assert chunks.is_over


@given(st.binary(max_size=400))
def test_whatever_comes_is_followed_or_refused(data: bytes) -> None:
    chunks = Chunks()
    with suppress(Unframed):
        chunks.feed(memoryview(data))


@pytest.mark.parametrize("data", [b"\r\n", b"-5\r\n", b"g\r\n", b"1" * 300, b"1;" + b"x" * 300 + b"\r\n"])
def test_what_is_no_size_of_a_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(Unframed):
        Chunks().feed(memoryview(data))
