"""How tests wait: what has to come has time enough on a busy machine, and nobody waits longer than it takes."""

import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

IN_MACHINE: Final = "CPE_AGENT_IN_MACHINE" in os.environ
"""Of tests/vm, whose processors are imitated."""
PATIENCE: Final = 120.0 if IN_MACHINE else 60.0
"""Seconds for anything at all: the disk of a machine that is shared can stand still for half a minute."""
HANGS: Final = 300.0
"""Seconds after which a process that was started for its output is taken to hang."""

Result = TypeVar("Result")


def until(
    condition: Callable[[], Result | None],
    what: str | Callable[[], str] = "nothing came",
    patience: float = PATIENCE,
) -> Result:
    """The first true value of the condition. AssertionError after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:g} s: {what if isinstance(what, str) else what()}")
        time.sleep(0.01)
    return found
