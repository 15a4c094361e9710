"""SelfTestDiagnostics: whether memory, storage, processor, clock and network of this machine do what they are to do."""

import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PATTERN_SIZE: Final = 1 << 20
PATTERNS: Final = (0x00, 0xFF, 0x55, 0xAA)
WRITTEN: Final = 64 << 10
LEAST_FREE: Final = 1 << 20
"""Octets that the state directory has to have left."""
KNOWN: Final = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of "abc" (FIPS 180-2, B.1)."""
LONGEST: Final = 1024
PATIENCE: Final = 2.0

Progress = Callable[[Mapping[str, Any]], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class SelfTestRequest:
    """Where the agent keeps its state, and the root of the system's files."""

    state_directory: Path
    root: Path = Path("/")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the machine, and what was found."""

    name: str
    is_well: bool
    what: str


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """``results``: one line, what failed first."""

    results: str
    parts: tuple[Part, ...]


class SelfTest:
    """SelfTestDiagnostics. What is found broken is a result; only a test that cannot be made fails."""

    name = "SelfTestDiagnostics"

    def run(self, request: SelfTestRequest, progress: Progress, cancelled: Cancelled) -> SelfTestResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        parts = []
        for name, test in TESTS.items():
            try:
                part = Part(name, True, test(request))
            except (OSError, _Broken) as broken:
                part = Part(name, False, getattr(broken, "strerror", None) or str(broken))
            parts.append(part)
            progress({"part": name, "is_well": part.is_well, "what": part.what})
            if cancelled():
                return None
        ordered = sorted(parts, key=lambda part: part.is_well)
        told = "; ".join(f"{one.name} {'ok' if one.is_well else 'FAILED'}: {one.what}" for one in ordered)
        return SelfTestResult(told[:LONGEST], tuple(parts))


class _Broken(Exception):
    """What was to hold does not."""


def _memory(request: SelfTestRequest) -> str:
    for pattern in PATTERNS:
        if bytearray([pattern]) * PATTERN_SIZE != bytes([pattern]) * PATTERN_SIZE:
            raise _Broken(f"pattern {pattern:#04x} is read otherwise than it was written")
    words = dict(_two_words(request.root / "proc/meminfo"))
    return f"{int(words['MemAvailable:']) >> 10} MB of {int(words['MemTotal:']) >> 10} MB available"


def _processor(request: SelfTestRequest) -> str:
    if hashlib.sha256(b"abc").hexdigest() != KNOWN:
        raise _Broken("SHA-256 of a known text is another one")
    one_minute = (request.root / "proc/loadavg").read_text().split()[0]
    return f"load {one_minute} on {os.cpu_count()} processors"


def _storage(request: SelfTestRequest) -> str:
    content = os.urandom(WRITTEN)
    with tempfile.TemporaryFile(dir=request.state_directory) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        if file.read() != content:
            raise _Broken("what was written is read otherwise")
    free = shutil.disk_usage(request.state_directory).free
    if free < LEAST_FREE:
        raise _Broken(f"{free >> 10} kB are left in the state directory")
    return f"{free >> 20} MB free"


def _clock(_request: SelfTestRequest) -> str:
    began, until = time.monotonic_ns(), time.monotonic() + 0.02
    wall = time.time_ns()
    while time.monotonic() < until:
        time.sleep(0.005)
    if abs((time.time_ns() - wall) - (time.monotonic_ns() - began)) > 1_000_000_000:
        raise _Broken("the clocks run apart")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _network(request: SelfTestRequest) -> str:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        one.bind(("127.0.0.1", 0))
        one.settimeout(PATIENCE)
        other.sendto(b"self-test", one.getsockname())
        if one.recv(64) != b"self-test":
            raise _Broken("the loopback interface changes what it carries")
    cables = sorted(_cables(request.root / "sys/class/net"))
    up = [name for name, has_carrier in cables if has_carrier]
    return f"{len(up)} of {len(cables)} ports have a link" + (f" ({', '.join(up)})" if up else "")


def _cables(folder: Path) -> Iterator[tuple[str, bool]]:
    for link in folder.iterdir():
        if (link / "device").exists():
            yield link.name, (link / "operstate").read_text().strip() == "up"


def _two_words(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text().splitlines():
        words = line.split()
        if len(words) > 1:
            yield words[0], words[1]


TESTS: Final[Mapping[str, Callable[[SelfTestRequest], str]]] = {
    "memory": _memory,
    "processor": _processor,
    "storage": _storage,
    "clock": _clock,
    "network": _network,
}
