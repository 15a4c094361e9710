"""How busy processors and memory are: moving averages, thresholds crossed, and a short history, all in memory."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backends.procfs import Processor, Times

OWN_INTERVAL: Final = 5.0
"""Seconds between two samples where nobody set an interval (TR-181, CPU.PollInterval)."""
HISTORY_INTERVAL: Final = 300.0
HISTORY_LENGTH: Final = 288
"""A day of averages over five minutes each."""
TOTAL: Final = "cpu"
TOPICS: Final = frozenset({"load"})


@dataclass(frozen=True, slots=True)
class Watch:
    """How a processor, or the memory, is to be watched; thresholds are per cent."""

    enable: bool = True
    interval: int = 0  # seconds; 0: OWN_INTERVAL
    samples: int = 30
    rise: int = 80
    fall: int = 60
    log: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """When the rise threshold was last crossed upwards, and the fall threshold downwards after that."""

    rose: datetime | None = None
    fell: datetime | None = None
    is_critical: bool = False

    def seen(self, percent: float, watch: Watch, at: datetime) -> "Alarm":
        """After one more value."""
        if not self.is_critical and percent > watch.rise:
            return replace(self, rose=at, is_critical=True)
        if self.is_critical and percent < watch.fall:
            return replace(self, fell=at, is_critical=False)
        return self


def use_between(name: str, before: Times, after: Times) -> Processor | None:
    """What a processor did between two readings of its times; None when no time passed."""
    user, system, idle = (max(0, now - then) for now, then in zip(after, before, strict=True))
    passed = user + system + idle
    if not passed:
        return None
    return _hundred(name, 100 * user / passed, 100 * idle / passed)


def _hundred(name: str, user: float, idle: float) -> Processor:
    """Whole per cents that add up: what is idle is right, what is used in user mode at most one off."""
    whole = round(idle)
    in_user = min(round(user), 100 - whole)
    return Processor(name, in_user, 100 - whole - in_user, whole)


class ProcessorLoad:
    """A chore (agent.runtime.housekeeping) that samples the processors' times.

    ``watch`` tells how a processor is to be watched; ``tell`` is given the name, the per cent and whether it is
    critical when that changes.
    """

    def __init__(
        self,
        times: Callable[[], Mapping[str, Times]],
        watch: Callable[[str], Watch],
        clock: Callable[[], datetime],
        tell: Callable[[str, int, bool], None],
    ) -> None:
        self._times = times
        self._watch = watch
        self._clock = clock
        self._tell = tell
        self._last: dict[str, tuple[float, Times]] = {}
        self._windows: dict[str, deque[Processor]] = {}
        self._alarms: dict[str, Alarm] = {}
        self._history: deque[int] = deque(maxlen=HISTORY_LENGTH)
        self._history_from: tuple[float, Times] | None = None
        self.history_ended: datetime | None = None

    def due(self, now: float) -> float | None:
        """When the next sample is to be taken, in monotonic seconds."""
        if self._history_from is None:
            return now
        samples = [at + self._interval(name) for name, (at, _) in self._last.items() if self._watch(name).enable]
        return min([self._history_from[0] + HISTORY_INTERVAL, *samples])

    def act(self, now: float) -> frozenset[str]:
        """Take the samples that are due; the topic, when a threshold was crossed."""
        times = self._times()
        alarms = dict(self._alarms)
        for name in self._last.keys() - times.keys():
            del self._last[name]  # taken out while the machine runs
        for name, ticks in times.items():
            before = self._last.get(name)
            if before is None:
                self._last[name] = (now, ticks)
            elif before[0] + self._interval(name) <= now:
                self._last[name] = (now, ticks)
                self._sample(name, use_between(name, before[1], ticks))
        self._remember(now, times[TOTAL])
        return TOPICS if alarms != self._alarms else frozenset()

    def usage(self) -> int | None:
        """Per cent of all processors' time that was used at the last sample; None before the first."""
        window = self._windows.get(TOTAL)
        return 100 - window[-1].idle if window else None

    def use(self, name: str) -> Processor | None:
        """The average over the samples of a processor; None before the first."""
        window = self._windows.get(name)
        if not window:
            return None
        user, idle = (sum(getattr(one, field) for one in window) / len(window) for field in ("user", "idle"))
        return _hundred(name, user, idle)

    def alarm(self, name: str) -> Alarm:
        """Which thresholds a processor has crossed."""
        return self._alarms.get(name, Alarm())

    @property
    def history(self) -> Sequence[int]:
        """Per cent of all processors' time in each five minutes, the oldest first."""
        return tuple(self._history)

    def _interval(self, name: str) -> float:
        return self._watch(name).interval or OWN_INTERVAL

    def _sample(self, name: str, use: Processor | None) -> None:
        watch = self._watch(name)
        if use is None or not watch.enable:
            return
        window = self._windows.get(name)
        if window is None or window.maxlen != watch.samples:
            window = self._windows[name] = deque(window or (), maxlen=watch.samples)
        window.append(use)
        average = self.use(name)
        if name == TOTAL or average is None:
            return
        before = self.alarm(name)
        busy = 100 - average.idle
        self._alarms[name] = after = before.seen(busy, watch, self._clock())
        if watch.log and after.is_critical != before.is_critical:
            self._tell(name, busy, after.is_critical)

    def _remember(self, now: float, total: Times) -> None:
        if self._history_from is None:
            self._history_from = (now, total)
        elif self._history_from[0] + HISTORY_INTERVAL <= now:
            use = use_between(TOTAL, self._history_from[1], total)
            self._history_from = (now, total)
            if use is not None:
                self._history.append(100 - use.idle)
                self.history_ended = self._clock()


class MemoryLoad:
    """A chore that looks at how much of the memory is used; see ProcessorLoad."""

    def __init__(
        self,
        used: Callable[[], int],
        watch: Callable[[], Watch],
        clock: Callable[[], datetime],
        tell: Callable[[int, bool], None],
    ) -> None:
        self._used = used
        self._watch = watch
        self._clock = clock
        self._tell = tell
        self._looked: float | None = None
        self.alarm = Alarm()

    def due(self, now: float) -> float | None:
        """When memory is to be looked at next, in monotonic seconds; None while nobody wants to know."""
        watch = self._watch()
        if not watch.enable:
            return None
        return now if self._looked is None else self._looked + (watch.interval or OWN_INTERVAL)

    def act(self, now: float) -> frozenset[str]:
        """Look; the topic, when a threshold was crossed."""
        self._looked = now
        before, watch, percent = self.alarm, self._watch(), self._used()
        self.alarm = before.seen(percent, watch, self._clock())
        if watch.log and self.alarm.is_critical != before.is_critical:
            self._tell(percent, self.alarm.is_critical)
        return TOPICS if self.alarm != before else frozenset()
