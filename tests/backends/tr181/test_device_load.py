"""How busy processors and memory are, as an ACS sees it."""

import logging
from pathlib import Path

import pytest

from backends.load import HISTORY_INTERVAL, OWN_INTERVAL
from backends.tr181.device_load import memory_watch, processor_watch
from tests.backends.whole_device import WholeDevice, device_in_memory
from tests.fakes.machine import FakeMachine

STATUS = "Device.DeviceInfo.ProcessStatus."
CPU = f"{STATUS}CPU.1."
MONITOR = "Device.DeviceInfo.MemoryStatus.MemoryMonitor."
UNKNOWN = "0001-01-01T00:00:00Z"


@pytest.fixture
def made(tmp_path: Path) -> tuple[WholeDevice, FakeMachine]:
    return device_in_memory(tmp_path)


def sample(device: WholeDevice, now: float) -> None:
    for chore in device.machine.chores:
        due = chore.due(now)
        if due is not None and due <= now:
            chore.act(now)


def test_the_use_is_what_was_sampled(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, machine = made
    assert device.get(f"{STATUS}CPUUsage") == "10", "since the boot, before the first sample"
    sample(device, 0.0)
    machine.cpu(busy=1300, idle=9100)
    sample(device, OWN_INTERVAL)
    assert device.get(f"{STATUS}CPUUsage") == "75"
    told = device.tree(CPU)
    assert int(told["UserModeUtilization"]) + int(told["SystemModeUtilization"]) == int(told["CPUUtilization"]) > 75


def test_a_processor_that_becomes_critical_is_told_of(
    made: tuple[WholeDevice, FakeMachine], caplog: pytest.LogCaptureFixture
) -> None:
    device, machine = made
    for name, value in (("EnableCriticalLog", "true"), ("CriticalRiseThreshold", "70"), ("CriticalFallThreshold", "50"),
                        ("NumSamples", "1"), ("PollInterval", "9")):  # fmt: skip
        device.set({CPU + name: value})
        assert device.get(CPU + name) == value
    assert processor_watch(device.own, "cpu0").interval == 9
    assert processor_watch(device.own, "cpu1").interval == 0
    sample(device, 0.0)
    machine.cpu(busy=2000, idle=9100)
    with caplog.at_level(logging.WARNING):
        sample(device, 9.0)
    assert device.get(f"{CPU}CriticalRiseTimeStamp") != UNKNOWN
    assert device.get(f"{CPU}CriticalFallTimeStamp") == UNKNOWN
    assert "cpu0 is used for" in caplog.text


@pytest.mark.parametrize(
    ("name", "value"), [("NumSamples", "0"), ("NumSamples", "301"), ("CriticalRiseThreshold", "101")]
)
def test_what_makes_no_sense_is_refused(made: tuple[WholeDevice, FakeMachine], name: str, value: str) -> None:
    assert made[0].refusal(CPU + name, value) == "InvalidValue"


def test_scarce_memory_is_told_of_where_that_is_wanted(
    made: tuple[WholeDevice, FakeMachine], caplog: pytest.LogCaptureFixture
) -> None:
    device, machine = made
    assert (device.get(f"{MONITOR}Enable"), device.get(f"{MONITOR}MemUtilization")) == ("false", "50")
    device.set({f"{MONITOR}Enable": "1"})
    device.set({f"{MONITOR}EnableCriticalLog": "1"})
    assert memory_watch(device.own).enable
    machine.put("proc/meminfo", "MemTotal: 262144 kB\nMemFree: 100 kB\nMemAvailable: 26214 kB\n")
    sample(device, 5.0)
    assert device.get(f"{MONITOR}CriticalRiseTimeStamp") != UNKNOWN
    assert "90 % of memory is used: critical" in caplog.text


def test_the_history_of_the_processors_is_a_list_of_averages(made: tuple[WholeDevice, FakeMachine]) -> None:
    device, machine = made
    history = f"{STATUS}X_CPEAGENT_History."
    sample(device, 0.0)
    machine.cpu(busy=1250, idle=9750)
    sample(device, HISTORY_INTERVAL)
    machine.cpu(busy=1500, idle=10500)
    sample(device, 2 * HISTORY_INTERVAL)
    told = device.tree(history)
    assert (told["SampleInterval"], told["Values"]) == ("300", "25,25")
    assert told["ReportEndTime"] != UNKNOWN
