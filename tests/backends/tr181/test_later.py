"""A service is imported when it is asked for, and one that is not installed is left out."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backends.tr181 import later
from backends.tr181.later import Declares, Later
from tests.backends.whole_device import device_in_memory


def test_a_service_is_made_as_its_own_function_makes_it(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    part = Later("backends.tr181.device_load:memory_load")(device.mechanisms)
    assert part is not None
    assert list(part.provides) == ["memory_load"]


@pytest.mark.parametrize("place", ["backends.tr181.device_load:no_such_load", "backends.tr181.no_such_module:one"])
def test_one_that_is_not_installed_is_left_out_and_named(
    tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    device, _ = device_in_memory(tmp_path)
    assert Later(place)(device.mechanisms) is None
    assert f"without the service {place.partition(':')[2]}" in caplog.text


@pytest.mark.slow
def test_nothing_of_it_is_loaded_before() -> None:
    code = "import sys, backends.tr181.services; print('backends.tr181.lan' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "False"


def test_a_part_that_is_a_package_of_its_own_may_be_missing_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    device, _ = device_in_memory(tmp_path)
    monkeypatch.setattr(later, "PARTS", ("backends.tr181.no_such_module",))
    assert Later("backends.tr181.no_such_module:one")(device.mechanisms) is None
    assert caplog.text == ""


def test_objects_are_declared_where_their_service_is(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    declares = Declares("backends.tr181.device_load:memory_monitor", "memory_load")
    assert [one.path for one in declares(device.mechanisms)] == ["Device.DeviceInfo.MemoryStatus.MemoryMonitor."]
    assert declares(replace(device.mechanisms, memory_load=None)) == []
