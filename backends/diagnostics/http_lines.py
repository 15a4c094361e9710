"""Throughput by HTTP: GET whose content is forgotten, PUT of octets that mean nothing (TR-143 4.1, 4.2)."""

import os
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.http_framing import END_OF_HEAD, LONGEST_HEAD, Chunks, Head, Unframed, head_of
from backends.diagnostics.line import DISCARD_SIZE, Line, Stream
from backends.diagnostics.throughput_types import TransferRequest

BLOCK: Final = 64 * 1024
HEAD_WITHIN: Final = 60.0
"""Seconds until the head of the answer is whole, however it comes."""
MOST_INTERIM: Final = 64
"""Answers that are none yet, such as 100 Continue, before the one that is."""
LAST_CHUNK: Final = b"0\r\n\r\n"


class _Unanswered(DiagnosticFailed):
    """The connection ended before the first octet of an answer."""


def download(line: Line, parts: SplitResult, request: TransferRequest) -> None:
    """Get the file on one connection; by time, again and again until it is enough. A connection that has had an answer
    and ends before the next is opened anew (RFC 9112 9.3.1).
    """
    asking = _request("GET", parts).encode("ascii")
    stream: Stream | None = None
    try:
        while True:
            is_used, stream = stream is not None, stream or line.open()
            try:
                stays = _get(line, stream, asking)
            except _Unanswered:
                if not is_used:
                    raise
                stays = False
            if line.meter.is_enough() or not request.duration:
                break
            if not stays:
                stream.close()
                stream = None
    finally:
        if stream is not None:
            stream.close()
    line.meter.ended(line.tally, line.tally.last)


def _get(line: Line, stream: Stream, asking: bytes) -> bool:
    """One file; whether the connection stays open for another."""
    line.asks()
    _say(stream, asking)
    head, rest = _head(line, stream, counts=True)
    if head.status != 200:
        raise DiagnosticFailed("Error_TransferFailed", f"the server answered with status {head.status}")
    try:
        got = _content(line, stream, head, rest)
    except TimeoutError as error:
        raise DiagnosticFailed("Error_Timeout", "the server has stopped sending") from error
    except OSError as error:
        raise DiagnosticFailed("Error_TransferFailed", f"the connection broke: {error.strerror}") from error
    if got == 0 and not line.meter.is_enough():
        raise DiagnosticFailed("Error_TransferFailed", "the file is empty")
    return head.stays_open and (head.length is not None or head.is_chunked)


def _content(line: Line, stream: Stream, head: Head, rest: bytes) -> int:
    """Take the content, as far as it is wanted; octets. DiagnosticFailed where it is not as long as was said."""
    enough, got = line.meter.is_enough, len(rest)
    if head.is_chunked:
        return _chunks(line, stream, rest)
    while head.length is None or got < head.length:
        wanted = DISCARD_SIZE if head.length is None else head.length - got
        size = stream.discard(wanted, enough)
        if size is None or (size == 0 and head.length is None):
            return got
        if size == 0:
            raise DiagnosticFailed("Error_IncorrectSize", f"{got} octets came of {head.length}")
        line.counts(size)
        got += size
    if got > head.length:
        raise DiagnosticFailed("Error_IncorrectSize", f"more came than the {head.length} octets that were told")
    return got


def _chunks(line: Line, stream: Stream, rest: bytes) -> int:
    chunks, got = Chunks(), len(rest)
    _feed(chunks, memoryview(rest))
    while not chunks.is_over:
        data = stream.receive(is_enough=line.meter.is_enough)
        if data is None:
            return got
        if not data:
            raise DiagnosticFailed("Error_IncorrectSize", "the connection ended before the last chunk")
        line.counts(len(data))
        got += len(data)
        _feed(chunks, data)
    return got


def _feed(chunks: Chunks, data: memoryview) -> None:
    try:
        chunks.feed(data)
    except Unframed as error:
        raise DiagnosticFailed("Error_TransferFailed", str(error)) from error


def upload(line: Line, parts: SplitResult, request: TransferRequest) -> None:
    """Put ``size`` octets, or as many as go in the time, in chunks."""
    by_time = bool(request.duration)
    length = "Transfer-Encoding: chunked" if by_time else f"Content-Length: {request.size}"
    asking = _request("PUT", parts, "Content-Type: application/octet-stream", length).encode("ascii")
    stream = line.open()
    try:
        line.tally.waiting = stream.unacknowledged
        line.asks()
        _say(stream, asking)
        line.begins()
        line.tally.count += len(asking)  # TR-143 counts the head too
        if by_time:
            broke = _flow(
                line, stream, b"%x\r\n" % BLOCK + os.urandom(BLOCK) + b"\r\n", line.meter.is_enough, LAST_CHUNK
            )
        else:
            broke = _amount(line, stream, os.urandom(BLOCK), request.size)
        _confirmed(line, stream, broke)
        line.meter.ended(line.tally, line.meter.now())
    finally:
        stream.close()


def _flow(line: Line, stream: Stream, block: bytes, is_enough: Callable[[], bool], last: bytes = b"") -> str:
    """Whole blocks until it is enough, and what ends them; why the server took no more, "" where it took all."""
    try:
        while not is_enough():
            _send(line, stream, memoryview(block))
        _send(line, stream, memoryview(last))
    except TimeoutError as error:
        raise DiagnosticFailed("Error_Timeout", "the server has stopped taking") from error
    except OSError as error:
        return f"the connection broke: {error.strerror}"
    return ""


def _amount(line: Line, stream: Stream, block: bytes, size: int) -> str:
    whole, rest = divmod(size, len(block))
    counter = iter(range(whole))
    return _flow(line, stream, block, lambda: next(counter, None) is None, block[:rest])


def _send(line: Line, stream: Stream, data: memoryview) -> None:
    while data:
        sent = stream.send(data)
        line.tally.count += sent
        data = data[sent:]


def _confirmed(line: Line, stream: Stream, broke: str) -> None:
    """Wait for the server's word that it has all of it."""
    try:
        head, _ = _head(line, stream, counts=False)
    except DiagnosticFailed as failure:
        raise DiagnosticFailed("Error_NoTransferComplete", broke or failure.text) from failure
    if not 200 <= head.status < 300:
        raise DiagnosticFailed("Error_NoTransferComplete", f"the server answered with status {head.status}")
    if broke:
        raise DiagnosticFailed("Error_NoTransferComplete", broke)


def _head(line: Line, stream: Stream, counts: bool) -> tuple[Head, bytes]:
    """The head of the answer, and what came with it of the content."""
    text, until = b"", time.monotonic() + HEAD_WITHIN
    for _ in range(MOST_INTERIM + 1):
        while END_OF_HEAD not in text:
            if len(text) > LONGEST_HEAD:
                raise DiagnosticFailed("Error_TransferFailed", "the head of the answer has no end")
            broken = DiagnosticFailed if text else _Unanswered
            try:
                data = stream.receive(LONGEST_HEAD, lambda: time.monotonic() > until)
            except TimeoutError as error:
                raise DiagnosticFailed("Error_NoResponse", "the server does not answer") from error
            except OSError as error:
                raise broken("Error_NoResponse", f"no answer came: {error.strerror}") from error
            if data is None:
                raise DiagnosticFailed("Error_NoResponse", "the head of the answer takes too long")
            if not data:
                raise broken("Error_NoResponse", "the server ended the connection without an answer")
            if counts:
                line.counts(len(data))
            text += data
        said, _, text = text.partition(END_OF_HEAD)
        try:
            head = head_of(said)
        except Unframed as error:
            raise DiagnosticFailed("Error_TransferFailed", str(error)) from error
        if not 100 <= head.status < 200:  # an interim answer is none (RFC 9110 15.2)
            return head, text
    raise DiagnosticFailed("Error_NoResponse", "the server puts its answer off without an end")


def _say(stream: Stream, asking: bytes) -> None:
    try:
        stream.send_all(asking)
    except TimeoutError as error:
        raise DiagnosticFailed("Error_NoResponse", "the server takes nothing") from error
    except OSError as error:
        raise _Unanswered("Error_NoResponse", f"the connection broke: {error.strerror}") from error


def _request(method: str, parts: SplitResult, *fields: str) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    lines = (f"{method} {target} HTTP/1.1", f"Host: {host}", "User-Agent: cpe-agent", "Accept: */*", *fields)
    return "\r\n".join((*lines, "Connection: keep-alive", "", ""))
