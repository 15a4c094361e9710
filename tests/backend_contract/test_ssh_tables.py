"""Device.SSH. is the same to an ACS whose servers stand behind it: OpenSSH's, or OpenWrt's dropbear."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from tests.backends.openwrt.system.device import OpenWrtDevice
from tests.backends.ssh.test_rendering import KEY
from tests.backends.tr181.ssh_device import SshDevice, machine

Make = Callable[..., Any]
SERVER = "Device.SSH.Server.1."
KEYS = "Device.SSH.AuthorizedKey."
USERS = "Device.Users.User."


def on_debian(root: Path, may_change: bool = True) -> Any:
    (machine(root, "Include /etc/ssh/sshd_config.d/*.conf\n", runs=False) / "proc/77").rmdir()
    return SshDevice(root, may_change_system=may_change)


def on_openwrt(root: Path, may_change: bool = True) -> Any:
    return OpenWrtDevice(root, may_change=may_change)


@pytest.fixture(params=[on_debian, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def make(**given: Any) -> Any:
        return request.param(tmp_path, **given)

    return make


def test_the_first_server_is_the_machine_s(make: Make) -> None:
    told = make().tree(SERVER)
    assert [told[name] for name in ("Port", "AllowRootLogin", "AllowAllIPv4", "AllowAllIPv6", "IdleTimeout")] == [
        "22", "true", "true", "true", "0",
    ]  # fmt: skip
    assert told["SessionNumberOfEntries"] == "0"


@pytest.mark.parametrize(("name", "text"), [("Port", "2222"), ("AllowPasswordLogin", "0"), ("MaxAuthTries", "1")])
def test_without_the_owner_s_leave_nothing_is_changed(make: Make, name: str, text: str) -> None:
    device = make(may_change=False)
    before = device.tree("Device.SSH.")
    assert device.refused({SERVER + name: text}) == {SERVER + name: "Denied"}
    for table in ("Device.SSH.Server.", KEYS):
        with pytest.raises(Refusals, match="manage"):
            device.add(table)
    assert device.tree("Device.SSH.") == before


def test_a_key_is_filled_in_steps_and_what_is_none_is_refused(make: Make) -> None:
    device = make()
    row = device.add(KEYS)
    assert [device.get(row + name) for name in ("User", "Key")] == ["", ""]
    for text in ("ssh-ed25519 x", "x" * 10_000, f"{KEY}\n{KEY}", "# cpe-agent cpe_1", "\0", f'command="id" {KEY}'):
        assert device.refused({f"{row}Key": text}) == {f"{row}Key": "InvalidValue"}
    device.set({f"{row}Key": f"{KEY} \u4e2d '\"$(id)"})
    assert device.get(f"{row}Key") == f"{KEY} \u4e2d '\"$(id)"
    device.delete(row)
    assert device.get("Device.SSH.AuthorizedKeyNumberOfEntries") == "0"


def test_a_key_of_somebody_s_own_is_told_and_not_changed(make: Make, tmp_path: Path) -> None:
    device = make()
    (tmp_path / "home/anna/.ssh").mkdir(parents=True)
    (tmp_path / "home/anna/.ssh/authorized_keys").write_text(f"{KEY} anna@home\n")
    row = device.find(KEYS, Key=f"{KEY} anna@home")
    assert device.get(f"{row}User") == device.find(USERS, Username="anna")[:-1]
    assert device.refused({f"{row}Key": KEY, f"{row}User": ""}) == {f"{row}Key": "Denied", f"{row}User": "Denied"}
    with pytest.raises(Exception, match="anna's own file"):
        device.delete(row)
