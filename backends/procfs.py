"""What /proc tells: memory, processes, processor time, kernel settings, open ports."""

import fnmatch
import os
import re
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import MechanismError
from backends.files import names_in, read_text, unwritable

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STATES = {
    "R": "running", "S": "sleeping", "D": "uninterruptible", "Z": "zombie", "T": "stopped", "t": "stopped",
    "I": "idle", "X": "zombie", "P": "sleeping", "W": "sleeping", "K": "uninterruptible",
}  # fmt: skip
TCP_STATES = {
    1: "established", 2: "syn-sent", 3: "syn-received", 4: "fin-wait-1", 5: "fin-wait-2", 6: "time-wait",
    7: "closed", 8: "close-wait", 9: "last-ack", 10: "listen", 11: "closing", 12: "syn-received",
}  # fmt: skip
UDP_STATES = {1: "established", 7: "listen"}
Times = tuple[int, int, int]  # user, system, idle in clock ticks
USAGE_WINDOW = 1.0  # seconds that a processor load must span at least
# What may be written: settings of the network stack that the data model has parameters for.
WRITABLE = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/*/forwarding",
    "net/ipv6/conf/*/forwarding",
    "net/ipv6/conf/*/disable_ipv6",
    "net/ipv6/conf/*/accept_ra",
    "net/ipv6/conf/*/autoconf",
    "net/ipv6/conf/*/dad_transmits",
    "net/ipv6/conf/*/addr_gen_mode",
    "net/ipv6/conf/*/router_solicitations",
    "net/ipv6/conf/*/router_solicitation_interval",
    "net/ipv6/conf/*/accept_ra_rt_info_max_plen",
    "net/ipv6/neigh/*/retrans_time_ms",
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in kB. ``available`` is what a new program could take without swapping."""

    total: int
    free: int
    available: int
    swap_total: int
    swap_free: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process. ``started`` (clock ticks after boot) tells it from another that had its number before."""

    pid: int
    started: int
    command: str  # the program's name, at most 15 bytes: arguments may hold secrets
    size: int  # resident, kB
    priority: int  # as top shows it: 0–39 ordinary, below 0 real-time
    cpu_time: int  # milliseconds in user and kernel mode
    state: str  # running sleeping stopped idle uninterruptible zombie


@dataclass(frozen=True, slots=True)
class Processor:
    """What one processor has been doing, in per cent of its time; hundred in all."""

    name: str  # cpu0, cpu1 …
    user: int
    system: int
    idle: int


@dataclass(frozen=True, slots=True)
class Load:
    """Runnable processes on average over 1, 5 and 15 minutes."""

    one: float
    five: float
    fifteen: float


@dataclass(frozen=True, slots=True)
class Port:
    """An open socket; a listening one has no remote side ("" and 0)."""

    protocol: str  # tcp or udp
    local_address: str
    local_port: int
    remote_address: str
    remote_port: int
    state: str
    inode: int = 0
    """By which a process is found that has it open."""


class Procfs:
    """Reads below ``root``. Processes, memory, uptime and settings are kept until ``forget``, the rest is read anew."""

    def __init__(self, root: str | Path = "/proc", clock: Callable[[], float] = time.monotonic) -> None:
        self._root = Path(root)
        self._clock = clock
        self._processes: tuple[Process, ...] | None = None
        self._memory: Memory | None = None
        self._uptime: int | None = None
        self._settings: dict[str, str] = {}
        self._samples: deque[tuple[float, dict[str, Times]]] = deque([(float("-inf"), {})], maxlen=2)

    def forget(self) -> None:
        """Let the next reads ask again."""
        self._processes = self._memory = self._uptime = None
        self.forget_settings()

    def forget_settings(self) -> None:
        """Let the next reads of settings ask again: links that come and go bring theirs with them."""
        self._settings.clear()

    def memory(self) -> Memory:
        """/proc/meminfo; MechanismError when it says no total."""
        if self._memory is None:
            self._memory = self._read_memory()
        return self._memory

    def _read_memory(self) -> Memory:
        values = dict(re.findall(r"^(\w+):\s+(\d{1,15})\b", self._text("meminfo"), re.MULTILINE))
        if "MemTotal" not in values:
            raise MechanismError(f"{self._root}/meminfo says no MemTotal")
        free = int(values.get("MemFree", 0))
        return Memory(
            total=int(values["MemTotal"]),
            free=free,
            available=int(values.get("MemAvailable", free)),
            swap_total=int(values.get("SwapTotal", 0)),
            swap_free=int(values.get("SwapFree", 0)),
        )

    def uptime(self) -> int:
        """Whole seconds since the kernel started."""
        if self._uptime is None:
            self._uptime = self._read_uptime()
        return self._uptime

    def _read_uptime(self) -> int:
        found = re.match(r"(\d{1,15})(\.\d+)?\s", self._text("uptime") + "\n")
        if found is None:
            raise MechanismError(f"{self._root}/uptime says no time")
        return int(found[1])

    def boot_id(self) -> str:
        """The kernel's random name of this boot; "" where it has none."""
        return read_text(self._root / "sys/kernel/random/boot_id", 64) or ""

    def load(self) -> Load:
        """/proc/loadavg."""
        found = re.match(r"(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) ", self._text("loadavg"))
        if found is None:
            raise MechanismError(f"{self._root}/loadavg says no load")
        return Load(float(found[1]), float(found[2]), float(found[3]))

    def cpu_usage(self) -> int:
        """Per cent of all processors' time that was not idle since an earlier call, at least a second ago; since the
        boot at first. Never waits: within the same second the answer stays the same.
        """
        return 100 - self._use("cpu").idle

    def processors(self) -> Sequence[Processor]:
        """Each processor that is at work, over the same time as ``cpu_usage``."""
        self._sample()
        return tuple(self._use(name) for name in self._samples[-1][1] if name != "cpu")

    def processor_times(self) -> dict[str, Times]:
        """Clock ticks in user, kernel and idle mode since the boot: of all processors ("cpu") and of each."""
        found: dict[str, Times] = {}
        for name, numbers in re.findall(r"^(cpu\d{0,4}) +((?:\d{1,19} ?){8,12})$", self._text("stat"), re.MULTILINE):
            # guest time is in user already
            user, nice, system, idle, iowait, irq, softirq, steal, *_ = (int(word) for word in numbers.split())
            found[name] = (user + nice, system + irq + softirq + steal, idle + iowait)
        if "cpu" not in found:
            raise MechanismError(f"{self._root}/stat says no processor time")
        return found

    def processes(self) -> Sequence[Process]:
        """Every process by number; one that ends while it is read is left out."""
        if self._processes is None:
            numbers = sorted(int(name) for name in names_in(self._root) if name.isascii() and name.isdecimal())
            self._processes = tuple(process for number in numbers if (process := self._process(number)))
        return self._processes

    def setting(self, name: str) -> str | None:
        """A kernel setting by its path below /proc/sys (``net/ipv4/ip_forward``); None where there is none."""
        if name not in self._settings:
            value = read_text(os.path.join(self._root, "sys", _checked(name)), 4096)
            if value is None:
                return None
            self._settings[name] = value
        return self._settings[name]

    def change_setting(self, name: str, value: str) -> None:
        """Write one of the settings that may be written; MechanismError as the kernel refuses."""
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in WRITABLE):
            raise MechanismError(f"{name} is not to be written", "EACCES")
        path = self._root / "sys" / _checked(name)
        self.forget_settings()  # one that is written for all links changes that of each
        try:
            with path.open("r+b", buffering=0) as file:  # never makes one
                file.write(value.encode())
        except OSError as error:
            raise unwritable(path, error) from error

    def ports(self) -> Sequence[Port]:
        """TCP and UDP sockets of both families, as /proc/net shows them."""
        return tuple(port for protocol in ("tcp", "tcp6", "udp", "udp6") for port in self._ports(protocol))

    def _text(self, name: str) -> str:
        return read_text(self._root / name, 65536) or ""

    def _sample(self) -> None:
        now = self._clock()
        if now - self._samples[-1][0] >= USAGE_WINDOW:
            self._samples.append((now, self.processor_times()))

    def _use(self, name: str) -> Processor:
        self._sample()
        (_, before), (_, after) = self._samples
        since = before.get(name, (0, 0, 0))
        user, system, idle = (max(0, now - then) for now, then in zip(after[name], since, strict=True))
        passed = user + system + idle or 1
        shares = round(100 * user / passed), round(100 * system / passed)
        return Processor(name, *shares, max(0, 100 - sum(shares)))

    def _process(self, number: int) -> Process | None:
        text = read_text(self._root / str(number) / "stat", 4096) or ""
        head, _, tail = text.rpartition(")")  # the name may hold anything, blanks and brackets too
        fields = tail.split()
        try:
            return Process(
                pid=number,
                started=int(fields[19]),
                command=head.partition("(")[2],
                size=int(fields[21]) * PAGE // 1024,
                priority=int(fields[15]),
                cpu_time=(int(fields[11]) + int(fields[12])) * 1000 // TICKS,
                state=STATES.get(fields[0], "sleeping"),
            )
        except (IndexError, ValueError):
            return None

    def _ports(self, protocol: str) -> Iterator[Port]:
        states = TCP_STATES if protocol.startswith("tcp") else UDP_STATES
        for line in (read_text(self._root / "net" / protocol) or "").splitlines()[1:]:
            fields = line.split()
            try:
                local, remote = endpoint(fields[1]), endpoint(fields[2])
                state, inode = int(fields[3], 16), int(fields[9]) if len(fields) > 9 else 0
            except (IndexError, ValueError, struct.error, OSError):
                continue
            name = states.get(state, "closed")
            yield Port(protocol[:3], *local, *(("", 0) if name == "listen" else remote), name, inode)


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:@+-]+(/[A-Za-z0-9_.:@+-]+)*", name) or ".." in name.split("/"):
        raise MechanismError(f"{name!r} names no kernel setting", "EINVAL")
    return name


def endpoint(text: str) -> tuple[str, int]:
    """``0100007F:1F90``: words of four bytes, each a number in this machine's byte order."""
    address, _, port = text.partition(":")
    raw = b"".join(struct.pack("=I", int(address[at : at + 8], 16)) for at in range(0, len(address), 8))
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), int(port, 16)
