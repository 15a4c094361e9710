"""OpenWrt's sysupgrade."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.installers.sysupgrade import Sysupgrade
from tests.backends.installers.machines import OpenWrt


def test_the_image_is_tested_first_and_settings_are_kept_as_sysupgrade_does(tmp_path: Path) -> None:
    machine = OpenWrt(tmp_path)
    one = Sysupgrade(machine.given)
    image = machine.image()
    one.test(image)
    one.install(image)
    reboots: list[str] = []
    one.start(lambda: reboots.append("reboot"))
    kept = tmp_path / "tmp/cpe-agent-firmware/image.bin"
    assert machine.calls == [("sysupgrade", "-T", str(image)), ("sysupgrade", str(kept))]
    assert reboots == []


def test_an_image_that_a_power_cut_took_out_of_memory_leaves_a_plain_reboot(tmp_path: Path) -> None:
    machine = OpenWrt(tmp_path)
    one = Sysupgrade(machine.given)
    where = one.install(machine.image())
    machine.boot()
    assert not one.is_running(where)
    reboots: list[str] = []
    one.start(lambda: reboots.append("reboot"))
    assert reboots == ["reboot"]
    assert machine.calls == []


def test_the_one_that_waits_can_be_chosen_and_given_up(tmp_path: Path) -> None:
    machine = OpenWrt(tmp_path)
    one = Sysupgrade(machine.given)
    with pytest.raises(MechanismError, match="no image waits"):
        one.boot_next("next")
    assert one.banks().next == "running"
    one.install(machine.image())
    assert one.banks().next == "next"
    one.boot_next("next")
    one.boot_next("running")
    with pytest.raises(MechanismError, match="no image waits"):
        one.boot_next("next")
