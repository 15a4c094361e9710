"""Counts the processes that a program makes, as the kernel is asked for them: nothing else sees those of a library."""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CALLS: Final = "trace=fork,vfork,clone,clone3,execve,execveat"
MADE: Final = re.compile(r"^\d+ +(?:v?fork\(|clone3?\((?!.*CLONE_THREAD)|execve(?:at)?\()")
ATTACHED_WITHIN: Final = 10.0


@contextmanager
def forks_of(process: int) -> Iterator[list[str]]:
    """Each fork and each program of a process, its threads and its children, once the ``with`` has ended."""
    made: list[str] = []
    with tempfile.NamedTemporaryFile() as seen:
        command = ["strace", "-f", "-e", CALLS, "-e", "signal=none", "-o", seen.name, "-p", str(process)]
        strace = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert strace.stderr is not None
        strace.stderr.readline()  # it is attached
        _wait_for_all_threads(process, strace.pid)
        try:
            yield made
        finally:
            strace.terminate()
            strace.wait(10)
            strace.stderr.close()
        made += [line for line in Path(seen.name).read_text().splitlines() if MADE.match(line)]


def _wait_for_all_threads(process: int, tracer: int) -> None:
    ends = time.monotonic() + ATTACHED_WITHIN
    while time.monotonic() < ends:
        states = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/status")]
        if all(f"TracerPid:\t{tracer}\n" in state for state in states):
            return
        time.sleep(0.01)
    raise TimeoutError(f"strace was not attached to process {process} in {ATTACHED_WITHIN:g} s")
