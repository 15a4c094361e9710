"""Gives memory back to the system: a router has little, and what was freed is held by the C library until asked for."""

import ctypes
import gc


def give_back() -> None:
    """Collect cycles, and return free pages of the heap where the C library can (glibc does; musl always has)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
