"""Where an answer of HTTP/1.1 ends (RFC 9112), as far as a throughput test has to know; pure."""

from dataclasses import dataclass
from typing import Final

LONGEST_HEAD: Final = 16 * 1024
LONGEST_LINE: Final = 256
"""Octets of a chunk's size, its extensions included."""
MOST_TRAILERS: Final = 64
"""Fields behind the last chunk."""
END_OF_HEAD: Final = b"\r\n\r\n"


class Unframed(Exception):
    """This is no HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """``length`` is that of the content, None where it is not told; without it and without chunks, closing ends it."""

    status: int
    length: int | None
    is_chunked: bool
    stays_open: bool


def head_of(text: bytes) -> Head:
    """Read a status line and the fields, without the empty line behind them. Unframed."""
    lines = text.split(b"\r\n")
    version, _, rest = lines[0].partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or len(code) != 3 or not code.isdigit():
        raise Unframed("what answered does not speak HTTP/1")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    told = fields.get(b"content-length", b"")
    if told and (not told.isdigit() or len(told) > 19):
        raise Unframed("the answer's Content-Length is no number")
    words = {word.strip().lower() for word in fields.get(b"connection", b"").split(b",")}
    stays = b"close" not in words and (version != b"HTTP/1.0" or b"keep-alive" in words)
    is_chunked = fields.get(b"transfer-encoding", b"").lower().endswith(b"chunked")
    return Head(int(code), int(told) if told and not is_chunked else None, is_chunked, stays)


class Chunks:
    """Follows a chunked content as it comes; ``is_over`` once its end has come."""

    def __init__(self) -> None:
        self.is_over = False
        self._left = 0  # of the chunk's data and the line end behind it
        self._line = b""
        self._is_last = False
        self._trailers = 0

    def feed(self, data: memoryview) -> None:
        """What has come; Unframed for what is no chunk."""
        at = 0
        while at < len(data) and not self.is_over:
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            upto = bytes(data[at : at + LONGEST_LINE]).find(b"\n")
            step = upto + 1 if upto >= 0 else len(data) - at
            self._line += bytes(data[at : at + min(step, LONGEST_LINE + 1)])
            at += step
            if len(self._line) > LONGEST_LINE:
                raise Unframed("a chunk's size has no end")
            if upto >= 0:
                self._take(self._line.strip())
                self._line = b""

    def _take(self, line: bytes) -> None:
        if self._is_last:  # fields may follow the last chunk; an empty line ends them
            self.is_over = not line
            self._trailers += 1
            if self._trailers > MOST_TRAILERS:
                raise Unframed("the fields behind the last chunk have no end")
            return
        try:
            size = int(line.partition(b";")[0].strip() or b"-", 16)
        except ValueError as error:
            raise Unframed("a chunk's size is no number") from error
        if size < 0:
            raise Unframed("a chunk's size is no number")
        self._is_last = size == 0
        self._left = size + 2 if size else 0
