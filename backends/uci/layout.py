"""A file's text with edits in it: what was not changed stays as it was written, comments and quotes included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from backends.uci.grammar import Statement, statements
from backends.uci.reading import header_text, option_text, parsed, rendered, section_text
from backends.uci.types import BrokenPackage, Package, Section


def rewritten(text: str, before: Package, after: Package, origins: Sequence[int | None]) -> str:
    """The text for ``after``; ``origins`` has, for each of its sections, the place of the same section in ``before``.

    ``text`` is what ``before`` was read from. What is written is read back: where keeping the old text would say
    something else than ``after``, it is the plain text that ``uci`` would write.
    """
    preamble, blocks = _blocks(text, before)
    for place, block in enumerate(blocks):
        if place not in origins:
            kept_above = [blocks[each] for each in range(place) if each in origins]
            (kept_above[-1] if kept_above else preamble).lines += _behind(block)
    pieces = [_text_of(preamble)]
    for section, origin in zip(after.sections, origins, strict=True):
        if origin is None:
            pieces.append("\n" + section_text(section))
        else:
            pieces.append("".join(_edited(blocks[origin], before.sections[origin], section)))
    if after.says() != before.says():
        pieces = [piece if piece.endswith("\n") or not piece else piece + "\n" for piece in pieces]
    kept = "".join(pieces)
    return kept if _says(kept, after) else rendered(after)


@dataclass(slots=True)
class _Line:
    """What stands between two ends of lines that end a statement; without one it is a comment or blank."""

    raw: str
    statement: Statement | None = None


@dataclass(slots=True)
class _Block:
    """The lines of one section, with the comment right above it."""

    lines: list[_Line] = field(default_factory=list)


def _blocks(text: str, package: Package) -> tuple[_Block, list[_Block]]:
    """What stands before all sections, and each section's lines."""
    preamble = current = _Block()
    blocks: list[_Block] = []
    named: dict[str, _Block] = {}
    for line in _lines(text):
        if line.statement is not None and line.statement.verb == "config":
            above = _above(current)
            again = named.get(line.statement.second)
            if again is None:
                again = _Block()
                # An anonymous one can be gone on with by its libuci name.
                named.setdefault(package.sections[len(blocks)].id, again)
                blocks.append(again)
            current = again
            current.lines += above
        current.lines.append(line)
    return preamble, blocks


def _lines(text: str) -> Iterator[_Line]:
    """The text in lines; several statements of one line become lines of their own."""
    found = list(statements(text))
    place = 0
    for number, statement in enumerate(found):
        if statement.start < place:
            continue
        yield from map(_Line, text[place : statement.start].splitlines(keepends=True))
        place = statement.end
        if number + 1 < len(found) and found[number + 1].start == statement.start:
            together = [each for each in found[number:] if each.start == statement.start]
            yield from (_Line(_canonical(each), each) for each in together)
        else:
            yield _Line(text[statement.start : place], statement)
    yield from map(_Line, text[place:].splitlines(keepends=True))


def _canonical(statement: Statement) -> str:
    if statement.verb == "config":
        line = header_text(statement.first, statement.second)
    elif statement.verb == "package":
        line = f"package {statement.first}\n"
    else:
        line = option_text(statement.first, statement.second if statement.verb == "option" else (statement.second,))
    return _with_comment(line, statement)


def _with_comment(line: str, statement: Statement) -> str:
    return f"{line[:-1]} {statement.comment}\n" if statement.comment else line


def _above(block: _Block) -> list[_Line]:
    """Take from a block's end the comment right above what follows, and the blank lines above that."""
    place = len(block.lines)
    while place and block.lines[place - 1].statement is None and block.lines[place - 1].raw.strip():
        place -= 1
    while place and block.lines[place - 1].statement is None and not block.lines[place - 1].raw.strip():
        place -= 1
    taken = block.lines[place:]
    del block.lines[place:]
    return taken


def _behind(block: _Block) -> list[_Line]:
    """Comments behind a section's last statement: they outlive it."""
    behind: list[_Line] = []
    while block.lines and block.lines[-1].statement is None:
        behind.insert(0, block.lines.pop())
    return behind if any(line.raw.strip() for line in behind) else []


def _edited(block: _Block, before: Section, after: Section) -> Iterator[str]:
    """A section's lines with its edits; new options stand behind its last statement."""
    if (before.type, before.name, before.options) == (after.type, after.name, after.options):
        yield _text_of(block)
        return
    added = {name: value for name, value in after.options.items() if name not in before.options}
    items = dict(_items(block, before, after))
    last = max(number for number, line in enumerate(block.lines) if line.statement is not None)
    written: set[str] = set()
    for number, line in enumerate(block.lines):
        if number in items:
            yield items[number]
        else:
            yield line.raw if line.statement is None else _statement(line, line.statement, before, after, written)
        if number == last:
            for name, value in added.items():
                if name not in written:
                    yield option_text(name, value)


def _items(block: _Block, before: Section, after: Section) -> Iterator[tuple[int, str]]:
    """The lines of lists of which some items differ, by their number: an item that stays keeps its line, and one that
    takes another's place its comment.
    """
    for name, wanted in after.options.items():
        was = before.options.get(name)
        if not isinstance(was, tuple) or not isinstance(wanted, tuple) or was == wanted:
            continue
        found = [
            (number, line, line.statement)
            for number, line in enumerate(block.lines)
            if line.statement is not None and line.statement.first == name and line.statement.verb in ("list", "option")
        ]
        if tuple(statement.second for *_, statement in found) != was:
            continue
        texts = [""] * len(found)
        for kind, begin, end, start, stop in SequenceMatcher(None, was, wanted, autojunk=False).get_opcodes():
            new = [option_text(name, (item,)) for item in wanted[start:stop]]
            for place in range(begin, end):
                _, line, statement = found[place]
                if kind == "equal":
                    texts[place] += line.raw
                elif new:
                    texts[place] += _with_comment(new.pop(0), statement)
            if kind != "equal" and new:
                above = texts[max(end - 1, 0)]
                texts[max(end - 1, 0)] = above + ("\n" if above and above[-1] != "\n" else "") + "".join(new)
        yield from zip((number for number, *_ in found), texts, strict=True)


def _statement(line: _Line, statement: Statement, before: Section, after: Section, written: set[str]) -> str:
    if statement.verb == "config":
        if (before.type, before.name) == (after.type, after.name):
            return line.raw
        return _with_comment(header_text(after.type, after.name), statement)
    if statement.verb == "package":
        return line.raw
    name = statement.first
    if before.options.get(name) == after.options.get(name):
        return line.raw
    if name in written or name not in after.options:
        return ""
    written.add(name)
    return _with_comment(option_text(name, after.options[name]), statement)


def _text_of(block: _Block) -> str:
    return "".join(line.raw for line in block.lines)


def _says(text: str, wanted: Package) -> bool:
    try:
        return parsed(wanted.name, text, Path(wanted.name)).says() == wanted.says()
    except BrokenPackage:
        return False
