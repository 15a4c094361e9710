"""Tells when somebody sets the clock, and when it comes to be kept right or no longer is."""

import ctypes
import errno
import os
import select
import threading
from collections.abc import Callable
from typing import Final

CLOCK_REALTIME: Final = 0
TFD_CLOEXEC, TFD_NONBLOCK = 0o2000000, 0o4000
TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET = 1, 2
FAR: Final = 2**31 - 1
"""A time (seconds since 1970, on 32 bits too) for which the timer waits in vain: it is only ever cancelled."""
TURN: Final = 1.0
"""Seconds between two looks at whether the clock is kept right, of which the kernel tells nobody."""
TOPICS: Final = frozenset({"clock"})


class _Itimerspec(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every", "every_ns", "at", "at_ns")]


def watch_clock(
    tell: Callable[[frozenset[str]], None], stop: threading.Event, is_synchronised: Callable[[], bool | None]
) -> None:
    """Call ``tell`` at each change until ``stop`` is set. OSError where the kernel has no such timer."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer = _checked(libc.timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK))
    try:
        wait = select.poll()
        wait.register(timer, select.POLLIN)
        was_right = is_synchronised()
        _arm(libc, timer)
        while not stop.is_set():
            was_set = bool(wait.poll(TURN * 1000))
            if was_set:
                _read(timer)
                _arm(libc, timer)
            is_right = is_synchronised()
            if was_set or is_right != was_right:
                was_right = is_right
                tell(TOPICS)
    finally:
        os.close(timer)


def _arm(libc: ctypes.CDLL, timer: int) -> None:
    until = _Itimerspec(0, 0, FAR, 0)
    flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET
    _checked(libc.timerfd_settime(timer, flags, ctypes.byref(until), None))


def _read(timer: int) -> None:
    try:
        os.read(timer, 8)
    except OSError as error:
        if error.errno not in (errno.ECANCELED, errno.EAGAIN):
            raise


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
