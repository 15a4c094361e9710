"""Firmware images as an ACS sees them, over a laboratory's two banks."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agent.model.own_values import OwnValues
from backends.firmware import Told
from backends.installers.installer import Installer, installer
from backends.installers.laboratory import Laboratory
from backends.tr181.firmware_images import BootChoice, firmware, firmware_images
from tests.backends.installers.machines import LaboratoryMachine, OpenWrt
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory

INFO = "Device.DeviceInfo."


class Device(SmallDevice):
    """``told`` is what became of the last image; ``machine`` has an installer, or there is none."""

    def __init__(self, root: Path, machine: LaboratoryMachine | OpenWrt | None = None) -> None:
        whole, _ = device_in_memory(root)
        self.told = Told()
        self.installer: Installer | None = installer("auto", machine.given) if machine else None
        basic = replace(whole.mechanisms, installer=self.installer, firmware_told=lambda: self.told)
        part = firmware(basic)
        self.choice: BootChoice | None = part.provides["boot_choice"]
        own = OwnValues({}, {})
        super().__init__(firmware_images(replace(basic, **part.provides)), own, [self.choice] if self.choice else [])

    def image(self, number: int) -> Mapping[str, str]:
        return self.tree(f"{INFO}FirmwareImage.{number}.")


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path, LaboratoryMachine(tmp_path))


def test_a_machine_without_an_installer_has_the_image_that_runs_and_no_choice(tmp_path: Path) -> None:
    device = Device(tmp_path)
    assert device.get(f"{INFO}ActiveFirmwareImage") == f"{INFO}FirmwareImage.1"
    assert device.get(f"{INFO}BootFirmwareImage") == f"{INFO}FirmwareImage.1"
    told = device.image(1)
    assert (told["Version"], told["Status"], told["Available"]) == ("1.2 r7", "Active", "true")
    assert told["Name"] == "Example Linux 1.2"
    assert device.refused({f"{INFO}BootFirmwareImage": f"{INFO}FirmwareImage.1"})


def test_two_banks_are_two_rows_and_stay_so_when_they_change_places(device: Device) -> None:
    assert [device.image(number)["Status"] for number in (1, 2)] == ["Active", "NoImage"]
    device.told = Told("Available", "Acme 2", "2.0")
    assert device.installer is not None
    device.installer.boot_next("bank 2")
    device.installer.start(lambda: None)
    device.told = Told("Available", "", "1.1")
    assert [device.image(number)["Status"] for number in (1, 2)] == ["Available", "Active"]
    assert device.image(1)["Version"] == "1.1"
    assert device.get(f"{INFO}ActiveFirmwareImage") == f"{INFO}FirmwareImage.2"


def test_the_version_is_that_of_the_image_in_the_bank_before_and_after_it_is_started(tmp_path: Path) -> None:
    machine = LaboratoryMachine(tmp_path)
    device = Device(tmp_path, machine)
    assert isinstance(device.installer, Laboratory)

    def versions() -> list[str]:
        return [device.image(number)["Version"] for number in (1, 2)]

    device.installer.label(device.installer.install(machine.image()), "Acme", "2.0")
    device.told = Told("Available", "Acme", "2.0")
    assert versions() == ["1.2 r7", "2.0"]
    device.installer.start(lambda: None)
    device.installer.confirm()
    device.told = Told("Available", "", "1.2 r7")
    assert versions() == ["1.2 r7", "2.0"]
    device.installer.label(device.installer.install(machine.image()), "Acme", "3.0")
    device.told = Told("Available", "Acme", "3.0")
    assert versions() == ["3.0", "2.0"]
    device.installer.start(lambda: None)
    device.told = Told("Available", "", "1.2 r7")  # what the trial takes for replaced: the system's own version
    assert versions() == ["3.0", "2.0"]


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (Told("Downloading", "Acme 2", "2.0"), False),
        (Told("Validating", "Acme 2", "2.0"), False),
        (Told("Available", "Acme 2", "2.0"), True),
        (Told("DownloadFailed", "Acme 2", "2.0"), False),
        (Told("ValidationFailed", "Acme 2", "2.0"), False),
        (Told("InstallationFailed", "Acme 2", "2.0"), True),
        (Told("ActivationFailed", "Acme 2", "2.0", "no session in time"), True),
    ],
)
def test_every_status_is_told_with_name_and_version_where_the_specification_has_them(
    device: Device, told: Told, named: bool
) -> None:
    device.told = told
    image = device.image(2)
    assert image["Status"] == told.status
    assert (image["Name"], image["Version"]) == (("Acme 2", "2.0") if named else ("", ""))
    assert image["Available"] == ("true" if told.status == "Available" else "false")
    assert image["BootFailureLog"] == told.failure
    assert device.image(1)["Status"] == "Active"


def test_the_acs_chooses_what_is_started_next_among_what_can_be_started(device: Device) -> None:
    second = f"{INFO}FirmwareImage.2"
    assert device.refused({f"{INFO}BootFirmwareImage": second}) == {f"{INFO}BootFirmwareImage": "InvalidValue"}  # 9007
    device.told = Told("Available", "Acme 2", "2.0")
    device.set({f"{INFO}BootFirmwareImage": second})
    assert device.get(f"{INFO}BootFirmwareImage") == second
    assert device.installer is not None
    banks = device.installer.banks()
    assert banks is not None
    assert banks.next == "bank 2"
    device.set({f"{INFO}BootFirmwareImage": f"{INFO}FirmwareImage.1"})
    assert device.get(f"{INFO}BootFirmwareImage") == f"{INFO}FirmwareImage.1"
    assert device.refused({f"{INFO}BootFirmwareImage": ""})
    assert device.refused({f"{INFO}BootFirmwareImage": f"{INFO}FirmwareImage.7"})


def test_an_image_that_can_be_started_is_called_so_while_another_is_on_its_way(device: Device) -> None:
    device.told = Told("Available", "Acme 2", "2.0")
    image = device.image(2)
    assert (image["Status"], image["Available"]) == ("Available", "true")
    assert (image["Name"], image["Version"]) == ("Acme 2", "2.0")


def test_a_choice_is_taken_back_and_recovered(device: Device) -> None:
    device.told = Told("Available", "Acme 2", "2.0")
    choice, made = device.choice, device.installer
    assert choice is not None
    assert made is not None

    def following() -> str:
        banks = made.banks()
        assert banks is not None
        return banks.next

    choice.begin()
    choice.choose("bank 2")
    assert not choice.prepare()
    record = choice.undo_record()
    choice.commit()
    assert following() == "bank 2"
    choice.rollback()
    choice.rollback()
    assert following() == "bank 1"
    choice.firmware.boot_next("bank 2")
    choice.recover(record, same_boot=True)
    choice.recover(None, same_boot=True)
    assert following() == "bank 1"
    assert choice.state() is None


def test_a_board_with_one_image_has_a_row_for_the_one_that_waits(tmp_path: Path) -> None:
    machine = OpenWrt(tmp_path)
    device = Device(tmp_path, machine)
    assert [device.image(number)["Status"] for number in (1, 2)] == ["Active", "NoImage"]
    assert device.installer is not None
    device.installer.install(machine.image())
    device.told = Told("Available", "Acme 2", "2.0")
    assert device.get(f"{INFO}BootFirmwareImage") == f"{INFO}FirmwareImage.2"
