"""Two banks by U-Boot's variables."""

from dataclasses import replace
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.installers.installer import Banks
from backends.installers.uboot import UBoot
from tests.backends.installers.machines import GOOD, UBootMachine


def test_the_other_bank_is_written_and_tried_then_marked_good(tmp_path: Path) -> None:
    machine = UBootMachine(tmp_path)
    one = UBoot(machine.given)
    assert one.install(machine.image()) == "bank 2"
    assert (tmp_path / "dev/mmcblk0p3").read_bytes().startswith(GOOD)
    assert (tmp_path / "dev/mmcblk0p2").read_bytes() == bytes(4096)
    assert machine.environment == {"bank": "2", "upgrade_available": "1", "bootcount": "0"}
    machine.boot()
    one.confirm()
    assert machine.environment == {"bank": "2", "upgrade_available": "0", "bootcount": "0"}


def test_a_bank_that_has_no_device_is_not_written(tmp_path: Path) -> None:
    machine = UBootMachine(tmp_path)
    (tmp_path / "dev/mmcblk0p3").unlink()
    with pytest.raises(MechanismError, match="mmcblk0p3"):
        UBoot(machine.given).install(machine.image())
    assert machine.environment == {"bank": "1"}


def test_where_the_kernel_names_no_bank_the_variable_says_which_runs(tmp_path: Path) -> None:
    machine = UBootMachine(tmp_path)
    machine.put("proc/cmdline", "root=/dev/ubiblock0_1")
    one = UBoot(machine.given)
    assert one.is_running("bank 1")
    assert one.banks() == Banks("bank 1", "bank 2", "bank 1")
    machine.environment["bank"] = "A"
    with pytest.raises(MechanismError, match="neither 1 nor 2"):
        one.banks()


def test_a_choice_without_a_trial(tmp_path: Path) -> None:
    machine = UBootMachine(tmp_path)
    one = UBoot(machine.given)
    one.boot_next("bank 2")
    assert machine.environment == {"bank": "2", "upgrade_available": "0", "bootcount": "0"}
    with pytest.raises(MechanismError, match="no image"):
        one.boot_next("bank 3")


def test_one_device_is_no_two_banks(tmp_path: Path) -> None:
    with pytest.raises(MechanismError, match="two block devices"):
        UBoot(replace(UBootMachine(tmp_path).given, banks=("/dev/sda1", "/dev/sda1")))
