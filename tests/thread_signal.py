"""A signal that the main thread, which waits, does not see: the kernel may hand it to any other thread."""

import ctypes
import os
import signal

from tests.waiting import until


def signal_another_thread(process: int, number: signal.Signals) -> None:
    """Send it to a thread of the process that is not the main one; waits for there to be one."""
    tasks = f"/proc/{process}/task"
    others = until(
        lambda: [int(name) for name in os.listdir(tasks) if int(name) != process], "the process has no other thread"
    )
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.tgkill(process, min(others), int(number)) == 0, os.strerror(ctypes.get_errno())
