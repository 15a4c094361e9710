"""Firmware images, logs, the configuration file, pictures and the place of the device, as an ACS sees them."""

import base64
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.tr181.device_files import OWN_VALUES, PICTURE_BYTES, device_files
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory
from tests.fakes.machine import FakeMachine

INFO = "Device.DeviceInfo."
PNG = b"\x89PNG\r\n\x1a\n picture"


class Device(SmallDevice):
    def __init__(self, root: Path, **more: Any) -> None:
        whole, self.machine = device_in_memory(root)
        own = OwnValues({**OWN_VALUES, "ManagementServer.URL": "https://acs.example/"}, {})
        mechanisms = replace(whole.mechanisms, own=own, **more)
        self.own = own
        super().__init__(device_files(mechanisms), own)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_logs_are_told(device: Device) -> None:
    assert device.get(f"{INFO}VendorLogFileNumberOfEntries") == "0"
    device.machine.put("var/log/syslog", "x")
    told = device.tree(f"{INFO}VendorLogFile.1.")
    assert (told["Name"], told["MaximumSize"]) == ("/var/log/syslog", "0")


def test_the_agent_s_settings_are_the_configuration_file(device: Device) -> None:
    assert device.get(f"{INFO}VendorConfigFileNumberOfEntries") == "0"
    file = device.machine.put("etc/cpe-agent/agent.toml", "")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    told = device.tree(f"{INFO}VendorConfigFile.1.")
    assert (told["Name"], told["Version"], told["Date"]) == ("agent.toml", "", "2023-11-14T22:13:20Z")


def test_pictures_of_the_device_are_shown_if_they_are_some(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    machine: FakeMachine = device.machine
    machine.put("usr/share/cpe-agent/pictures/Front.png", PNG)
    machine.put("usr/share/cpe-agent/pictures/Back.jpg", "no picture")
    machine.put("usr/share/cpe-agent/pictures/Left.gif", b"GIF89a" + b"x" * PICTURE_BYTES)
    machine.put("usr/share/cpe-agent/pictures/Inside.png", PNG)
    assert device.get(f"{INFO}DeviceImageNumberOfEntries") == "1"
    told = device.tree(f"{INFO}DeviceImageFile.1.")
    assert (told["Location"], base64.b64decode(told["Image"])) == ("Front", PNG)
    assert caplog.text.count("Back.jpg") == 1
    assert caplog.text.count("Left.gif") == 1


def test_an_acs_says_where_the_device_stands_and_only_that_one(device: Device) -> None:
    row = device.add(f"{INFO}Location.")
    text = "<presence>\u4e2d 'quoted' \"$(id)\"</presence>"
    device.set({f"{row}DataObject": text})
    told = device.tree(row)
    assert (told["Source"], told["ExternalProtocol"], told["ExternalSource"]) == (
        "External", "CWMP", "https://acs.example/",
    )  # fmt: skip
    assert told["DataObject"] == text
    with pytest.raises(Exception, match="there is a location of this ACS already"):
        device.add(f"{INFO}Location.")
    device.own.begin()
    device.own.stage("ManagementServer.URL", "https://other.example/")
    device.own.commit()
    assert device.refused({f"{row}DataObject": "x"}) == {f"{row}DataObject": "Denied"}
    device.delete(row)
    assert device.get(f"{INFO}LocationNumberOfEntries") == "0"


def test_all_that_is_configured_is_a_file_as_well_which_is_what_is_backed_up(tmp_path: Path) -> None:
    when = datetime(2026, 11, 22, 18, tzinfo=UTC)
    device = Device(tmp_path, backup_version=lambda: ("0123456789ab", when))
    device.machine.put("etc/cpe-agent/agent.toml", "")
    told = device.tree(f"{INFO}VendorConfigFile.")
    row = "2."
    assert (told[f"{row}Name"], told[f"{row}Version"], told[f"{row}Date"]) == (
        "configuration",
        "0123456789ab",
        "2026-11-22T18:00:00Z",
    )
    assert (told[f"{row}UseForBackupRestore"], told["1.UseForBackupRestore"]) == (
        "true",
        "false",
    )


def test_the_event_history_and_logs_of_crashes_are_vendor_logs(tmp_path: Path) -> None:
    (tmp_path / "state/crash").mkdir(parents=True)
    (tmp_path / "state/crash/dmesg-1").write_text("Oops")
    device = Device(tmp_path, history_file=Path("/run/history.jsonl"), state_directory=tmp_path / "state")
    told = device.tree(f"{INFO}VendorLogFile.")
    assert (told["1.Name"], told["1.Persistent"]) == (
        "/run/history.jsonl",
        "false",
    )
    assert (told["2.Name"][-7:], told["2.Persistent"]) == ("dmesg-1", "true")
