"""What installs firmware on this machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.firmware.choice import installer_of, told_by
from agent.settings import Firmware, Settings, State
from backends.firmware import Told
from tests.firmware.machine import Device, order


def test_the_settings_name_it_and_a_mistake_in_them_leaves_the_agent_without_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(state=State(tmp_path))
    assert installer_of(settings, tmp_path) is None
    laboratory = installer_of(replace(settings, firmware=Firmware(directory=tmp_path / "lab")), tmp_path)
    assert laboratory is not None
    assert laboratory.name == "laboratory"
    assert installer_of(replace(settings, firmware=Firmware("none", directory=tmp_path / "lab")), tmp_path) is None
    assert installer_of(replace(settings, firmware=Firmware("uboot")), tmp_path) is None
    assert "[firmware] banks" in caplog.text


def test_what_became_of_an_image_can_be_asked_before_there_is_anything_to_ask(tmp_path: Path) -> None:
    found: list[Device] = []
    told = told_by(lambda: found[0].upgrade if found else None)
    assert told() == Told()
    found.append(Device(tmp_path))
    device = found[0]
    assert told() == Told()
    device.upgrade.take(device.received(), order())
    assert told() == Told("Available", "Acme 2.0", "2.0")
    device.restart()
    device.begin()
    assert told() == Told("Available", "", "1.0"), "the former one"
    device.upgrade.session_finished()
    assert told() == Told("Available", "", "1.0")
    device.upgrade.transfer_ended("8", 9016, "no access")
    assert told() == Told("Available", "", "1.0"), "nothing was written over it"
