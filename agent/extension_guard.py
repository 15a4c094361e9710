"""A vendor's object that fails while it is read is left out for a while: it keeps nobody from reading the rest."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, ParamSpec, TypeVar

from agent.model.errors import ModelError
from agent.model.object import Object

log = logging.getLogger(__name__)

SECONDS: Final = 60.0
"""For so long nothing of it is asked again."""

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class BrokenExtension(Exception):
    """The vendor's code raised what it must not, SystemExit included."""


def guarded(declared: Object[Any], file: str, clock: Callable[[], float] = time.monotonic) -> Object[Any]:
    """The object with its mistakes kept to itself; refusals (ModelError) and TimeoutError pass."""
    guard = _Guard(declared.path, file, clock)
    parameters = [
        replace(
            one,
            get=guard.around(one.get),
            set=one.set and guard.around(one.set),
            source=one.source and guard.around(one.source),
        )
        for one in declared.parameters
    ]
    return replace(
        declared,
        rows=guard.rows(declared.rows),
        keys=guard.around(declared.keys),
        parameters=parameters,
        add=declared.add and guard.around(declared.add),
        delete=declared.delete and guard.around(declared.delete),
        source=declared.source and guard.around(declared.source),
    )


class _Guard:
    def __init__(self, path: str, file: str, clock: Callable[[], float]) -> None:
        self._path = path
        self._file = file
        self._clock = clock
        self._until = 0.0

    def rows(self, read: Callable[[], Iterable[Any]]) -> Callable[[], Iterable[Any]]:
        """None while the object is left out: also for a reading that its own failure has begun anew."""
        complete = self.around(lambda: list(read()))

        def rows() -> Iterable[Any]:
            return () if self._clock() < self._until else complete()

        return rows

    def around(self, call: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        """The call; what it must not raise leaves the object out, and is a BrokenExtension."""

        def guarded_call(*given: Arguments.args, **named: Arguments.kwargs) -> Answer:
            try:
                return call(*given, **named)
            except (ModelError, TimeoutError):
                raise
            except (Exception, SystemExit) as mistake:
                self._until = self._clock() + SECONDS
                log.warning("%s of the extension %s is left out for %.0f s", self._path, self._file, SECONDS)
                raise BrokenExtension(f"{type(mistake).__name__}: {mistake}") from mistake

        return guarded_call
