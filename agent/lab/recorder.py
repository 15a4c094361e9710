"""The record of a run: every exchange's bytes, as long as there is room, and the sums of all."""

from collections import deque

from agent.lab.http import Reply
from agent.lab.masking import masked_xml
from agent.lab.records import Exchange, Line

BYTES_KEPT = 64 * 1024 * 1024


class Recorder:
    """Keeps the latest exchanges. Not locked: its owner is."""

    def __init__(self, exchanges_kept: int) -> None:
        self.exchanges: deque[Exchange] = deque()
        self.posts = self.bytes_in = self.bytes_out = 0
        """All CWMP exchanges of the run, and their HTTP bytes."""
        self._exchanges_kept = exchanges_kept
        self._bytes_kept = 0

    def add(self, exchange: Exchange) -> None:
        """Keep the next exchange, at the cost of the oldest where there is no room."""
        self.posts += 1
        self.bytes_in += exchange.bytes_in
        self.bytes_out += exchange.bytes_out
        self.exchanges.append(exchange)
        self._bytes_kept += _size(exchange)
        while len(self.exchanges) > 1 and (len(self.exchanges) > self._exchanges_kept or self._bytes_kept > BYTES_KEPT):
            self._bytes_kept -= _size(self.exchanges.popleft())

    def envelope_of(self, line: Line) -> str | None:
        """The envelope that a line tells of, secrets masked; None where there was none or it is no longer kept."""
        index = line.exchange - self.exchanges[0].number if self.exchanges else -1
        if not 0 <= index < len(self.exchanges) or line.direction == "note":
            return None
        exchange = self.exchanges[index]
        envelope = exchange.envelope if line.direction == "cpe" else exchange.reply_envelope
        return masked_xml(envelope.decode("utf-8", "replace")) or None


def wire_size(reply: Reply | None) -> int:
    """HTTP bytes of a reply, head and framed body; 0 for none."""
    return len(reply.head()) + len(reply.framed_body()) if reply is not None else 0


def _size(exchange: Exchange) -> int:
    return len(exchange.head) + len(exchange.envelope) + len(exchange.reply_head) + len(exchange.reply_envelope)
