"""A service is imported when it is asked for, and one that is not installed is left out."""

import subprocess
import sys
from pathlib import Path

import pytest

from backends.tr181.later import Later
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


def test_nothing_of_it_is_loaded_before() -> None:
    code = "import sys, backends.tr181.services; print('backends.tr181.lan' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "False"
