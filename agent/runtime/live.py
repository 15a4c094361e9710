"""Samples of how busy the machine is, taken only while somebody watches and kept in memory for a few minutes."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

EVERY: Final = 2.0
"""Seconds between two samples."""
WATCHED_FOR: Final = 10.0
"""Seconds for which somebody who has asked is taken to watch on."""
KEPT: Final = 150
MOST_INTERFACES: Final = 32
MOST_STATIONS: Final = 64

Times = tuple[int, int, int]
"""A processor's time in user mode, in the kernel and idle, in ticks."""


class Load(NamedTuple):
    """What a sample reads: processor times, memory used (0..1), octets by interface, stations by MAC address.

    ``latency`` is milliseconds to the next router and back, None where it does not answer.
    """

    times: Times
    memory: float
    interfaces: Mapping[str, tuple[int, int]]
    stations: Mapping[str, tuple[int | None, str]]
    latency: float | None = None


class Live:
    """The verb live, and a chore (agent.runtime.housekeeping) of the owner's. ``read`` reads the system as it is.

    ``clock`` gives monotonic and Unix seconds.
    """

    def __init__(self, read: Callable[[], Load], clock: Callable[[], tuple[float, float | None]]) -> None:
        self._read = read
        self._clock = clock
        self._samples: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._number = 0
        self._times: Times | None = None
        self._watched_until = 0.0
        self._next = 0.0

    def samples(self, after: int) -> dict[str, Any]:
        """→ ``samples`` with a number above ``after``, and how many seconds (``every``) lie between two of them."""
        now = self._clock()[0]
        if now >= self._watched_until:
            self._samples.clear()  # what lies before a gap belongs to another plot
            self._times, self._next = None, now
        self._watched_until = now + WATCHED_FOR
        if now >= self._next:
            self.act(now)
        return {"samples": [one for one in self._samples if one["n"] > after], "every": EVERY}

    def due(self, now: float) -> float | None:
        """Never, while nobody watches."""
        if now >= self._watched_until:
            return None
        return self._next

    def act(self, now: float) -> frozenset[str]:
        """Take a sample."""
        self._next = now + EVERY
        load = self._read()
        self._number += 1
        sample: dict[str, Any] = {
            "n": self._number,
            "at": self._clock()[1],
            "cpu": _used(self._times, load.times),
            "memory": round(load.memory, 3),
            "latency_ms": load.latency,
            "interfaces": {
                name: {"rx_bytes": received, "tx_bytes": sent}
                for name, (received, sent) in [*load.interfaces.items()][:MOST_INTERFACES]
            },
            "stations": {
                mac: {"signal_dbm": signal, "ssid": ssid}
                for mac, (signal, ssid) in [*load.stations.items()][:MOST_STATIONS]
            },
        }
        self._times = load.times
        self._samples.append(sample)
        return frozenset()


def _used(before: Times | None, after: Times) -> float | None:
    """The part of all processors' time that was used; None for the first sample."""
    if before is None:
        return None
    user, system, idle = (max(0, now - then) for then, now in zip(before, after, strict=True))
    passed = user + system + idle
    return round((user + system) / passed, 3) if passed else None
