"""Content codings of HTTP bodies both ways, with a bound on what decoding may produce."""

import zlib
from collections.abc import Iterable, Sequence

from agent.runtime.endpoint import Unreachable

# What ManagementServer.HTTPCompression calls them, and what HTTP does.
NAMES = {"GZIP": "gzip", "Deflate": "deflate"}

_GZIP = 16 + zlib.MAX_WBITS
_IDENTITY = ("", "identity")


def encode(chunks: Sequence[bytes], coding: str) -> Sequence[bytes]:
    """The body in ``coding`` ("gzip", "deflate" or "")."""
    if not coding:
        return chunks
    packer = zlib.compressobj(wbits=_GZIP if coding == "gzip" else zlib.MAX_WBITS)
    packed = [packed for chunk in chunks if (packed := packer.compress(chunk))]
    return [*packed, packer.flush()]


def decode(pieces: Iterable[bytes], coding: str, most: int) -> bytes:
    """Read the pieces of a body to their end and undo ``coding``; Unreachable beyond ``most`` bytes or when broken."""
    coding = coding.strip().lower().removeprefix("x-")
    if coding in _IDENTITY:
        return _gathered(pieces, most)
    if coding not in NAMES.values():
        raise Unreachable(f"the ACS's reply has the unknown content coding {coding[:20]!r}", host_answered=True)
    body = bytearray()
    unpacker = None
    try:
        for piece in pieces:
            unpacker = unpacker or zlib.decompressobj(_window(coding, piece))
            body += unpacker.decompress(piece, most + 1 - len(body))
            if len(body) > most:
                raise _too_large(most)
    except zlib.error:
        raise Unreachable("the ACS's reply is not what its content coding says", host_answered=True) from None
    if unpacker is not None and not unpacker.eof:
        raise Unreachable("the ACS's compressed reply is cut short", host_answered=True)
    return bytes(body)


def _window(coding: str, start: bytes) -> int:
    if coding == "gzip":
        return _GZIP
    # "deflate" is zlib's format by RFC 9110, but servers have always sent raw streams as well.
    has_zlib_head = len(start) > 1 and start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0
    return zlib.MAX_WBITS if has_zlib_head or len(start) == 1 else -zlib.MAX_WBITS


def _gathered(pieces: Iterable[bytes], most: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> Unreachable:
    return Unreachable(f"the ACS's reply is larger than {most} bytes", host_answered=True)
