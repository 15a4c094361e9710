"""OMCI frames in text: the logs, dumps and arguments in which they are met. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_SHORTEST: Final = 10
"""Octets of the shortest frame, an extended one without contents."""
_RUN: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}[ :,]?)*[0-9A-Fa-f]{2})(?![0-9A-Za-z])")
_DUMP: Final = re.compile(r"^\s*(?:0x)?[0-9A-Fa-f]{4,8}:\s+((?:[0-9A-Fa-f]{2}\s+)*[0-9A-Fa-f]{2})\s*$")


def octets(text: str) -> bytes:
    """The octets of hexadecimal digits, with blanks, colons, commas or 0x between them or not. Raises ValueError."""
    return bytes.fromhex(re.sub(r"0[xX]|[\s:,]", "", text))


def frames(lines: Iterable[str]) -> Iterator[bytes]:
    """What looks like a frame in the lines of a log: the longest run of octets of each line.

    Rows of a hexadecimal dump ("0x0000:  80 3e …") are put together, until another line comes.
    """
    dump = b""
    for line in lines:
        if row := _DUMP.match(line):
            dump += octets(row[1])
            continue
        if len(dump) >= _SHORTEST:
            yield dump
        dump = b""
        runs = [octets(run) for run in _RUN.findall(line)]
        longest = max(runs, key=len, default=b"")
        if len(longest) >= _SHORTEST:
            yield longest
    if len(dump) >= _SHORTEST:
        yield dump
