"""One contract for every way to install firmware, on machines that answer as the real programs do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.installers.installer import WAYS, Installer, Surroundings, installer
from tests.backends.installers.machines import BAD, MACHINES, LaboratoryMachine, Machine, restart


@pytest.fixture(params=MACHINES, ids=lambda one: str(one.name))
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    made: Callable[[Path], Machine] = request.param
    return made(tmp_path)


@pytest.fixture
def one(machine: Machine) -> Installer:
    made = installer(machine.name, machine.given)
    assert made is not None
    return made


def test_it_has_the_name_that_the_settings_have_for_it(machine: Machine, one: Installer) -> None:
    assert one.name == machine.name
    assert machine.name in WAYS


def test_a_test_changes_nothing_and_refuses_what_is_no_image_for_the_machine(
    machine: Machine, one: Installer, tmp_path: Path
) -> None:
    image = machine.image()
    before = files_of(tmp_path)
    one.test(image)
    assert files_of(tmp_path) == before
    with pytest.raises(MechanismError):
        one.test(machine.image(BAD))


def test_what_was_installed_runs_after_a_restart_and_not_before(machine: Machine, one: Installer) -> None:
    image = machine.image()
    one.test(image)
    where = one.install(image)
    if machine.name != "debian":  # its files are there at once; what runs was loaded before
        assert not one.is_running(where)
    restart(machine, one)
    assert one.is_running(where)
    assert one.is_running(where)


def test_one_that_was_confirmed_runs_after_further_restarts(machine: Machine, one: Installer) -> None:
    where = one.install(machine.image())
    restart(machine, one)
    one.confirm()
    one.confirm()  # a crash behind the first has it done again
    for _ in range(3):
        restart(machine, one)
        assert one.is_running(where)


def test_the_way_back_leads_to_the_former_image(machine: Machine, one: Installer) -> None:
    where = one.install(machine.image())
    assert one.keeps_former == machine.keeps_former
    restart(machine, one)
    if not machine.keeps_former:
        with pytest.raises(MechanismError):
            one.go_back()
        return
    one.go_back()
    one.go_back()  # as after a crash
    machine.boot()
    one.start(lambda: None) if isinstance(machine, LaboratoryMachine) else None
    assert not one.is_running(where)


def test_an_installation_that_was_begun_twice_is_one(machine: Machine, one: Installer) -> None:
    one.install(machine.image())
    where = one.install(machine.image())
    restart(machine, one)
    assert one.is_running(where)


def test_nothing_of_a_command_is_left_to_a_shell(machine: Machine, one: Installer) -> None:
    one.install(machine.image())
    restart(machine, one)
    assert all(isinstance(part, str) for call in machine.calls for part in call)
    assert not any(call[0] in ("sh", "bash") for call in machine.calls)


def test_auto_finds_the_way_of_the_machine_and_never_replaces_a_system_by_a_package(machine: Machine) -> None:
    found = installer("auto", machine.given)
    if machine.name == "debian":
        assert found is None
    else:
        assert found is not None
        assert found.name == machine.name


def test_a_machine_that_has_none_has_none(tmp_path: Path) -> None:
    given = Surroundings(tmp_path, tmp_path, find=lambda _: None)
    assert installer("auto", given) is None
    assert installer("none", LaboratoryMachine(tmp_path).given) is None
    with pytest.raises(MechanismError, match="banks"):
        installer("uboot", given)
    with pytest.raises(MechanismError, match="directory"):
        installer("laboratory", given)


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes() for file in root.rglob("*") if file.is_file() and "downloads" not in file.parts
    }
