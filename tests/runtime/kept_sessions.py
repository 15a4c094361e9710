"""Session traces kept in memory, in the shape of the store that keeps them in files."""

from typing import Any

Line = dict[str, Any]


class KeptSessions:
    """By number; a test may append lines while they are followed."""

    def __init__(self, kept: dict[int, list[Line]], problem: str = "") -> None:
        self.kept = kept
        self._problem = problem

    def problem(self) -> str:
        return self._problem

    def last_number(self) -> int:
        return max(self.kept, default=0)

    def sessions(self) -> list[Line]:
        return [self._summary(lines) for _, lines in sorted(self.kept.items())]

    def session(self, number: int) -> list[Line]:
        return list(self.kept[number])

    def _summary(self, lines: list[Line]) -> Line:
        ended = {"outcome": lines[-1]["outcome"]} if lines[-1]["kind"] == "end" else {}
        return {**lines[0], "posts": 1, "bytes": 3000, **ended}
