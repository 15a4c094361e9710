"""Mender."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.installers.mender import Mender
from tests.backends.installers.machines import MenderMachine


def test_mender_s_own_signature_counts_where_it_asks_for_one(tmp_path: Path) -> None:
    machine = MenderMachine(tmp_path)
    one = Mender(machine.given)
    assert one.is_signed_inside
    machine.put("etc/mender/mender.conf", "{}")
    assert not one.is_signed_inside


def test_a_kernel_without_a_root_is_not_guessed_at(tmp_path: Path) -> None:
    machine = MenderMachine(tmp_path)
    machine.put("proc/cmdline", "quiet")
    with pytest.raises(MechanismError, match="names no root"):
        Mender(machine.given).is_running("not /dev/sda1")


def test_the_choice_of_the_next_image_is_mender_s(tmp_path: Path) -> None:
    machine = MenderMachine(tmp_path)
    one = Mender(machine.given)
    assert one.banks() is None
    with pytest.raises(MechanismError, match="Mender itself"):
        one.boot_next("1")
    one.boot_next("running")
    assert machine.calls == [("mender-update", "rollback")]
