"""A package out of its file's text, and the text that ``uci`` would write for it."""

import re
from pathlib import Path
from typing import Final

from backends.uci.grammar import BadLine, quote, statements
from backends.uci.types import NAME, TYPE, BrokenPackage, Package, Section, Value

BERNSTEIN: Final = 5381
LAST_WORD: Final = 0xFFFF
MARKS: Final = re.compile(r"['\"\\;#]")


def anonymous_id(count: int, kind: str) -> str:
    """What libuci calls an anonymous section: ``count`` is how many sections it has made so far, this one included.

    While a file is read its options are not there yet, so that the hash is the type's alone.
    """
    number = BERNSTEIN
    for letter in kind.encode("utf-8", "surrogateescape"):
        number = (number * 33 + letter) & LAST_WORD
    return f"cfg{count:02x}{number:04x}"


def decoded(content: bytes) -> str:
    """A file's text; bytes that are no UTF-8 are kept."""
    return content.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes of such a text."""
    return text.encode("utf-8", "surrogateescape")


def parsed(name: str, text: str, path: Path) -> Package:
    """The package that a text holds; BrokenPackage, naming file and line, where libuci would refuse it."""
    try:
        return Package(name, tuple(_sections(text)))
    except BadLine as bad:
        raise BrokenPackage(path, bad.line, bad.why) from bad


def rendered(package: Package) -> str:
    """The text that ``uci commit`` writes for a package."""
    return "".join("\n" + section_text(section) for section in package.sections) + "\n"


def section_text(section: Section) -> str:
    """A section as uci writes it."""
    pieces = [header_text(section.type, section.name)]
    for name, value in section.options.items():
        pieces.append(option_text(name, value))
    return "".join(pieces)


def header_text(kind: str, name: str) -> str:
    """The line that begins a section; a type with marks in it is quoted, which ``uci`` forgets and cannot read then."""
    word = quote(kind) if MARKS.search(kind) else kind
    return f"config {word} '{name}'\n" if name else f"config {word}\n"


def option_text(name: str, value: Value) -> str:
    """The line of an option, or the lines of a list."""
    if isinstance(value, str):
        return f"\toption {name} {quote(value)}\n"
    return "".join([f"\tlist {name} {quote(item)}\n" for item in value])


def _sections(text: str) -> list[Section]:
    found: list[Section] = []
    known: dict[str, Section] = {}
    options: dict[str, Value] | None = None
    for verb, first, second, start, *_ in statements(text):
        if verb == "config":
            section = _section(text, start, first, second, found, known)
            options = section.options  # type: ignore[assignment]  # made below, and nobody has seen it yet
        elif verb == "package":
            _check_word(text, start, first.replace("-", "_"))
        elif options is None:
            raise _bad(text, start, "there is an option before the first section")
        else:
            # A quick line has been looked at already: this is for those that were read word by word.
            _check_word(text, start, first)
            if verb == "option":
                # libuci takes an empty text for "nothing to set".
                if second:
                    options[first] = second
            else:
                before = options.get(first, ())
                options[first] = (*((before,) if isinstance(before, str) else before), second)
    return found


def _section(text: str, start: int, kind: str, name: str, found: list[Section], known: dict[str, Section]) -> Section:
    """The section that a ``config`` line begins or, by the name of an earlier one, goes on with."""
    if not TYPE.fullmatch(kind):
        raise _bad(text, start, "a type has printable characters only")
    if name:
        _check_word(text, start, name)
        if earlier := known.get(name):
            if earlier.type != kind:
                raise _bad(text, start, f"section {name} is of type {earlier.type} further up")
            return earlier
    section = Section(kind, name, name or anonymous_id(len(found) + 1, kind), {})
    found.append(section)
    known.setdefault(section.id, section)
    return section


def _check_word(text: str, start: int, word: str) -> None:
    if not NAME.fullmatch(word):
        raise _bad(text, start, "a name has letters, digits and underlines only")


def _bad(text: str, start: int, why: str) -> BadLine:
    return BadLine(1 + text.count("\n", 0, start), why)
