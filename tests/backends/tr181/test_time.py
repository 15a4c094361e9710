"""Time tells the clock, whether it is right, and the zone; the zone can be set."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from backends.system import System
from backends.tr181.time import time
from tests.backends.whole_device import WholeDevice, device_in_memory, device_on_linux

ZONE = "Device.Time.LocalTimeZone"


@pytest.fixture
def device(tmp_path: Path) -> WholeDevice:
    return device_in_memory(tmp_path, may_change_system=True)[0]


def test_the_clock_is_this_machine_s(device: WholeDevice) -> None:
    told = datetime.fromisoformat(device.get("Device.Time.CurrentLocalTime"))
    assert abs((told - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("known", "word"), [(True, "Synchronized"), (False, "Unsynchronized"), (None, "Unsynchronized")]
)
def test_the_clock_is_right_only_if_the_kernel_says_so(
    device: WholeDevice, monkeypatch: pytest.MonkeyPatch, known: bool | None, word: str
) -> None:
    monkeypatch.setattr(System, "is_synchronised", lambda _: known)
    assert device.get("Device.Time.Status") == word


def test_a_machine_without_a_zone_lives_in_utc_until_it_is_given_one(device: WholeDevice, tmp_path: Path) -> None:
    assert device.get(ZONE) == "UTC0"
    assert device.set(ZONE, "CET-1CEST,M3.5.0,M10.5.0/3") == 0
    assert device.get(ZONE) == "CET-1CEST,M3.5.0,M10.5.0/3"
    assert (tmp_path / "etc/localtime").read_bytes().startswith(b"TZif2")


def test_the_example_of_the_standard_with_its_blank_is_taken(device: WholeDevice) -> None:
    device.set(ZONE, "EST+5 EDT,M4.1.0/2,M10.5.0/2")
    assert device.get(ZONE) == "EST+5EDT,M4.1.0/2,M10.5.0/2"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "", "CET-1;reboot", "x" * 300])
def test_what_is_no_zone_is_refused(device: WholeDevice, zone: str) -> None:
    assert device.refusal(ZONE, zone) == "InvalidValue"
    assert device.get(ZONE) == "UTC0"


def test_the_zone_changes_only_where_that_is_allowed(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    assert device.refusal(ZONE, "CET-1") == "Denied"
    assert not (tmp_path / "etc/localtime").exists()


def test_only_what_works_is_bound(device: WholeDevice) -> None:
    (declared,) = time(device.mechanisms)
    assert {parameter.name for parameter in declared.parameters} == {"Status", "CurrentLocalTime", "LocalTimeZone"}


def test_this_machine_has_a_zone() -> None:
    assert device_on_linux().get(ZONE)
