"""Programs that do one thing and end: started with an argument list, given secrets by stdin, and waited for."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final

from backends.errors import MechanismError, Missing, TimedOut
from backends.programs import PLACES, find_program

LAST_WORDS: Final = 200
LONGEST: Final = 65_536

Run = Callable[..., str]
"""``run`` below, or what a test has instead of it."""


def run(
    arguments: Sequence[str], given: str = "", seconds: float = 2.0, lines: int = 1, *, leaves_daemons: bool = False
) -> str:
    """What a program printed. ``given`` is its standard input, for what no list of processes may show. One that
    ``leaves_daemons`` behind, which keep its output open, is waited for alone, and they outlive the agent.

    Missing when it is not installed, TimedOut when it has not ended in time, MechanismError, with the last ``lines``
    of what it said, when it ended with a failure.
    """
    program = find_program(arguments[0])
    if program is None:
        raise Missing(f"{arguments[0]} is not installed")
    try:
        with open(os.memfd_create("output"), "w+b") if leaves_daemons else nullcontext() as file:
            output: Any = (
                {"stdout": file, "stderr": file, "start_new_session": True} if file else {"capture_output": True}
            )
            ended: subprocess.CompletedProcess[bytes] = subprocess.run(
                [str(program), *arguments[1:]], input=given.encode(), timeout=seconds, check=False,
                cwd="/", env={"PATH": os.pathsep.join(PLACES) + ":/usr/bin:/bin", "LC_ALL": "C"}, **output,
            )  # fmt: skip
            if file is not None:
                file.seek(0)
                ended.stdout = ended.stderr = file.read(LONGEST)
    except subprocess.TimeoutExpired as late:
        raise TimedOut(f"{arguments[0]} did not end within {seconds:.0f} s") from late
    except (OSError, ValueError) as error:
        raise MechanismError(f"{arguments[0]} cannot be started: {error}") from error
    if ended.returncode:
        words = (ended.stderr or ended.stdout).decode("utf-8", "replace").strip().splitlines()
        said = " ".join(words[-lines:])[-LAST_WORDS:]
        raise MechanismError(f"{arguments[0]} ended with status {ended.returncode}: {said}")
    return ended.stdout.decode("utf-8", "replace")
