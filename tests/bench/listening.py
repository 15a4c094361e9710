"""A connection-request listener in a process of its own, so that what a flood costs it can be measured."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.runtime.connection_request import ConnectionRequestListener
from tests.runtime.connection_request_client import PASSWORD, PATH, USERNAME


@dataclass(frozen=True, slots=True)
class Cost:
    """What the process has used: seconds of processor time, resident kB, descriptors, threads."""

    processor: float
    memory: int
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class Listening:
    """The process and the port it listens on."""

    process: "subprocess.Popen[str]"
    port: int

    def cost(self) -> Cost:
        """As it stands now."""
        folder = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        ticks = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        return Cost(
            sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"),
            int(status["VmRSS"].split()[0]),
            len(list((folder / "fd").iterdir())),
            int(status["Threads"]),
        )


@contextmanager
def listening() -> Iterator[Listening]:
    """Start it; it ends with its input."""
    command = [sys.executable, "-m", "tests.bench.listening"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield Listening(process, int(process.stdout.readline()))


def _main() -> None:
    logging.disable()
    listener = ConnectionRequestListener(
        "", 0, PATH, lambda: (USERNAME, PASSWORD), lambda: None, accepted_per_minute=100_000
    )
    print(listener.port, flush=True)
    sys.stdin.read()
    listener.close()


if __name__ == "__main__":
    _main()
