"""Gives memory back to the system: a router has little, and what was freed is held by the C library until asked for."""

import ctypes
import gc
import sys
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
    or two for each of some hundred classes, and a TypeError instead of FrozenInstanceError for what is no field.
    """
    for one in gc.get_objects():
        if isinstance(one, type) and "__dataclass_fields__" in vars(one) and "__slots__" in vars(one):
            _hold_itself(one)
    gc.collect()


def _hold_itself(new: type[Any]) -> None:
    for name in ("__setattr__", "__delattr__"):
        method = vars(new).get(name)
        for cell in (method.__closure__ or ()) if isinstance(method, FunctionType) else ():
            old = cell.cell_contents
            if isinstance(old, type) and (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__):
                cell.cell_contents = new
