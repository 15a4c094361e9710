"""Device.SSH.AuthorizedKey. where nobody is known; what keys are to an ACS: tests/backend_contract."""

from pathlib import Path

from backends.tr181.ssh_keys import PersonalKeys, authorized_keys
from tests.backends.tr181.ssh_device import SshDevice, machine


def test_without_accounts_nobody_can_be_told_from_another(tmp_path: Path) -> None:
    personal = PersonalKeys(tmp_path, None)
    assert personal() == []
    made = SshDevice(machine(tmp_path))
    assert authorized_keys(made.tables, None, personal) == []
