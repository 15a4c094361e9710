"""Device.SoftwareModules. over an environment of archives."""

from pathlib import Path
from typing import Any

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.modules.archives import Archives
from backends.modules.inventory import Deployed, Modules
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms, ModuleRules
from backends.tr181.software_modules import ModuleTables, place_of, software_modules
from backends.tr181.software_modules_linux import linux_modules
from backends.versions import is_older
from tests.backends.modules.making import archive, verify
from tests.backends.modules.test_inventory import Runner
from tests.backends.small_device import SmallDevice

ENVIRONMENT = "Device.SoftwareModules.ExecEnv.1."
DEPLOYED = "Device.SoftwareModules.DeploymentUnit.1."
UNIT = "Device.SoftwareModules.ExecutionUnit.1."
ONE = Deployed("0b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11", "archives", "greeter", "greeter", "example.com", "1.0", "greets",
               "http://x/y", "2026-01-01T00:00:00+00:00")  # fmt: skip


class Machine:
    """A device with one module; ``act`` does what its settings have asked for."""

    def __init__(self, place: Path) -> None:
        nothing: Any = None
        self.runner = Runner()
        made = Archives(place / "archives", self.runner, verify, is_older, "1", machine=lambda: "x86_64")
        made.install(made.inspect(archive(place / "a")))
        self.modules = Modules([made], place / "booted", "boot")
        self.modules.deployed = {ONE.key: ONE}
        tables = ModuleTables(self.modules)
        given = Mechanisms(
            nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues({}, {}), links=nothing, modules=tables
        )
        self.device = SmallDevice(software_modules(given), backends=[tables], forget=[tables.forget])
        tables.apply_at_start()

    def act(self) -> None:
        orders, self.modules.orders = self.modules.orders, ()
        for order in orders:
            self.modules.perform(order)


def test_the_profiles_are_whole(tmp_path: Path) -> None:
    tree = Machine(tmp_path).device.model.tree
    found = coverage(tree, ("SM_ExecEnvs:1", "SM_DeployAndExecUnits:1"), lambda _: "")
    assert [one.missing for one in found] == [(), ()]


def test_run_levels_may_be_set_and_have_no_impact(tmp_path: Path) -> None:
    device = Machine(tmp_path).device
    device.set({f"{UNIT}RunLevel": "7", f"{ENVIRONMENT}RequestedRunLevel": "3"})
    assert (device.get(f"{UNIT}RunLevel"), device.get(f"{ENVIRONMENT}CurrentRunLevel")) == ("0", "-1")


def test_environment_module_and_unit_refer_to_each_other(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    get = machine.device.get
    assert (get(f"{ENVIRONMENT}Name"), get(f"{ENVIRONMENT}Status")) == ("archives", "Up")
    assert int(get(f"{ENVIRONMENT}AvailableDiskSpace")) > 0
    assert int(get(f"{ENVIRONMENT}AvailableMemory")) > 0
    assert get(f"{ENVIRONMENT}AllocatedMemory") == "-1"
    assert get(f"{DEPLOYED}UUID") == ONE.uuid
    assert (get(f"{DEPLOYED}Status"), get(f"{DEPLOYED}Resolved")) == ("Installed", "true")
    assert get(f"{DEPLOYED}ExecutionEnvRef") == get(f"{UNIT}ExecutionEnvRef") == ENVIRONMENT[:-1]
    assert get(f"{DEPLOYED}ExecutionUnitList") == UNIT[:-1]
    assert get(f"{DEPLOYED}Installed") == "2026-01-01T00:00:00Z"
    assert (get(f"{UNIT}EUID"), get(f"{UNIT}ExecEnvLabel")) == ("archives/greeter/main", "greeter.main")
    assert int(get(f"{UNIT}DiskSpaceInUse")) == 5


def test_a_unit_is_started_and_stopped_by_the_acs(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    get = machine.device.get
    assert (get(f"{UNIT}Status"), get(f"{ENVIRONMENT}ActiveExecutionUnits")) == ("Idle", "")
    machine.device.set({f"{UNIT}RequestedState": "Active"})
    assert machine.runner.up == set()  # not in the session
    machine.act()
    assert (get(f"{UNIT}Status"), get(f"{ENVIRONMENT}ActiveExecutionUnits")) == ("Active", UNIT[:-1])
    assert get(f"{UNIT}RequestedState") == ""  # a command reads as nothing
    machine.device.set({f"{UNIT}RequestedState": "Idle", f"{UNIT}AutoStart": "0"})
    machine.act()
    assert (get(f"{UNIT}Status"), get(f"{UNIT}AutoStart")) == ("Idle", "false")


def test_a_disabled_environment_ends_its_units_and_takes_no_requests_for_them(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.device.set({f"{UNIT}RequestedState": "Active"})
    machine.act()
    machine.device.set({f"{ENVIRONMENT}Enable": "0"})
    machine.act()
    assert machine.device.get(f"{ENVIRONMENT}Status") == "Disabled"
    assert machine.runner.up == set()
    asked = f"{UNIT}RequestedState"
    assert machine.device.refused({asked: "Active"}) == {asked: "InvalidValue"}


def test_a_failure_is_shown_at_the_unit(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.runner.fails = True
    machine.device.set({f"{UNIT}RequestedState": "Active"})
    machine.act()
    assert machine.device.get(f"{UNIT}ExecutionFaultCode") == "FailureOnStart"
    assert machine.device.get(f"{UNIT}ExecutionFaultMessage") == "it cannot"


def test_without_the_owners_word_there_are_no_modules(tmp_path: Path) -> None:
    nothing: Any = None
    given = Mechanisms(nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues({}, {}), links=nothing,
                       directory=tmp_path / "run", state_directory=tmp_path / "state")  # fmt: skip
    assert linux_modules(given) is None
    assert software_modules(given) == []
    from dataclasses import replace

    part = linux_modules(replace(given, module_rules=ModuleRules(verify)))
    assert part is not None
    assert list(part.provides["modules"].modules.environments) == ["archives"]
    assert place_of(given) == tmp_path / "state-modules"
