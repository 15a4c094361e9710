"""A temperature sensor as an ACS sees it: readings, extremes, alarms, and what can be set."""

from pathlib import Path

import pytest

from backends.tr181.device_sensors import thermometer, watch_of
from tests.backends.whole_device import WholeDevice, device_in_memory
from tests.fakes.machine import FakeMachine

SENSOR = "Device.DeviceInfo.TemperatureStatus.TemperatureSensor.1."
UNKNOWN = "0001-01-01T00:00:00Z"


@pytest.fixture
def made(tmp_path: Path) -> tuple[WholeDevice, FakeMachine]:
    device, machine = device_in_memory(tmp_path)
    machine.thermal_zone(0, "cpu-thermal", 51540)
    return device, machine


def test_a_sensor_tells_its_extremes_with_their_times(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, machine = made
    device.get(f"{SENSOR}Value")
    machine.thermal_zone(0, "cpu-thermal", 70000)
    device.get(f"{SENSOR}Value")
    machine.thermal_zone(0, "cpu-thermal", 60000)
    told = device.tree(SENSOR)
    assert (told["Value"], told["MinValue"], told["MaxValue"]) == ("60", "52", "70")
    assert told["ResetTime"] <= told["MinTime"] < told["MaxTime"] < told["LastUpdate"]
    assert (told["LowAlarmValue"], told["HighAlarmValue"], told["LowAlarmTime"]) == ("-274", "-274", UNKNOWN)


def test_an_alarm_value_is_met(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, _ = made
    device.set({f"{SENSOR}HighAlarmValue": "51"})
    device.set({f"{SENSOR}LowAlarmValue": "0"})
    told = device.tree(SENSOR)
    assert told["HighAlarmTime"] != UNKNOWN
    assert told["LowAlarmTime"] == UNKNOWN
    device.set({f"{SENSOR}HighAlarmValue": "-274"})
    assert device.get(f"{SENSOR}HighAlarmTime") == UNKNOWN


def test_a_reset_forgets_and_reads_back_as_done(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, machine = made
    before = device.tree(SENSOR)
    machine.thermal_zone(0, "cpu-thermal", 60000)
    device.set({f"{SENSOR}Reset": "1"})
    told = device.tree(SENSOR)
    assert told["Reset"] == "false"
    assert told["ResetTime"] > before["ResetTime"]
    assert told["MinValue"] == "60"


def test_a_sensor_that_is_switched_on_again_begins_anew(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, machine = made
    device.get(f"{SENSOR}Value")
    device.set({f"{SENSOR}Enable": "0"})
    machine.thermal_zone(0, "cpu-thermal", 60000)
    told = device.tree(SENSOR)
    assert (told["Status"], told["Value"]) == ("Disabled", "52")
    device.set({f"{SENSOR}Enable": "1"})
    assert (device.get(f"{SENSOR}Status"), device.get(f"{SENSOR}MinValue")) == ("Enabled", "60")


def test_the_interval_is_the_agent_s_own_until_one_is_set(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, _ = made
    assert device.get(f"{SENSOR}PollingInterval") == "0"
    device.set({f"{SENSOR}PollingInterval": "7"})
    [sensor] = device.mechanisms.sysfs.sensors()
    assert watch_of(device.own, sensor.key).interval == 7
    chore = device.mechanisms.thermometer
    assert chore is not None
    chore.act(100.0)
    assert chore.due(100.0) == 107.0


def test_it_is_a_part_with_one_chore(made: tuple[WholeDevice, FakeMachine]) -> None:
    part = thermometer(made[0].mechanisms)
    assert len(part.chores) == 1
    assert part.chores[0] is part.provides["thermometer"]
