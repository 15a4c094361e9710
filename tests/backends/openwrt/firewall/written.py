"""What a change has done to a package's text, line by line."""

from difflib import unified_diff


def lines_changed(before: str, after: str) -> list[str]:
    """The lines that went and came, with - and + before them, but for empty ones and the note of the last change."""
    found = unified_diff(_plain(before), _plain(after), lineterm="", n=0)
    return [line for line in found if not line.startswith(("---", "+++", "@@"))]


def _plain(text: str) -> list[str]:
    """Without what says when something was changed last."""
    sections = [one for one in text.split("\n\n") if "cpe_row_fw4" not in one]
    return [" ".join(line.split()) for one in sections for line in one.splitlines() if line.strip()]
