"""Imports a library without what it brings along for others: that is loaded when something in it is called.

requests loads who guesses an encoding, of which nobody here asks it, and urllib3 who tells a package's release, for
HTTP/2: two megabytes of a small machine.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["called_later"]


class _Later(ModuleType):
    """Stands where a module would: all that is called in it is the module's own, imported then."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*given: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(self.__name__), name)(*given, **named)

        return call


@contextmanager
def called_later(releases: Mapping[str, str | None]) -> Iterator[None]:
    """While importing, something stands for each of these modules that is installed and not loaded yet.

    With each the release that it says to be: who imports it may look whether that is one that it knows.
    """
    spared = {name: _Later(name) for name in releases if name not in sys.modules and importlib.util.find_spec(name)}
    for name, module in spared.items():
        if (release := releases[name]) is not None:
            module.__version__ = release  # type: ignore[attr-defined]
        sys.modules[name] = module
    try:
        yield
    finally:
        for name, module in spared.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
