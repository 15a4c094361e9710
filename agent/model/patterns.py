"""Patterns of XML Schema as regular expressions of Python: they differ in anchors, escapes and classes."""

import re
from functools import lru_cache
from typing import Final

# XML Schema part 2, appendix F: what an escaped letter stands for, inside a character class.
_CLASSES: Final = {"d": "0-9", "s": r" \t\n\r", "w": r"\w", "i": "A-Za-z_:", "c": r"A-Za-z0-9._:\-"}
_NEGATED: Final = {"D": "[^0-9]", "S": r"[^ \t\n\r]", "W": r"\W", "I": "[^A-Za-z_:]", "C": r"[^A-Za-z0-9._:\-]"}
_CONTROL: Final = {"n": r"\n", "r": r"\r", "t": r"\t"}


class UnsupportedPattern(ValueError):
    """The pattern uses something that has no translation here, or is no pattern at all."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern for ``fullmatch``: XML Schema anchors at both ends. Raises UnsupportedPattern."""
    try:
        return re.compile(_translated(pattern))
    except re.error as error:
        raise UnsupportedPattern(f"{pattern!r}: {error}") from error


def _translated(pattern: str) -> str:
    result: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            result.append(_escape(pattern, position, in_class=False))
            position += 2
        elif character == "[":
            text, position = _class(pattern, position)
            result.append(text)
        else:
            if pattern.startswith("(?", position):
                raise UnsupportedPattern(f"{pattern!r}: (? at {position}")
            # ^ and $ stand for themselves there, and the dot stops at either line end.
            result.append({"^": r"\^", "$": r"\$", ".": r"[^\n\r]"}.get(character, character))
            position += 1
    return "".join(result)


def _escape(pattern: str, position: int, in_class: bool) -> str:
    letter = pattern[position + 1 : position + 2]
    if letter in _CLASSES and letter:
        return _CLASSES[letter] if in_class else f"[{_CLASSES[letter]}]"
    if letter in _NEGATED and letter and not in_class:
        return _NEGATED[letter]
    if letter in _CONTROL and letter:
        return _CONTROL[letter]
    if letter and letter in r"\|.?*+(){}-[]^$/" + '"':
        return re.escape(letter)
    raise UnsupportedPattern(f"{pattern!r}: \\{letter} at {position}")


def _class(pattern: str, start: int) -> tuple[str, int]:
    """A character class with its subtraction, if any: ``[a-z-[aeiou]]`` is what is in the one and not in the other."""
    position = start + 1
    inner = ""
    while position < len(pattern):
        character = pattern[position]
        if character == "]":
            return f"[{inner}]", position + 1
        if pattern.startswith("-[", position):
            subtracted, position = _class(pattern, position + 1)
            if pattern[position : position + 1] != "]":
                break
            return f"(?:(?!{subtracted})[{inner}])", position + 1
        if character == "\\":
            inner += _escape(pattern, position, in_class=True)
            position += 2
        else:
            is_negation = character == "^" and position == start + 1
            inner += "\\" + character if character in "[^&~|" and not is_negation else character
            position += 1
    raise UnsupportedPattern(f"{pattern!r}: the class at {start} does not end")
