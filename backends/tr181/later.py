"""A service that is imported when it is asked for: what OpenWrt has another for is neither loaded nor installed."""

import importlib
import logging

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

log = logging.getLogger(__name__)


class Later:
    """What makes a service (see Build), known by its name."""

    def __init__(self, place: str) -> None:
        """``place``: its module, a colon, and its name there."""
        self.module, _, self.name = place.partition(":")

    def __call__(self, mechanisms: Mechanisms) -> Part | None:
        """The service; None as well where the installation is without it."""
        try:
            build = getattr(importlib.import_module(self.module), self.name)
        except (ImportError, AttributeError) as missing:
            log.error("this installation is without the service %s: %s", self.name, missing)
            return None
        part: Part | None = build(mechanisms)
        return part
