"""Host name and time zone are the same to an ACS whoever keeps them: files in /etc, or OpenWrt's configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backends.openwrt.system.device import OpenWrtDevice
from tests.backends.whole_device import device_in_memory

Make = Callable[..., Any]
NAME = "Device.DeviceInfo.HostName"
ZONE = "Device.Time.LocalTimeZone"
HOSTILE = ("a b", "a\nb", "$(id)", "`id`", "it's", 'a"b', "-x", "\u4e2d", "a;reboot", "x" * 10_000, "", "..", "a\0b")


def on_debian(root: Path, may_change: bool = True) -> Any:
    return device_in_memory(root, may_change_system=may_change)[0]


def on_openwrt(root: Path, may_change: bool = True) -> Any:
    return OpenWrtDevice(root, may_change=may_change)


@pytest.fixture(params=[on_debian, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def make(**given: Any) -> Any:
        return request.param(tmp_path, **given)

    return make


def test_a_zone_that_is_set_reads_back_and_is_reckoned_by(make: Make) -> None:
    device = make()
    for posix, offset in (("EST5", "-05:00"), ("<+0545>-5:45", "+05:45"), ("UTC0", "+00:00")):
        assert device.set({ZONE: posix}) == 0
        assert device.get(ZONE) == posix
        assert device.get("Device.Time.CurrentLocalTime").replace("Z", "+00:00").endswith(offset)
    device.set({ZONE: "EST+5 EDT,M4.1.0/2,M10.5.0/2"})
    assert device.get(ZONE) == "EST+5EDT,M4.1.0/2,M10.5.0/2"


def test_a_hostile_text_is_refused(make: Make) -> None:
    device = make()
    before = device.get(NAME), device.get(ZONE)
    for text in HOSTILE:
        for path in (NAME, ZONE):
            assert device.refused({path: text}) == {path: "InvalidValue"}
    assert (device.get(NAME), device.get(ZONE)) == before


def test_neither_changes_where_that_is_not_allowed(make: Make) -> None:
    device = make(may_change=False)
    assert device.refused({NAME: "other", ZONE: "EST5"}) == {NAME: "Denied", ZONE: "Denied"}
