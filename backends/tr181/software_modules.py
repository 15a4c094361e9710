"""Device.SoftwareModules.: execution environments, what is deployed in them, and what of it runs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.modules.environment import Environment, Running
from backends.modules.inventory import Deployed, EnvironmentSetting, Modules, Unit, UnitSetting
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService

MODULES: Final = "Device.SoftwareModules."
ENVIRONMENTS: Final = f"{MODULES}ExecEnv.{{i}}."
DEPLOYED: Final = f"{MODULES}DeploymentUnit.{{i}}."
UNITS: Final = f"{MODULES}ExecutionUnit.{{i}}."
PROCESSES: Final = "Device.DeviceInfo.ProcessStatus.Process.{i}."
TOPIC: Final = "modules"
FOLDER: Final = "modules"


class ModuleTables(TableService):
    """The backend of ExecEnv and ExecutionUnit; ``modules`` is what there is."""

    def __init__(self, modules: Modules) -> None:
        super().__init__(
            "modules",
            (EnvironmentSetting, UnitSetting),
            modules,
            {EnvironmentSetting: ENVIRONMENTS, UnitSetting: UNITS},
            {"requested": ("RequestedState",), "auto_start": ("AutoStart",)},
        )
        self.modules = modules

    def forget(self) -> None:
        """See Modules."""
        self.modules.forget()


def software_modules_part(mechanisms: Mechanisms, environments: Sequence[Environment]) -> Part | None:
    """The service over these environments; None where there are none."""
    if not environments:
        return None
    modules = Modules(environments, mechanisms.directory / FOLDER, mechanisms.procfs.boot_id())
    tables = ModuleTables(modules)
    return Part("modules", {"modules": tables}, tables, forget=[tables.forget], follows=frozenset())


def place_of(mechanisms: Mechanisms) -> Path:
    """Where modules are kept: beside the agent's state, which nobody else may enter."""
    state = mechanisms.state_directory
    return state.with_name(f"{state.name}-modules")


def software_modules(mechanisms: Mechanisms) -> list[Object[Any]]:
    """ExecEnv, DeploymentUnit and ExecutionUnit."""
    tables = mechanisms.modules
    if tables is None:
        return []
    return [
        Object(path=MODULES, rows=lambda: (None,), keys=lambda _: (), parameters=[]),
        _environments(tables, mechanisms.procfs),
        _deployed(tables.modules),
        _units(tables, mechanisms.procfs),
    ]


def _environments(tables: ModuleTables, procfs: Procfs) -> Object[Environment]:
    modules = tables.modules

    def enable(row: Environment, value: bool) -> None:
        tables.edit(EnvironmentSetting, row.name, enable=value)

    def is_enabled(row: Environment) -> bool:
        return tables.wanted.get(EnvironmentSetting, row.name).enable

    def active(row: Environment) -> list[Target]:
        return [_unit(one) for one in modules.units() if one.deployed.environment == row.name and modules.running(one)]

    def memory(row: Environment) -> int:
        told = row.resources().memory
        return procfs.memory().available if told < 0 else told

    return Object(
        path=ENVIRONMENTS,
        rows=lambda: list(modules.environments.values()),
        keys=lambda row: (row.name,),
        parameters=[
            Parameter("Enable", is_enabled, enable),
            Parameter("Status", lambda row: modules.environment_status(row.name)),
            Parameter("Name", lambda row: row.name),
            Parameter("Type", lambda row: row.kind),
            Parameter("CurrentRunLevel", lambda _: -1),
            _run_level("InitialRunLevel", 0),
            _run_level("RequestedRunLevel", -1),
            Parameter("Vendor", lambda row: row.vendor),
            Parameter("Version", lambda row: row.version[:32]),
            Parameter("ParentExecEnv", lambda _: None),
            Parameter("AllocatedDiskSpace", lambda row: row.resources().allocated_disk),
            Parameter("AllocatedMemory", lambda row: row.resources().allocated_memory),
            Parameter("AvailableDiskSpace", lambda row: min(2**31 - 1, row.resources().disk)),
            Parameter("AvailableMemory", memory),
            Parameter("ActiveExecutionUnits", active),
        ],
        changed_by=(TOPIC,),
        backend=tables,
        source=lambda row: f"the modules' environment {row.name}",
    )


def _deployed(modules: Modules) -> Object[Deployed]:
    def is_resolved(row: Deployed) -> bool:
        found = modules.installed(row)
        return found is not None and found.is_resolved

    return Object(
        path=DEPLOYED,
        rows=lambda: list(modules.deployed.values()),
        keys=lambda row: (row.key,),
        parameters=[
            Parameter("UUID", lambda row: row.uuid),
            Parameter("DUID", lambda row: row.identifier[:64]),
            Parameter("Name", lambda row: row.name),
            Parameter("Status", lambda row: modules.changing.get(row.key, "Installed")),
            Parameter("Resolved", is_resolved),
            Parameter("URL", lambda row: row.url),
            Parameter("Description", lambda row: row.description),
            Parameter("Vendor", lambda row: row.vendor),
            Parameter("Version", lambda row: row.version[:32]),
            *_nothing("VendorLogList", "VendorConfigList"),
            Parameter("ExecutionUnitList", lambda row: [_unit(one) for one in modules.units(row.key)]),
            Parameter("ExecutionEnvRef", lambda row: Target(ENVIRONMENTS, (row.environment,))),
            Parameter("Installed", lambda row: _moment(row.installed)),
            Parameter("LastUpdate", lambda row: _moment(row.updated)),
        ],
        changed_by=(TOPIC,),
        source=lambda row: f"the modules' environment {row.environment}",
    )


def _units(tables: ModuleTables, procfs: Procfs) -> Object[Unit]:
    modules = tables.modules

    def request(row: Unit, value: str) -> None:
        before = tables.wanted.get(UnitSetting, row.key)
        tables.edit(UnitSetting, row.key, requested=value, asked=before.asked + 1)

    def start_by_itself(row: Unit, value: bool) -> None:
        tables.edit(UnitSetting, row.key, auto_start=value)

    def starts_by_itself(row: Unit) -> bool:
        wanted = tables.wanted.get(UnitSetting, row.key).auto_start
        return row.facts.starts_by_itself if wanted is None else wanted

    def of_running(read: Callable[[Running], int], otherwise: int) -> Callable[[Unit], int]:
        return lambda row: otherwise if (found := modules.running(row)) is None else read(found)

    def disk(row: Unit) -> int:
        found = modules.installed(row.deployed)
        return -1 if found is None or not found.size else -(-found.size // 1024)

    def processes(row: Unit) -> list[Target]:
        found = modules.running(row)
        numbers = frozenset(found.processes if found else ())
        return (
            [Target(PROCESSES, (f"{one.pid}:{one.started}",)) for one in procfs.processes() if one.pid in numbers]
            if numbers
            else []
        )

    return Object(
        path=UNITS,
        rows=modules.units,
        keys=lambda row: (row.key,),
        parameters=[
            Parameter("EUID", lambda row: row.key),
            Parameter("Name", lambda row: row.facts.name[:256]),
            Parameter(
                "ExecEnvLabel", lambda row: (row.facts.service or f"{row.deployed.identifier}.{row.facts.name}")[:64]
            ),
            Parameter("Status", modules.status),
            Parameter("RequestedState", lambda _: None, request),
            Parameter("ExecutionFaultCode", lambda row: modules.fault(row)[0]),
            Parameter("ExecutionFaultMessage", lambda row: modules.fault(row)[1]),
            Parameter("AutoStart", starts_by_itself, start_by_itself),
            _run_level("RunLevel", 0),
            Parameter("Vendor", lambda row: row.deployed.vendor),
            Parameter("Version", lambda row: row.deployed.version[:32]),
            Parameter("Description", lambda row: row.facts.description or row.deployed.description),
            Parameter("Privileged", lambda row: row.facts.is_privileged),
            Parameter("DiskSpaceInUse", disk),
            Parameter("MemoryInUse", of_running(lambda found: found.memory, -1)),
            Parameter("Uptime", of_running(lambda found: found.seconds, 0)),
            Parameter(
                "ShutdownDelay",
                lambda row: tables.wanted.get(UnitSetting, row.key).shutdown_delay,
                partial(_delay, tables),
            ),
            Parameter("AssociatedProcessList", processes),
            *_nothing("References", "VendorLogList", "VendorConfigList", "SupportedDataModelList"),
            Parameter("ExecutionEnvRef", lambda row: Target(ENVIRONMENTS, (row.deployed.environment,))),
        ],
        changed_by=(TOPIC,),
        backend=tables,
        source=lambda row: f"the modules' environment {row.deployed.environment}",
    )


def _run_level(name: str, value: int) -> Parameter[Any, int]:
    """There are none: CurrentRunLevel is -1, and setting any of the others has no impact (TR-181)."""
    return Parameter(name, lambda _: value, lambda _row, _value: None)


def _nothing(*names: str) -> list[Parameter[Any, Any]]:
    """Lists of what modules bring into the data model here: nothing, as TR-181 allows."""
    return [Parameter(name, lambda _: ()) for name in names]


def _delay(tables: ModuleTables, row: Unit, value: int) -> None:
    tables.edit(UnitSetting, row.key, shutdown_delay=min(value, 120))


def _unit(one: Unit) -> Target:
    return Target(UNITS, (one.key,))


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
