"""OMCI frames in text: the logs, dumps and arguments in which they are met. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_SHORTEST: Final = 10
"""Octets of the shortest frame, an extended one without contents."""
_LONGEST: Final = 1980
_RUN: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}[ :,]?)*[0-9A-Fa-f]{2})(?![0-9A-Za-z])")
_DUMP: Final = re.compile(r"^\s*(?:0x)?[0-9A-Fa-f]{4,8}:\s+((?:[0-9A-Fa-f]{2}\s+)*[0-9A-Fa-f]{2})\s*$")


def octets(text: str) -> bytes:
    """The octets of hexadecimal digits, with blanks, colons, commas or 0x between them or not. Raises ValueError."""
    return bytes.fromhex(re.sub(r"0[xX]|[\s:,]", "", text))


class Log:
    """Finds frames in the lines of a log: the longest run of octets of each line.

    Rows of a hexadecimal dump ("0x0000:  80 3e …") are put together, until another line comes.
    """

    def __init__(self) -> None:
        """No line was read."""
        self._dump = b""

    def line(self, line: str) -> list[bytes]:
        """The frames that end with this line."""
        if row := _DUMP.match(line):
            self._dump = (self._dump + octets(row[1]))[: _LONGEST + 1]
            return []
        found = self.end()
        longest = max((octets(run) for run in _RUN.findall(line)), key=len, default=b"")
        return found + ([longest] if len(longest) >= _SHORTEST else [])

    def end(self) -> list[bytes]:
        """The frame whose rows were not ended by another line."""
        dump, self._dump = self._dump, b""
        return [dump] if _SHORTEST <= len(dump) <= _LONGEST else []


def frames(lines: Iterable[str]) -> Iterator[bytes]:
    """What looks like a frame in the lines of a log."""
    log = Log()
    for line in lines:
        yield from log.line(line)
    yield from log.end()
