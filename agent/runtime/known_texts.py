"""Finds many known texts in long ones, whatever their case, in a time that does not grow with how many are known."""

import re
from typing import Final

_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


class KnownTexts:
    """Texts, each with what is written instead of it; the longest wins, and none begins or ends in a word."""

    def __init__(self) -> None:
        self._lengths: dict[str, list[int]] = {}
        self._instead: dict[str, str] = {}

    def add(self, text: str, instead: str) -> None:
        """The first word for a text stays; one that is empty or begins with a space is never found."""
        folded, first = text.casefold(), _TOKEN.match(text)
        if first is None:
            return
        self._instead.setdefault(folded, instead)
        lengths = self._lengths.setdefault(first[0].casefold(), [])
        if len(text) not in lengths:
            lengths.append(len(text))
            lengths.sort(reverse=True)

    def replaced(self, text: str) -> str:
        """The text with every known one replaced."""
        if not self._instead:
            return text
        pieces, done = [], 0
        for token in _TOKEN.finditer(text):
            start = token.start()
            if start >= done and (end := self._end(text, start, token[0].casefold())):
                pieces += [text[done:start], self._instead[text[start:end].casefold()]]
                done = end
        return "".join([*pieces, text[done:]])

    def _end(self, text: str, start: int, word: str) -> int:
        """Where the longest known text ends that begins at ``start``; 0 when none does."""
        for length in self._lengths.get(word, ()):
            end = start + length
            if _is_inside(text, end):
                continue
            if text[start:end].casefold() in self._instead:
                return min(end, len(text))
        return 0


def _is_inside(text: str, place: int) -> bool:
    """Whether a word goes on at that place."""
    return place < len(text) and (text[place].isalnum() or text[place] == "_")
