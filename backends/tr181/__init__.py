"""What each TR-181 object means in terms of the mechanisms; one file per top-level object."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.object import Object
from backends.tr181.mechanisms import Mechanisms

DECLARED: Final[tuple[Callable[[Mechanisms], list[Object[Any]]], ...]] = ()
"""The functions that declare the supported objects, one line each; each is given every mechanism."""


def objects(mechanisms: Mechanisms) -> list[Object[Any]]:
    """Every supported object of this machine."""
    return [declared for declare in DECLARED for declared in declare(mechanisms)]
