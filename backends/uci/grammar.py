"""The grammar of UCI files, as libuci reads it: statements of words, with the shell's quotes."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

BLANKS: Final = " \t\n\v\f\r"
VERBS: Final = {
    "p": "package", "package": "package", "c": "config", "config": "config",
    "o": "option", "option": "option", "l": "list", "list": "list",
}  # fmt: skip

# A line as uci itself writes it: by far the most are. Whatever else it may be is read word by word.
_QUICK: Final = re.compile(
    r"[ \t]*(?:(?P<verb>option|list)[ \t]+'?(?P<name>(?<=')[A-Za-z0-9_]+(?=')|(?<!')[A-Za-z0-9_]+(?!'))'?[ \t]+"
    r"(?:'(?P<quoted>[^'\n]*)'|(?P<plain>[^ \t\n\v\f\r'\"\\;#]+))"
    r"|config[ \t]+'?(?P<type>(?<=')[A-Za-z0-9_-]+(?=')|(?<!')[A-Za-z0-9_-]+(?!'))'?"
    r"(?:[ \t]+'?(?P<section>(?<=')[A-Za-z0-9_]+(?=')|(?<!')[A-Za-z0-9_]+(?!'))'?)?|#[^\n]*)?[ \t]*\r?(?:\n|\Z)"
)
_BLANK: Final = re.compile(r"[ \t\n\v\f\r]*")
_GAP: Final = re.compile(r"[ \t]*")
_WORD: Final = re.compile(r"[^ \t]*")
_ORDINARY: Final = re.compile(r"[^'\"#;\\ \t\n\v\f\r]+")


class Statement(NamedTuple):
    """``config TYPE NAME``, ``option NAME VALUE``, ``list NAME VALUE`` or ``package NAME``.

    ``start`` to ``end`` is its line, or lines where a text goes over several; two statements of one line have the same.
    """

    verb: str
    first: str
    second: str
    start: int
    end: int
    comment: str = ""


class BadLine(Exception):
    """What is wrong in the line (counted from 1) that the statement begins at."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


def statements(text: str) -> Iterator[Statement]:
    """The statements of a file's text; BadLine where libuci would give up, and at a NUL."""
    if "\0" in text:
        raise BadLine(1 + text.count("\n", 0, text.index("\0")), "there is a NUL in it")
    match, place, end = _QUICK.match, 0, len(text)
    while place < end:
        found = match(text, place)
        if found is None:
            line = _Line(text, place)
            yield from line.statements()
            place = line.end
            continue
        start, place = place, found.end()
        verb, name, quoted, plain, kind, section = found.groups()
        if verb is not None:
            yield Statement(verb, name, quoted if plain is None else plain, start, place)
        elif kind is not None:
            yield Statement("config", kind, section or "", start, place)


def words(text: str) -> Iterator[tuple[str, ...]]:
    """The words of each line up to an empty one, as ``uci batch`` and libuci's deltas have them.

    A line that cannot be read is left out, and so is all that its open quote has swallowed.
    """
    place = 0
    while place < len(text):
        line = _Line(text, place)
        with suppress(BadLine):
            yield tuple(line.words())
        place = line.end


def quote(text: str) -> str:
    """A word that reads back as the text, whatever it holds: in single quotes, with ``'\\''`` for each inside."""
    return "'" + text.replace("'", "'\\''") + "'" if "'" in text else f"'{text}'"


class _Line:
    """A line read word by word; it grows by the next one where a quote or a backslash goes over its end.

    libuci parses in place, and a few inputs read as they do for that reason only: a semicolon right behind a word
    without quotes ends the line (the word's own end is written over it), and so does a ``#`` within a word.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start, self._place = text, start, start
        self.end = start
        self._over = False
        self._comment = ""
        self._grow()

    def statements(self) -> Iterator[Statement]:
        """What the line says."""
        self._place = self._skip(_BLANK)
        found = []
        while not self._over:
            self._place = self._skip(_GAP)
            word = self._verb()
            if not word or word[0] == "#":
                self._comment = self._text[self._place : self.end].rstrip(BLANKS) if word else self._comment
                break
            verb = VERBS.get(word)
            if verb is None:
                raise self._bad("this is none of package, config, option and list")
            if self._place + len(word) >= self.end:
                raise self._bad(f"{verb} without a name")
            self._place += len(word) + 1
            found.append((verb, *self._arguments(verb)))
        for number, (verb, first, second) in enumerate(found, start=1):
            comment = self._comment if number == len(found) else ""
            yield Statement(verb, first, second, self._start, self.end, comment)

    def words(self) -> list[str]:
        """Its words."""
        found = []
        while word := self._next():
            found.append(word)
        return found

    def _verb(self) -> str:
        found = _WORD.match(self._text, self._place, self.end)
        return found.group() if found else ""

    def _arguments(self, verb: str) -> tuple[str, str]:
        first = self._next()
        if not first:
            raise self._bad(f"{verb} without a name")
        second = "" if verb == "package" else self._next()
        if self._next():
            raise self._bad("there are too many words")
        return first, second

    def _next(self) -> str:
        """The next word without its quotes; "" at the line's end, at a comment and at a semicolon."""
        if self._over:
            return ""
        self._place = self._skip(_BLANK)
        if self._here() == ";":
            self._place += 1
            return ""
        pieces: list[str] = []
        begun = self._place
        while True:
            mark = self._here()
            if mark in ("", "#", ";"):
                break
            if mark == "'":
                self._quoted(pieces)
            elif mark == '"':
                self._quoted_twice(pieces)
            elif mark == "\\":
                self._escaped(pieces)
            else:
                self._ordinary(pieces)
            if self._here() and self._here() in BLANKS:
                self._place += 1
                return "".join(pieces)
        word = "".join(pieces)
        if mark == "#":
            self._comment = self._text[self._place : self.end].rstrip(BLANKS)
        self._over = mark != ";" or len(word) == self._place - begun
        return word

    def _ordinary(self, pieces: list[str]) -> None:
        ends = self._skip(_ORDINARY)
        pieces.append(self._text[self._place : ends])
        self._place = ends

    def _quoted(self, pieces: list[str]) -> None:
        self._place += 1
        while (closing := self._text.find("'", self._place, self.end)) < 0:
            pieces.append(self._text[self._place : self.end])
            self._next_line("'")
        pieces.append(self._text[self._place : closing])
        self._place = closing + 1

    def _quoted_twice(self, pieces: list[str]) -> None:
        self._place += 1
        while (mark := self._here()) != '"':
            if not mark:
                self._next_line('"')
            elif mark == "\\":
                self._escaped(pieces)
            else:
                pieces.append(mark)
                self._place += 1
        self._place += 1

    def _escaped(self, pieces: list[str]) -> None:
        """A character behind a backslash stands for itself; an end of line is as if it were not there."""
        self._place += 1
        if self._text[self._place : self.end] in ("", "\n", "\r\n"):
            self._place = self.end
            self._grow()
        else:
            pieces.append(self._here())
            self._place += 1

    def _next_line(self, mark: str) -> None:
        self._place = self.end
        self._grow()
        if self._place == self.end:
            raise self._bad(f"the {mark} that begins a text here is never closed")

    def _grow(self) -> None:
        ends = self._text.find("\n", self.end)
        self.end = len(self._text) if ends < 0 else ends + 1

    def _here(self) -> str:
        return self._text[self._place] if self._place < self.end else ""

    def _skip(self, what: re.Pattern[str]) -> int:
        found = what.match(self._text, self._place, self.end)
        return found.end() if found else self._place

    def _bad(self, why: str) -> BadLine:
        return BadLine(1 + self._text.count("\n", 0, self._start), why)
