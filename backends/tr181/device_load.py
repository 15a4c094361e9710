"""Device.DeviceInfo.ProcessStatus. and MemoryStatus.MemoryMonitor.: what runs, and how busy the machine is."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.load import HISTORY_INTERVAL, Alarm, MemoryLoad, ProcessorLoad, Watch
from backends.procfs import Process, Processor, Procfs
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

log = logging.getLogger(__name__)

CPUS: Final = "DeviceInfo.ProcessStatus.CPU"
MEMORY: Final = "DeviceInfo.MemoryStatus.MemoryMonitor"
OWN_VALUES: Final[dict[str, Any]] = {CPUS: {}, MEMORY: {}}
LARGEST_SIZE: Final = 2**32 - 1
STATES: Final = {
    "running": "Running",
    "sleeping": "Sleeping",
    "stopped": "Stopped",
    "idle": "Idle",
    "uninterruptible": "Uninterruptible",
    "zombie": "Zombie",
}


def processor_watch(own: OwnValues, name: str) -> Watch:
    """How a processor is to be watched, by the agent's own values."""
    return Watch(**own.get(CPUS).get(name, {}))


def memory_watch(own: OwnValues) -> Watch:
    """How the memory is to be watched; not at all until somebody wants it (TR-181, MemoryMonitor.Enable)."""
    return replace(Watch(enable=False), **own.get(MEMORY))


def processor_load(mechanisms: Mechanisms) -> Part:
    """Samples the processors' times."""
    own, procfs = mechanisms.own, mechanisms.procfs

    def tell(name: str, percent: int, is_critical: bool) -> None:
        log.warning("%s is used for %d %%: %s", name, percent, "critical" if is_critical else "no longer critical")

    made = ProcessorLoad(procfs.processor_times, lambda name: processor_watch(own, name), mechanisms.system.clock, tell)
    return Part("processors", {"processor_load": made}, chores=[made], follows=frozenset())


def memory_load(mechanisms: Mechanisms) -> Part:
    """Looks at the memory, where that is wanted."""

    def tell(percent: int, is_critical: bool) -> None:
        log.warning("%d %% of memory is used: %s", percent, "critical" if is_critical else "no longer critical")

    made = MemoryLoad(
        lambda: memory_used(mechanisms.procfs), lambda: memory_watch(mechanisms.own), mechanisms.system.clock, tell
    )
    return Part("memory", {"memory_load": made}, chores=[made], follows=frozenset())


def memory_used(procfs: Procfs) -> int:
    """Per cent of the memory that no new program could be given."""
    memory = procfs.memory()
    return round(100 * (memory.total - memory.available) / memory.total) if memory.total else 0


@dataclass(frozen=True, slots=True)
class _Cpu:
    use: Processor
    alarm: Alarm


def process_status(mechanisms: Mechanisms) -> list[Object[Any]]:
    """CPUUsage, the processes, the processors, and what the agent remembers of them."""
    procfs, load = mechanisms.procfs, mechanisms.processor_load
    if load is None:
        return []

    def usage(_: None) -> int:
        sampled = load.usage()
        return procfs.cpu_usage() if sampled is None else sampled

    def processors() -> Iterable[_Cpu]:
        for found in procfs.processors():
            yield _Cpu(load.use(found.name) or found, load.alarm(found.name))

    return [
        Object(
            path="Device.DeviceInfo.ProcessStatus.",
            rows=lambda: (None,),
            keys=lambda _: (),
            parameters=[Parameter("CPUUsage", usage)],
            source=lambda _: "/proc/stat",
        ),
        Object(
            path="Device.DeviceInfo.ProcessStatus.CPU.{i}.",
            rows=processors,
            keys=lambda row: (row.use.name,),
            parameters=_cpu_parameters(mechanisms),
            durable=False,
            changed_by=("load", "own"),
            backend=mechanisms.own,
            source=lambda row: f"/proc/stat {row.use.name}",
        ),
        _processes(procfs),
        _history(load),
    ]


def _processes(procfs: Procfs) -> Object[Process]:
    return Object(
        path="Device.DeviceInfo.ProcessStatus.Process.{i}.",
        rows=procfs.processes,
        keys=lambda row: (f"{row.pid}:{row.started}",),
        parameters=[
            Parameter("PID", lambda row: row.pid),
            Parameter("Command", lambda row: row.command),
            Parameter("Size", lambda row: min(LARGEST_SIZE, row.size)),
            Parameter("Priority", lambda row: max(0, row.priority)),  # real-time processes have less than 0
            Parameter("CPUTime", lambda row: min(LARGEST_SIZE, row.cpu_time)),
            Parameter("State", lambda row: STATES.get(row.state, "Sleeping")),
        ],
        durable=False,
        source=lambda row: f"/proc/{row.pid}/stat",
    )


def _cpu_parameters(mechanisms: Mechanisms) -> list[Parameter[_Cpu, Any]]:
    own = mechanisms.own

    def edit(row: _Cpu, **values: Any) -> None:
        every: dict[str, Any] = own.get(CPUS)
        own.stage(CPUS, {**every, row.use.name: {**every.get(row.use.name, {}), **values}})

    return [
        Parameter("Name", lambda row: row.use.name),
        Parameter("UpTime", lambda _: mechanisms.procfs.uptime()),
        Parameter("UserModeUtilization", lambda row: row.use.user),
        Parameter("SystemModeUtilization", lambda row: row.use.system),
        Parameter("IdleModeUtilization", lambda row: row.use.idle),
        Parameter("CPUUtilization", lambda row: 100 - row.use.idle),
        Parameter("CriticalRiseTimeStamp", lambda row: row.alarm.rose),
        Parameter("CriticalFallTimeStamp", lambda row: row.alarm.fell),
        *_watch_parameters(lambda row: processor_watch(own, row.use.name), edit, "PollInterval"),
        Parameter(
            "NumSamples",
            lambda row: processor_watch(own, row.use.name).samples,
            lambda row, samples: edit(row, samples=samples),
        ),
    ]


def _watch_parameters(
    watch: Callable[[Any], Watch], edit: Callable[..., None], interval: str
) -> list[Parameter[Any, Any]]:
    """What is set of a Watch, under the names that processors and memory share."""

    def one(name: str, field: str) -> Parameter[Any, Any]:
        return Parameter(name, lambda row: getattr(watch(row), field), lambda row, value: edit(row, **{field: value}))

    return [
        one("Enable", "enable"),
        one(interval, "interval"),
        one("CriticalRiseThreshold", "rise"),
        one("CriticalFallThreshold", "fall"),
        one("EnableCriticalLog", "log"),
    ]


def memory_monitor(mechanisms: Mechanisms) -> list[Object[Any]]:
    """MemoryMonitor: whether the memory becomes scarce."""
    load, own = mechanisms.memory_load, mechanisms.own
    if load is None:
        return []

    def edit(_: None, **values: Any) -> None:
        own.stage(MEMORY, {**own.get(MEMORY), **values})

    return [
        Object(
            path="Device.DeviceInfo.MemoryStatus.MemoryMonitor.",
            rows=lambda: (None,),
            keys=lambda _: (),
            parameters=[
                Parameter("MemUtilization", lambda _: memory_used(mechanisms.procfs)),
                Parameter("CriticalRiseTimeStamp", lambda _: load.alarm.rose),
                Parameter("CriticalFallTimeStamp", lambda _: load.alarm.fell),
                *_watch_parameters(lambda _: memory_watch(own), edit, "PollingInterval"),
            ],
            changed_by=("load", "own"),
            backend=own,
            source=lambda _: "/proc/meminfo",
        )
    ]


def _history(load: ProcessorLoad) -> Object[None]:
    """What was used of the processors during the last day, as PeriodicStatistics would tell it."""
    return Object(
        path="Device.DeviceInfo.ProcessStatus.X_CPEAGENT_History.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter("SampleInterval", lambda _: int(HISTORY_INTERVAL)),
            Parameter("ReportEndTime", lambda _: load.history_ended),
            Parameter("Values", lambda _: load.history),
        ],
        source=lambda _: "sampled by the agent since it was started",
    )
