"""Two banks that are files."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.installers.installer import Banks
from backends.installers.laboratory import Laboratory
from tests.backends.installers.machines import LaboratoryMachine


def test_an_image_that_never_comes_up_is_left_by_the_bootloader(tmp_path: Path) -> None:
    machine = LaboratoryMachine(tmp_path)
    one = Laboratory(machine.given)
    where = one.install(machine.image())
    (tmp_path / "lab/broken").write_bytes(b"GOOD")
    one.start(lambda: None)
    assert not one.is_running(where)


def test_one_on_trial_is_tried_once(tmp_path: Path) -> None:
    machine = LaboratoryMachine(tmp_path)
    one = Laboratory(machine.given)
    where = one.install(machine.image())
    one.start(lambda: None)
    assert one.is_running(where)
    one.start(lambda: None)
    assert not one.is_running(where)


def test_a_bank_is_chosen_without_a_trial(tmp_path: Path) -> None:
    one = Laboratory(LaboratoryMachine(tmp_path).given)
    assert one.banks() == Banks("bank 1", "bank 2", "bank 1")
    one.boot_next("bank 2")
    assert one.banks() == Banks("bank 1", "bank 2", "bank 2")
    one.boot()
    assert one.banks() == Banks("bank 2", "bank 1", "bank 2")
    with pytest.raises(MechanismError):
        one.boot_next("bank 7")
    with pytest.raises(MechanismError, match="no former"):
        one.go_back()


def test_what_is_in_a_bank_is_called_so_until_another_image_is_written_there(tmp_path: Path) -> None:
    machine = LaboratoryMachine(tmp_path)
    one = Laboratory(machine.given)
    one.label(one.install(machine.image()), "Acme", "2.0")
    assert one.banks().labels == {"bank 2": ("Acme", "2.0")}
    one.install(machine.image())
    assert one.banks().labels == {}


@pytest.mark.parametrize("said", ['{"running": "9"}', '{"labels": {"1": ["x"]}}', '{"labels": {"1": 7}}'])
def test_a_machine_that_forgot_what_it_is_says_so(tmp_path: Path, said: str) -> None:
    machine = LaboratoryMachine(tmp_path)
    machine.put("lab/boot.json", said)
    with pytest.raises(MechanismError, match="cannot be understood"):
        Laboratory(machine.given).banks()
