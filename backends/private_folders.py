"""Starts a program that finds folders of ours in place of the machine's, in a mount namespace of its own.

For programs whose folders are compiled in (pppd's /etc/ppp, dhcpcd's /run/dhcpcd): run as a program itself, it puts
each folder in its place for this one process alone and becomes the program; nobody else sees a difference.
"""

import ctypes
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_SLAVE = 0x1000, 0x4000, 0x80000


def with_folders(folders: Mapping[Path, str], arguments: Sequence[str]) -> list[str]:
    """The argument list by which a program runs with each folder (which is made) at its place (absolute paths)."""
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pairs = [word for folder, place in folders.items() for word in (str(folder.resolve()), place)]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(len(folders)), *pairs, *arguments]


def main(arguments: list[str]) -> None:
    """Become the program; ends with a sentence when that cannot be."""
    count = int(arguments[0])
    pairs, program = arguments[1 : 1 + 2 * count], arguments[1 + 2 * count :]
    libc = ctypes.CDLL(None, use_errno=True)

    def ask(what: str, status: int) -> None:
        if status != 0:
            sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")

    ask("a mount namespace", libc.unshare(CLONE_NEWNS))
    # What the machine mounts later is still seen here, and nothing of ours there.
    ask("private mounts", libc.mount(None, b"/", None, MS_REC | MS_SLAVE, None))
    for folder, place in zip(pairs[::2], pairs[1::2], strict=True):
        os.makedirs(place, exist_ok=True)
        ask(f"{folder} at {place}", libc.mount(os.fsencode(folder), os.fsencode(place), None, MS_BIND, None))
    os.execv(program[0], program)  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
