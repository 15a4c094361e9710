"""Those on the bus whom Wi-Fi on OpenWrt asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.openwrt.wireless.netifd import Netifd


@pytest.fixture
def netifd(tmp_path: Path) -> Iterator[Netifd]:
    """netifd and hostapd."""
    made = Netifd(tmp_path / "ubus.sock")
    yield made
    made.close()
