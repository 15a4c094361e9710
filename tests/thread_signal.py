"""A signal that the main thread, which waits, does not see: the kernel may hand it to any other thread."""

import ctypes
import os
import signal
import time


def signal_another_thread(process: int, number: signal.Signals) -> None:
    """Send it to a thread of the process that is not the main one; waits for there to be one."""
    until = time.monotonic() + 10
    while True:
        others = [int(name) for name in os.listdir(f"/proc/{process}/task") if int(name) != process]
        if others:
            break
        assert time.monotonic() < until, "the process has no other thread"
        time.sleep(0.01)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.tgkill(process, min(others), int(number)) == 0, os.strerror(ctypes.get_errno())
