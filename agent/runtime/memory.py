"""Gives memory back to the system: a router has little, and what was freed is held by the C library until asked for."""

import ctypes
import gc
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import Any, Final

PACKED: Final = "cpe_agent_library"
"""What imports the agent's modules where they are packed (openwrt/library.py)."""


def give_back() -> None:
    """Collect cycles, and return free pages of the heap where the C library can (glibc does; musl always has)."""
    packed = sys.modules.get(PACKED)
    if packed is not None:
        packed.library.release()
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def forget_replaced_classes() -> None:
    """Let go of the classes that ``@dataclass(frozen=True, slots=True)`` has put another in the place of.

    Up to Python 3.13 the interpreter's own methods of the new class hold the old one (CPython's gh-105936): a kilobyte
    or two for each of some hundred classes, and a TypeError instead of FrozenInstanceError for what is no field. Up to
    3.11.2 so does the attribute that weak references would be kept in (gh-102069).
    """
    _let_go(gc.get_objects())
    gc.collect()


def _let_go(objects: Iterable[Any]) -> None:
    for one in objects:
        if isinstance(one, type) and "__dataclass_fields__" in vars(one) and "__slots__" in vars(one):
            _hold_itself(one)


def _hold_itself(new: type[Any]) -> None:
    for name in ("__setattr__", "__delattr__"):
        method = vars(new).get(name)
        for cell in (method.__closure__ or ()) if isinstance(method, FunctionType) else ():
            if _is_replaced(cell.cell_contents, new):
                cell.cell_contents = new
    if _is_replaced(getattr(vars(new).get("__weakref__"), "__objclass__", new), new):
        del new.__weakref__


def _is_replaced(old: Any, new: type[Any]) -> bool:
    """Whether the new class stands in for this one."""
    if not isinstance(old, type) or old is new:
        return False
    return (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__)
