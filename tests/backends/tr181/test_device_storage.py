"""How full the file systems are, as an ACS sees it."""

import os

from tests.backends.whole_device import device_on_linux


def test_the_root_of_this_machine_is_told() -> None:
    rows = device_on_linux().table("Device.DeviceInfo.X_CPEAGENT_Storage.", "MountPoint")
    size = os.statvfs("/")
    assert int(rows["/"]["Total"]) == size.f_blocks * size.f_frsize // 1024
    assert int(rows["/"]["Used"]) <= int(rows["/"]["Total"])
    assert rows["/"]["ReadOnly"] == "false"
