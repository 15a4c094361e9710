"""The chore that puts a table of the packet filter back where somebody else took it away, or changed it."""

from typing import Final, Protocol

from backends.desired_state import Desired

LOOK: Final = 30.0
"""Seconds between two looks whether the kernel still has the table as it was made."""


class Guarded(Protocol):
    """A service that has a table of its own in the packet filter."""

    @property
    def has_table(self) -> bool:
        """Whether the kernel was given a table, and should have it."""

    def is_touched(self) -> bool:
        """Whether the table is not as it was made. MechanismError."""


class TableLook:
    """See parts.Chore. ``topic`` is told where something was put right."""

    def __init__(self, tables: Desired, guarded: Guarded, topic: str) -> None:
        self._tables, self._guarded, self._topic = tables, guarded, topic
        self._next = 0.0

    def due(self, now: float) -> float | None:  # noqa: ARG002 - it has a time of its own
        """See parts.Chore."""
        return self._next if self._guarded.has_table else None

    def act(self, now: float) -> frozenset[str]:
        """See parts.Chore. MechanismError."""
        self._next = now + LOOK
        if not self._guarded.is_touched():
            return frozenset()
        self._tables.reapply()
        return frozenset({self._topic})
