"""Who is logged in by SSH, from where: told by the processes of sshd and their sockets."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from backends.files import read_bytes, read_text
from backends.procfs import endpoint
from backends.ssh.instance import parent

TITLE: Final = re.compile(r"sshd(?:-session)?: ([^ @\[]+)@")
"""What a process that serves somebody calls itself (`bob@pts/0`, `bob@notty`): one that asks who it is has no @."""
ESTABLISHED: Final = "01"
DEEPEST: Final = 3


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in. ``server`` is the key of the server; ``address`` "" and ``port`` 0 where the agent may not look."""

    server: str
    pid: int
    user: str
    address: str
    port: int


def sessions(candidates: Iterable[int], servers: Mapping[int, str], otherwise: str, proc: str) -> Iterator[Session]:
    """Those among the candidates (processes called sshd…) that serve somebody; ``otherwise``: of no server there."""
    for process in candidates:
        title = (read_bytes(f"{proc}/{process}/cmdline", 4096) or b"").decode("utf-8", "replace")
        found = TITLE.match(title)
        if found is None:
            continue
        address, port = peer(process, proc)
        yield Session(server_of(process, servers, otherwise, proc), process, found[1], address, port)


def server_of(process: int, servers: Mapping[int, str], otherwise: str, proc: str) -> str:
    """The server that has started a process, itself or by one between."""
    above = process
    for _ in range(DEEPEST):
        above = parent(above, proc)
        if above in servers:
            return servers[above]
    return otherwise


def peer(process: int, proc: str) -> tuple[str, int]:
    """Address and port of who is at the other end; "" and 0 where the agent may not look."""
    sockets = set(_sockets(process, proc))
    for table in ("tcp", "tcp6"):
        for line in (read_text(f"{proc}/{process}/net/{table}") or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == ESTABLISHED and fields[9] in sockets:
                address, port = endpoint(fields[2])
                return address.removeprefix("::ffff:"), port
    return "", 0


def _sockets(process: int, proc: str) -> Iterator[str]:
    try:
        for descriptor in os.listdir(f"{proc}/{process}/fd"):
            where = os.readlink(f"{proc}/{process}/fd/{descriptor}")
            if where.startswith("socket:["):
                yield where[8:-1]
    except OSError:
        return
