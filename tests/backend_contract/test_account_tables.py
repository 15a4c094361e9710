"""Device.Users. is the same to an ACS whether Debian's programs change the accounts, or we do in OpenWrt's files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from tests.backends.openwrt.system.device import OpenWrtDevice
from tests.backends.passwd_device import PasswdDevice

USERS = "Device.Users.User."
GROUPS = "Device.Users.Group."
ROLES = "Device.Users.Role."
SHELLS = "Device.Users.SupportedShell."
Make = Callable[..., Any]


def on_debian(root: Path, may_change: bool = True) -> PasswdDevice:
    return PasswdDevice(root, may_change)


def on_openwrt(root: Path, may_change: bool = True) -> OpenWrtDevice:
    return OpenWrtDevice(root, may_change=may_change)


@pytest.fixture(params=[on_debian, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    def make(**given: Any) -> Any:
        return request.param(tmp_path, **given)

    return make


@pytest.fixture
def device(make: Make) -> Any:
    return make()


def test_who_is_there_is_told_without_passwords(device: Any) -> None:
    anna = device.tree(device.find(USERS, Username="anna"))
    assert (anna["Enable"], anna["UserID"], anna["Password"], anna["StaticUser"]) == ("true", "1000", "", "true")
    assert anna["RoleParticipation"] == device.find(ROLES, RoleName="sudo").rstrip(".")
    assert anna["GroupParticipation"] == device.find(GROUPS, Groupname="friends").rstrip(".")
    assert anna["Shell"] == device.find(SHELLS, Name="/bin/bash").rstrip(".")
    assert device.get("Device.Users.UserNumberOfEntries") == "2"
    assert device.get("Device.Users.RoleNumberOfEntries") == "2"


def test_an_account_is_added_and_used_and_removed(device: Any) -> None:
    role = device.find(ROLES, RoleName="sudo")
    row = device.add(USERS, Username="bob", Password="hunter2: x", Enable="1", RoleParticipation=role.rstrip("."))
    told = device.tree(row)
    assert (told["Username"], told["UserID"], told["Enable"], told["Password"]) == ("bob", "1001", "true", "")
    assert told["StaticUser"] == "false"
    assert "bob" in device.accounts.group("sudo").members
    assert "hunter2" not in str(device.store.texts)
    device.set({f"{row}Shell": device.find(SHELLS, Name="/bin/sh").rstrip(".")})
    assert device.accounts.users()[-1].shell == "/bin/sh"
    device.set({f"{row}Shell": ""})
    assert device.get(f"{row}Shell") == ""
    device.delete(row)
    assert not device.accounts.has_user("bob")


def test_a_bad_value_leaves_nothing_behind(device: Any) -> None:
    before = device.etc()
    row = device.add(USERS)
    assert device.refused({f"{row}Username": "bob", f"{row}Enable": "1", f"{row}Password": ""}) == {
        f"{row}Password": "InvalidValue"
    }
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "InvalidValue"}
    assert device.etc() == before


def test_root_is_not_changed_from_afar_and_what_others_made_is_not_removed(device: Any) -> None:
    root, anna = device.find(USERS, Username="root"), device.find(USERS, Username="anna")
    shell = device.find(SHELLS, Name="/bin/sh").rstrip(".")
    assert device.refused({f"{root}Enable": "0", f"{root}Shell": shell, f"{root}RoleParticipation": ""}) == {
        f"{root}Enable": "Denied", f"{root}Shell": "Denied", f"{root}RoleParticipation": "Denied",
    }  # fmt: skip
    with pytest.raises(Exception, match="disabled, not removed"):
        device.delete(anna)
    assert device.refused({f"{anna}Username": "anne"}) == {f"{anna}Username": "InvalidValue"}
    device.set({f"{anna}Username": "anna", f"{anna}Enable": "0"})
    assert device.get(f"{anna}Enable") == "false"


def test_a_role_is_added_and_given(device: Any) -> None:
    role = device.add(ROLES, RoleName="operators", Enable="1")
    anna = device.find(USERS, Username="anna")
    device.set({f"{anna}RoleParticipation": role.rstrip(".")})
    assert device.accounts.group("operators").members == ("anna",)
    assert device.accounts.group("friends").members == ("anna",), "groups stay"
    device.set({f"{role}Enable": "0"})
    assert device.accounts.group("operators").members == ()


HOSTILE = ("a\nroot:x:0:0::/:/bin/sh", "a:b", "$(id)", "`id`", "a'b", 'a"b', "-rf", "..", "\u00e9", "\u4e2d", "a b",
           "A", "x" * 40, "a;reboot", "a,b", "a/b", "a\tb")  # fmt: skip


@pytest.mark.parametrize("said", [lambda text: ("Username", text), lambda text: ("Password", text)])
def test_a_hostile_text_is_refused_or_is_a_password_like_another(
    device: Any, said: Callable[[str], tuple[str, str]]
) -> None:
    before = device.etc()
    row = device.add(USERS)
    for text in HOSTILE:
        name, value = said(text)
        if name == "Username" or "\n" in text or "\t" in text:
            assert device.refused({row + name: value}) == {row + name: "InvalidValue"}
    assert device.etc() == before
    if said("")[0] == "Password":
        device.set({f"{row}Username": "bob", f"{row}Password": "$(id) 'a\" ; \u4e2d"})
        assert device.etc()["shadow"].replace("!", "").count("\nbob:$6$") == 1


def test_nothing_is_changed_where_the_owner_did_not_allow_it(make: Make) -> None:
    device = make(may_change=False)
    anna = device.find(USERS, Username="anna")
    assert device.refused({f"{anna}Enable": "0"}) == {f"{anna}Enable": "Denied"}
    with pytest.raises((Refusals, Exception), match="manage = true"):
        device.add(USERS)


def test_a_failed_save_leaves_all_as_it_was(device: Any) -> None:
    before = device.etc()
    row = device.add(USERS)
    device.store.refused = "model"
    with pytest.raises(Refusals):
        device.set({f"{row}Username": "bob", f"{row}Password": "hunter2", f"{row}Enable": "1"})
    assert device.etc() == before
