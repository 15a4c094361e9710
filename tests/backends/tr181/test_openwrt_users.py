"""OpenWrt's accounts as a part of the machine: root's password, and LuCI's log-ins."""

from pathlib import Path

import pytest

from backends.tr181.openwrt_users import openwrt_users
from tests.backends.openwrt.system.device import RPCD, OpenWrtDevice
from tests.backends.openwrt.system.test_accounts import LOGIN

pytestmark = pytest.mark.slow

USERS = "Device.Users.User."


@pytest.fixture
def device(tmp_path: Path) -> OpenWrtDevice:
    return OpenWrtDevice(tmp_path)


def test_root_s_password_is_the_router_s(device: OpenWrtDevice) -> None:
    root = device.find(USERS, Username="root")
    device.set({f"{root}Password": "correct horse"})
    assert device.etc()["shadow"].startswith("root:$6$")
    assert "horse" not in str(device.store.texts) + device.etc()["shadow"]
    assert device.get(f"{root}Password") == ""
    assert device.refused({f"{root}Password": "x", f"{root}Enable": "0"}) == {f"{root}Enable": "Denied"}


def test_daemons_are_no_people(device: OpenWrtDevice) -> None:
    assert device.get("Device.Users.UserNumberOfEntries") == "2"


def test_a_log_in_of_luci_goes_with_its_account_and_rpcd_is_told(device: OpenWrtDevice) -> None:
    row = device.add(USERS, Username="bob", Password="x", Enable="1")
    device.write("rpcd", RPCD + LOGIN)
    device.set({f"{row}Password": "y"})
    assert device.text("rpcd") == RPCD + LOGIN
    device.told.calls.clear()
    device.delete(row)
    assert device.text("rpcd").strip() == RPCD.strip()
    assert ("/etc/init.d/rpcd", "reload") in device.told.calls


def test_a_machine_without_accounts_has_no_such_service(device: OpenWrtDevice) -> None:
    (device.root / "etc/passwd").unlink()
    assert openwrt_users(device.mechanisms, device.surface) is None
