"""Content codings both ways."""

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.coding import decode, encode
from agent.runtime.endpoint import Unreachable


@given(st.lists(st.binary(max_size=300)), st.sampled_from(["", "gzip", "deflate"]), st.integers(1, 50))
def test_what_is_encoded_decodes_to_the_same_however_it_is_cut(chunks: list[bytes], coding: str, cut: int) -> None:
    packed = b"".join(encode(chunks, coding))
    pieces = [packed[at : at + cut] for at in range(0, len(packed), cut)]
    assert decode(pieces, coding, 100_000) == b"".join(chunks)


def test_other_programs_read_it() -> None:
    assert gzip.decompress(b"".join(encode([b"a", b"b"], "gzip"))) == b"ab"
    assert zlib.decompress(b"".join(encode([b"a", b"b"], "deflate"))) == b"ab"


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_the_bound_is_on_what_comes_out(coding: str) -> None:
    body = [bytes(1000)]
    assert decode(encode(body, coding), coding, 1000) == bytes(1000)
    with pytest.raises(Unreachable, match="larger than 999"):
        decode(encode(body, coding), coding, 999)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "x-gzip", "br"]))
def test_no_bytes_break_the_decoder(noise: bytes, coding: str) -> None:
    with suppress(Unreachable):
        decode([noise], coding, 1000)
