"""Accounts, groups and roles as an ACS sees and changes them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.tr181.users import AccountTables, users
from tests.backends.passwd_machine import PasswdMachine
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory

USERS = "Device.Users.User."
GROUPS = "Device.Users.Group."
ROLES = "Device.Users.Role."
SHELLS = "Device.Users.SupportedShell."


class Device(SmallDevice):
    def __init__(self, root: Path, may_change: bool = True) -> None:
        self.machine = PasswdMachine(root)
        self.tables = AccountTables(self.machine.accounts)
        whole = device_in_memory(root / "else", may_change_system=may_change)[0]
        mechanisms = replace(whole.mechanisms, accounts=self.tables)
        super().__init__(users(mechanisms), whole.own, [self.tables], forget=[self.machine.accounts.forget])


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_who_is_there_is_told_without_passwords(device: Device) -> None:
    anna = device.tree(device.find(USERS, Username="anna"))
    assert (anna["Enable"], anna["UserID"], anna["Password"], anna["StaticUser"]) == ("true", "1000", "", "true")
    assert anna["RoleParticipation"] == device.find(ROLES, RoleName="sudo").rstrip(".")
    assert anna["GroupParticipation"] == device.find(GROUPS, Groupname="friends").rstrip(".")
    assert anna["Shell"] == device.find(SHELLS, Name="/bin/bash").rstrip(".")
    assert device.get("Device.Users.UserNumberOfEntries") == "2"
    assert device.get("Device.Users.RoleNumberOfEntries") == "2"


def test_an_account_is_added_and_used_and_removed(device: Device) -> None:
    role = device.find(ROLES, RoleName="sudo")
    row = device.add(USERS, Username="bob", Password="hunter2: x", Enable="1", RoleParticipation=role.rstrip("."))
    told = device.tree(row)
    assert (told["Username"], told["UserID"], told["Enable"], told["Password"]) == ("bob", "1001", "true", "")
    assert told["StaticUser"] == "false"
    assert "bob" in device.machine.accounts.group("sudo").members  # type: ignore[union-attr]
    assert "hunter2" not in str(device.store.texts)
    device.set({f"{row}Shell": device.find(SHELLS, Name="/bin/sh").rstrip(".")})
    assert device.machine.accounts.users()[-1].shell == "/bin/sh"
    device.set({f"{row}Shell": ""})
    assert device.get(f"{row}Shell") == ""
    device.delete(row)
    assert not device.machine.accounts.has_user("bob")


def test_a_bad_value_leaves_nothing_behind(device: Device) -> None:
    before = device.machine.files()
    row = device.add(USERS)
    assert device.refused({f"{row}Username": "bob", f"{row}Enable": "1", f"{row}Password": ""}) == {
        f"{row}Password": "InvalidValue"
    }
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "InvalidValue"}
    assert device.machine.files() == before


def test_root_is_not_changed_from_afar_and_what_others_made_is_not_removed(device: Device) -> None:
    root, anna = device.find(USERS, Username="root"), device.find(USERS, Username="anna")
    assert device.refused({f"{root}Password": "x"}) == {f"{root}Password": "Denied"}
    with pytest.raises(Exception, match="disabled, not removed"):
        device.delete(anna)
    assert device.refused({f"{anna}Username": "anne"}) == {f"{anna}Username": "InvalidValue"}
    device.set({f"{anna}Username": "anna", f"{anna}Enable": "0"})
    assert device.get(f"{anna}Enable") == "false"


def test_a_role_is_added_and_given(device: Device) -> None:
    role = device.add(ROLES, RoleName="operators", Enable="1")
    anna = device.find(USERS, Username="anna")
    device.set({f"{anna}RoleParticipation": role.rstrip(".")})
    assert device.machine.accounts.group("operators").members == ("anna",)  # type: ignore[union-attr]
    assert device.machine.accounts.group("friends").members == ("anna",), "groups stay"  # type: ignore[union-attr]
    device.set({f"{role}Enable": "0"})
    assert device.machine.accounts.group("operators").members == ()  # type: ignore[union-attr]


HOSTILE = ("a\nroot:x:0:0::/:/bin/sh", "a:b", "$(id)", "`id`", "a'b", 'a"b', "-rf", "..", "\u00e9", "\u4e2d", "a b",
           "A", "x" * 40, "a;reboot", "a,b", "a/b", "a\tb")  # fmt: skip


@pytest.mark.parametrize("make", [lambda text: ("Username", text), lambda text: ("Password", text)])
def test_a_hostile_text_is_refused_or_is_a_password_like_another(
    device: Device, make: Callable[[str], tuple[str, str]]
) -> None:
    before = device.machine.files()
    row = device.add(USERS)
    for text in HOSTILE:
        name, value = make(text)
        if name == "Username" or "\n" in text or "\t" in text:
            assert device.refused({row + name: value}) == {row + name: "InvalidValue"}
    assert device.machine.files() == before
    assert device.machine.started == []
    if make("")[0] == "Password":
        device.set({f"{row}Username": "bob", f"{row}Password": "$(id) 'a\" ; \u4e2d"})
        assert device.machine.files()["shadow"].count("\nbob:$6$") == 1


def test_nothing_is_changed_where_the_owner_did_not_allow_it(tmp_path: Path) -> None:
    device = Device(tmp_path, may_change=False)
    anna = device.find(USERS, Username="anna")
    assert device.refused({f"{anna}Enable": "0"}) == {f"{anna}Enable": "Denied"}
    with pytest.raises((Refusals, Exception), match="manage = true"):
        device.add(USERS)
