"""Which of two versions is the older one, whatever the habits of their maker: "rc1" comes before a release."""

import re
from typing import Final

BEFORE: Final = frozenset({"a", "alpha", "b", "beta", "dev", "pre", "rc", "snapshot"})
"""Words of what comes before the release whose number it has."""
_PARTS: Final = re.compile(r"[0-9]+|[a-z]+|~")
_EARLY, _END, _WORD, _NUMBER = range(4)


def is_older(one: str, than: str) -> bool:
    """Whether ``one`` is older than the other; equal ones are not."""
    return one != than and _order(one) < _order(than)


def _order(version: str) -> list[tuple[int, int, str]]:
    parts = _PARTS.findall(version.lower())
    return [*map(_rank, parts), (_END, 0, "")]


def _rank(part: str) -> tuple[int, int, str]:
    if part == "~":
        return (_EARLY, -1, "")
    if part.isdecimal():
        return (_NUMBER, int(part[:4000]), "")
    return (_EARLY if part in BEFORE else _WORD, 0, part)
