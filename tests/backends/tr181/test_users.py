"""Where accounts cannot be changed there are none to tell of; what they are to an ACS: tests/backend_contract."""

from importlib import import_module
from pathlib import Path

import pytest

from backends.tr181.users import accounts, users
from tests.backends.passwd_device import PasswdDevice
from tests.backends.whole_device import device_in_memory


def test_root_is_not_given_a_password_from_afar_where_many_log_in(tmp_path: Path) -> None:
    device = PasswdDevice(tmp_path)
    root = device.find("Device.Users.User.", Username="root")
    assert device.refused({f"{root}Password": "x"}) == {f"{root}Password": "Denied"}
    assert device.machine.started == []


def test_without_the_programs_there_is_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = import_module("backends.tr181.users")  # the package has a function of this name
    monkeypatch.setattr(tables, "find_program", lambda _: None)
    given = device_in_memory(tmp_path)[0].mechanisms
    assert accounts(given) is None
    assert users(given) == []
