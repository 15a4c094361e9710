"""Wi-Fi is left out where OpenWrt has no configuration of it, or the kernel knows none."""

from pathlib import Path

import pytest

from backends.tr181 import openwrt_wifi as module
from backends.tr181.openwrt_wifi import openwrt_wifi
from tests.backends.openwrt.wireless.device import RADIOS, WirelessDevice

pytestmark = pytest.mark.slow


def test_it_takes_the_package_and_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = WirelessDevice(tmp_path, RADIOS)
    monkeypatch.setattr(module, "is_known", lambda: False)
    assert openwrt_wifi(device.given, device.surface) is None
    monkeypatch.setattr(module, "is_known", lambda: True)
    part = openwrt_wifi(device.given, device.surface)
    assert part is not None
    assert part.name == "wifi"
    (device.places.config / "wireless").unlink()
    assert openwrt_wifi(device.given, device.surface) is None
