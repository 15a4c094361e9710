"""What is wanted of units and environments, and what becomes of it."""

from pathlib import Path

import pytest

from backends.desired_state import Refused, Wanted
from backends.errors import MechanismError
from backends.modules.archives import Archives
from backends.modules.environment import ModuleError, Running, UnitFacts
from backends.modules.inventory import (
    Deployed,
    EnvironmentSetting,
    Modules,
    UnitSetting,
    from_json,
    to_json,
)
from backends.versions import is_older
from tests.backends.modules.making import archive, verify

ONE = Deployed("u", "archives", "greeter", "greeter", "example.com", "1.0")
UNIT = "archives/greeter/main"


class Runner:
    """Runs units in memory."""

    def __init__(self) -> None:
        self.up: set[str] = set()
        self.fails = False
        self.words = ""

    def start(self, key: str, arguments: object, folder: Path, *, is_privileged: bool) -> None:
        if self.fails:
            raise MechanismError("it cannot")
        self.up.add(key)

    def stop(self, key: str, seconds: int) -> None:
        if self.fails:
            raise MechanismError("it will not")
        self.up.discard(key)

    def running(self, key: str) -> Running | None:
        return Running((1,)) if key in self.up else None

    def last_words(self, key: str) -> str:
        return self.words

    def forget(self, key: str) -> None:
        pass


def machine(place: Path, runner: Runner, boot: str = "boot 1", **told: object) -> Modules:
    made = Archives(place / "archives", runner, verify, is_older, machine=lambda: "x86_64")
    if not made.installed():
        made.install(made.inspect(archive(place / "a", **told)))  # type: ignore[arg-type]
    modules = Modules([made], place / "booted", boot, settled=0.0)
    modules.deployed = {ONE.key: ONE}
    modules.apply(Wanted())
    return modules


def test_of_a_version_that_does_not_live_long_nothing_runs_on(tmp_path: Path) -> None:
    runner = Runner()
    modules = machine(tmp_path, runner)
    modules.try_out(ONE, frozenset({"main"}))
    assert runner.up == {"greeter.main"}
    runner.start = lambda *_words, **_more: None  # type: ignore[method-assign]
    runner.up.clear()
    with pytest.raises(ModuleError, match="main: it ended by itself"):
        modules.try_out(ONE, frozenset({"main"}))
    assert modules.troubles(ONE.key) == "main does not run: it ended by itself"
    runner.words = "cannot open config"
    with pytest.raises(ModuleError, match="main: it ended by itself: cannot open config"):
        modules.try_out(ONE, frozenset({"main"}))
    told(modules, asking("Idle", 1))
    assert modules.troubles(ONE.key) == ""


def told(modules: Modules, wanted: Wanted) -> None:
    modules.check(wanted)
    modules.apply(wanted)
    orders, modules.orders = modules.orders, ()
    for order in orders:
        modules.perform(order)
    modules.forget()


def asking(state: str, number: int) -> Wanted:
    return Wanted().with_record(UNIT, UnitSetting(requested=state, asked=number))


def test_units_start_at_a_boot_and_not_at_a_restart_of_the_agent(tmp_path: Path) -> None:
    runner = Runner()
    machine(tmp_path, runner).begin()
    assert runner.up == {"greeter.main"}
    runner.up.clear()  # it was stopped by hand
    machine(tmp_path, runner).begin()
    assert runner.up == set()
    machine(tmp_path, runner, "boot 2").begin()
    assert runner.up == {"greeter.main"}


def test_autostart_decides_and_a_disabled_environment_starts_nothing(tmp_path: Path) -> None:
    runner = Runner()
    modules = machine(tmp_path, runner)
    modules.apply(Wanted().with_record(UNIT, UnitSetting(auto_start=False)))
    modules.begin()
    assert runner.up == set()
    other = machine(tmp_path, runner, "boot 2")
    other.apply(Wanted().with_record("archives", EnvironmentSetting(enable=False)))
    other.begin()
    assert runner.up == set()


def test_a_requested_state_is_made_and_a_failure_is_the_units_fault(tmp_path: Path) -> None:
    runner = Runner()
    modules = machine(tmp_path, runner)
    [unit] = modules.units()
    told(modules, asking("Active", 1))
    assert (modules.status(unit), modules.fault(unit)) == ("Active", ("NoFault", ""))
    told(modules, asking("Active", 2))  # ignored
    runner.fails = True
    told(modules, asking("Idle", 3))
    assert modules.fault(unit) == ("FailureOnStop", "it will not")
    runner.fails = False
    told(modules, asking("Idle", 4))
    assert (modules.status(unit), modules.fault(unit)) == ("Idle", ("NoFault", ""))
    runner.fails = True
    told(modules, asking("Active", 5))
    assert modules.fault(unit) == ("FailureOnStart", "it cannot")


def test_one_that_ends_by_itself_has_failed_while_it_was_active(tmp_path: Path) -> None:
    runner = Runner()
    modules = machine(tmp_path, runner)
    [unit] = modules.units()
    told(modules, asking("Active", 1))
    runner.up.clear()
    modules.forget()
    assert modules.fault(unit)[0] == "FailureWhileActive"
    told(modules, asking("Idle", 2))
    assert modules.fault(unit)[0] == "NoFault"


def test_a_unit_whose_requirements_are_missing_says_so(tmp_path: Path) -> None:
    modules = machine(tmp_path, Runner(), requires=["absent"])
    [unit] = modules.units()
    told(modules, asking("Active", 1))
    assert modules.fault(unit)[0] == "DependencyFailure"


def test_why_a_unit_does_not_run_is_known_after_a_restart_of_the_agent(tmp_path: Path) -> None:
    def fault_after_a_restart(**settings: object) -> str:
        again = machine(tmp_path, runner)
        again.apply(Wanted().with_record(UNIT, UnitSetting(**settings)))  # type: ignore[arg-type]
        again.begin()
        [unit] = again.units()
        return again.fault(unit)[0]

    runner = Runner()
    machine(tmp_path, runner, requires=["absent"]).begin()
    assert fault_after_a_restart() == "DependencyFailure"
    assert fault_after_a_restart(auto_start=False, requested="Active") == "DependencyFailure"
    assert fault_after_a_restart(auto_start=False) == "NoFault"
    assert fault_after_a_restart(requested="Idle") == "NoFault"
    assert runner.up == set()


def test_disabling_an_environment_stops_its_units_and_refuses_requests(tmp_path: Path) -> None:
    runner = Runner()
    modules = machine(tmp_path, runner)
    modules.begin()
    off = Wanted().with_record("archives", EnvironmentSetting(enable=False))
    told(modules, off)
    assert runner.up == set()
    with pytest.raises(Refused) as refused:
        modules.check(off.with_record(UNIT, UnitSetting(requested="Active", asked=1)))
    assert refused.value.fields == {"requested"}
    told(modules, Wanted())
    assert runner.up == {"greeter.main"}


def test_a_unit_of_a_module_that_is_being_changed_takes_no_requests(tmp_path: Path) -> None:
    modules = machine(tmp_path, Runner())
    modules.changing = {ONE.key: "Updating"}
    with pytest.raises(Refused):
        modules.check(asking("Idle", 1))


def test_the_inventory_is_the_same_after_it_was_written_and_read() -> None:
    [written] = to_json({ONE.key: ONE})
    assert from_json(written) == ONE
    for wrong in ({}, {**written, "uuid": 1}):
        with pytest.raises((KeyError, TypeError)):
            from_json(wrong)
    assert UnitFacts("x").starts_by_itself


def test_a_factory_reset_ends_and_removes_every_archive_also_one_that_will_not_end(tmp_path: Path) -> None:
    runner = Runner()
    machine(tmp_path, runner).begin()
    [made] = machine(tmp_path, runner).environments.values()
    runner.fails = True
    made.empty()  # type: ignore[attr-defined]
    assert not (tmp_path / "archives").exists()
    runner.fails = False
    [made] = machine(tmp_path, runner).environments.values()
    made.empty()  # type: ignore[attr-defined]
    assert (runner.up, made.installed()) == (set(), {})


def test_free_space_is_told_before_there_is_a_directory(tmp_path: Path) -> None:
    made = Archives(tmp_path / "state-modules/archives", Runner(), verify, is_older)
    assert made.resources().disk > 0
