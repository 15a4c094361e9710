"""A flood of connection requests with honest ones among it (hardening T5); seconds in tests, minutes in the bench."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field

from tests.runtime.connection_request_client import PATH, ask, request


@dataclass
class Result:
    """How the honest requests fared."""

    honest: int = 0
    answered: int = 0
    seconds: list[float] = field(default_factory=list)
    flooded: int = 0

    @property
    def answered_share(self) -> float:
        return self.answered / self.honest if self.honest else 0.0

    @property
    def slowest_percentile(self) -> float:
        """The time that 99 of 100 honest requests stayed below."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] if self.seconds else float("inf")


def flood(
    port: int,
    *,
    seconds: float,
    requests_per_second: int,
    slow_per_second: int,
    half_open: int,
    honest_pause: float = 0.1,
) -> Result:
    """Send honest requests while another process floods; on loopback a half-open connection is a silent one."""
    command = [
        sys.executable,
        __file__,
        *map(str, (port, seconds + 0.5, requests_per_second, slow_per_second, half_open)),
    ]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    result = Result()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as flooder:
        assert flooder.stdout
        assert flooder.stdout.readline() == "flooding\n"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            status = 0
            with contextlib.suppress(OSError):
                status = ask(port)
            result.honest += 1
            if status == 200:
                result.answered += 1
                result.seconds.append(time.monotonic() - began)
            time.sleep(honest_pause)
        result.flooded = int(flooder.stdout.readline())
    return result


def _connect(port: int) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        connection.connect(("127.0.0.1", port))
    return connection


def _flood(port: int, seconds: float, requests_per_second: int, slow_per_second: int, half_open: int) -> int:
    """Open connections at the given rates: whole requests without password, and slow ones; how many there were."""
    kept = deque((_connect(port) for _ in range(half_open)), maxlen=half_open + 2000)
    print("flooding", flush=True)
    began = time.monotonic()
    asked = slow = 0
    while (elapsed := time.monotonic() - began) < seconds:
        while asked < elapsed * requests_per_second:
            connection = _connect(port)
            with contextlib.suppress(OSError):
                connection.send(request(PATH if asked % 2 else "/"))
            kept.append(connection)
            asked += 1
        while slow < elapsed * slow_per_second:
            connection = _connect(port)
            with contextlib.suppress(OSError):
                connection.send(b"GET / HT")
            kept.append(connection)
            slow += 1
        time.sleep(0.002)
    return asked + slow


if __name__ == "__main__":
    print(_flood(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:])))
