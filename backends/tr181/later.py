"""Services and objects that are imported when they are asked for: an installation may be without them."""

import importlib
import logging
from typing import Any, Final

from agent.model.object import Object
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

log = logging.getLogger(__name__)

PARTS: Final = (
    "backends.tr181.diagnostics",
    "backends.tr181.diagnostics_echo_server",
    "backends.tr181.optical_part",
    "backends.tr181.software_modules",
)
"""Of packages that need not be there: what OpenWrt is without them is no error."""


class Later:
    """What makes a service (see Build), known by its name: what OpenWrt has another for is neither loaded nor there."""

    def __init__(self, place: str) -> None:
        """``place``: its module, a colon, and its name there."""
        self.module, _, self.name = place.partition(":")

    def __call__(self, mechanisms: Mechanisms) -> Part | None:
        """The service; None as well where the installation is without it."""
        try:
            build = getattr(importlib.import_module(self.module), self.name)
        except (ImportError, AttributeError) as missing:
            if not (self.module in PARTS and _is_without(self.module, missing)):
                log.error("this installation is without the service %s: %s", self.name, missing)
            return None
        part: Part | None = build(mechanisms)
        return part


class Declares:
    """What declares the objects of a service, where the mechanisms have it."""

    def __init__(self, place: str, field: str) -> None:
        """``place`` as of Later; ``field``: of Mechanisms, None where there is no such service."""
        self._module, _, self.__name__ = place.partition(":")
        self._field = field

    def __call__(self, mechanisms: Mechanisms) -> list[Object[Any]]:
        """Its objects, or none."""
        if getattr(mechanisms, self._field) is None:
            return []
        found: list[Object[Any]] = getattr(importlib.import_module(self._module), self.__name__)(mechanisms)
        return found


def _is_without(module: str, missing: Exception) -> bool:
    return isinstance(missing, ModuleNotFoundError) and missing.name == module
