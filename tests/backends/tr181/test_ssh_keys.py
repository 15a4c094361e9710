"""Device.SSH.AuthorizedKey.: what people keep is told and left alone."""

from pathlib import Path

import pytest

from backends.tr181.ssh_keys import PersonalKeys, authorized_keys
from tests.backends.ssh.test_rendering import KEY
from tests.backends.tr181.ssh_device import SshDevice, machine

KEYS = "Device.SSH.AuthorizedKey."


def test_a_key_of_somebodys_own_is_told_and_not_changed(tmp_path: Path) -> None:
    machine(tmp_path)
    (tmp_path / "home/anna/.ssh").mkdir(parents=True)
    (tmp_path / "home/anna/.ssh/authorized_keys").write_text(f"{KEY} anna@home\n")
    made = SshDevice(tmp_path, may_change_system=True)
    row = made.find(KEYS, Key=f"{KEY} anna@home")
    assert made.get(f"{row}User") == made.find("Device.Users.User.", Username="anna")[:-1]
    assert made.refused({f"{row}Key": KEY}) == {f"{row}Key": "Denied"}
    assert made.refused({f"{row}User": ""}) == {f"{row}User": "Denied"}
    with pytest.raises(Exception, match="anna's own file"):
        made.delete(row)


def test_a_row_is_filled_in_steps_and_what_is_no_key_is_refused(tmp_path: Path) -> None:
    (machine(tmp_path, "Include /etc/ssh/sshd_config.d/*.conf\n", runs=False) / "proc/77").rmdir()
    made = SshDevice(tmp_path, may_change_system=True)
    row = made.add(KEYS)
    assert [made.get(row + name) for name in ("User", "Key")] == ["", ""]
    assert made.refused({f"{row}Key": "ssh-ed25519 x"}) == {f"{row}Key": "InvalidValue"}
    made.delete(row)


def test_without_accounts_nobody_can_be_told_from_another(tmp_path: Path) -> None:
    personal = PersonalKeys(tmp_path, None)
    assert personal() == []
    made = SshDevice(machine(tmp_path))
    assert authorized_keys(made.tables, None, personal) == []
