"""A service some of whose parameters are commands (Renew, Reset): done once, when the transaction is made."""

from collections.abc import Callable
from typing import Any

from backends.tr181.service import TableService


class ActingService(TableService):
    """What ``then`` was given is done at the end of the commit, and forgotten with whatever ends the transaction."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._acts: list[Callable[[], None]] = []

    def then(self, act: Callable[[], None]) -> None:
        """Stage something to be done once; it cannot be undone, and must not need to be."""
        self._acts.append(act)

    def begin(self) -> None:
        """See Desired."""
        super().begin()
        self._acts.clear()

    def _is_as_it_was(self) -> bool:
        return not self._acts and super()._is_as_it_was()

    def commit(self) -> None:
        """See Desired."""
        super().commit()
        for act in self._acts:
            act()
        self._acts.clear()

    def rollback(self) -> None:
        """See Desired."""
        super().rollback()
        self._acts.clear()
