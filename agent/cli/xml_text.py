"""Shows XML to people: one element a line, indented. No parser, so that what is not well-formed is shown as well."""

import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(r"<[^>]*>|[^<]+")


def indented(xml: str) -> str:
    """Break XML into lines; an element that has only text stays on one."""
    return "\n".join(_lines(_TOKEN.findall(xml)))


def _lines(tokens: list[str]) -> Iterator[str]:
    depth = 0
    kept = ""  # an opening tag, and its text, that may yet be closed on the same line
    for token in tokens:
        is_tag = token.startswith("<")
        if is_tag and token.startswith("</"):
            depth = max(0, depth - 1)
            yield "  " * depth + kept + token
            kept = ""
        elif is_tag:
            if kept:
                yield "  " * (depth - 1) + kept
                kept = ""
            if token.endswith("/>") or token.startswith(("<?", "<!")):
                yield "  " * depth + token
            else:
                depth += 1
                kept = token
        elif kept or token.strip():
            kept += token if kept else ""
            if not kept:
                yield "  " * depth + token.strip()
    if kept:
        yield "  " * (depth - 1) + kept
