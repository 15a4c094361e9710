"""Shows XML to people: one element a line, indented. No parser, so that what is not well-formed is shown as well."""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(r"<[^>]*(?:>|$)|[^<]+")


def indented(xml: str) -> str:
    """Break XML into lines; an element that has only text stays on one."""
    return "\n".join(_lines(_TOKEN.findall(xml)))


def _lines(tokens: list[str]) -> Iterator[str]:
    depth = 0
    opened = ""  # an opening tag that may yet be closed on its own line,
    text = ""  # and what stands behind it
    for token in tokens:
        if not token.startswith("<"):
            text = token
            continue
        is_closing = token.startswith("</")
        if is_closing and opened:
            depth -= 1
            yield "  " * depth + opened + text + token
        else:
            yield from _flushed(opened, text, depth)
            depth = max(0, depth - 1) if is_closing else depth
        is_opening = not is_closing and not token.endswith("/>") and not token.startswith(("<?", "<!"))
        if not is_opening and not (is_closing and opened):
            yield "  " * depth + token
        opened, text = token if is_opening else "", ""
        depth += is_opening
    yield from _flushed(opened, text, depth)


def _flushed(opened: str, text: str, depth: int) -> Iterator[str]:
    """Write a pending opening tag and text on lines of their own."""
    if opened:
        yield "  " * (depth - 1) + opened
    if text.strip():
        yield "  " * depth + text.strip()
