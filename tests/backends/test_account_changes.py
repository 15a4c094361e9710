"""Accounts are changed all or nothing, by the system's own programs."""

from pathlib import Path
from typing import Any

import pytest

from backends.account_changes import GROUP, ROLE, USER, AccountChanges, BadAccount
from backends.accounts import NO_LOGIN, hashed
from backends.errors import MechanismError
from tests.backends.passwd_machine import PasswdMachine


@pytest.fixture
def machine(tmp_path: Path) -> PasswdMachine:
    return PasswdMachine(tmp_path)


@pytest.fixture
def changes(machine: PasswdMachine) -> AccountChanges:
    return AccountChanges(machine.accounts)


def make(changes: AccountChanges) -> None:
    try:
        changes.prepare()
        changes.commit()
    except (BadAccount, MechanismError):
        changes.rollback()
        raise


def bob(changes: AccountChanges, **more: Any) -> str:
    changes.begin()
    key = changes.add(USER)
    changes.edit(USER, key, name="bob", enable=True, password=hashed("hunter2"), groups=frozenset({"friends"}), **more)
    return key


def test_an_account_is_made_with_all_that_was_wanted(machine: PasswdMachine, changes: AccountChanges) -> None:
    key = bob(changes, shell="/bin/sh")
    make(changes)
    row = changes.row(USER, key)
    assert (row.name, row.number, row.enable, row.shell, row.groups) == (
        "bob",
        1001,
        True,
        "/bin/sh",
        frozenset({"friends"}),
    )
    assert "bob:$6$" in machine.files()["shadow"]
    changes.begin()
    changes.remove(USER, key)
    make(changes)
    assert not machine.accounts.has_user("bob")
    assert changes.rows(USER)[-1].name == "anna"


@pytest.mark.slow
@pytest.mark.parametrize("program", ["useradd", "chpasswd", "usermod --shell", "gpasswd", "usermod --expiredate"])
def test_whatever_program_fails_all_is_as_it_was(machine: PasswdMachine, changes: AccountChanges, program: str) -> None:
    before = machine.files()
    key = bob(changes, shell="/bin/sh")
    changes.edit(USER, "anna", shell="/bin/sh", groups=frozenset())
    machine.fails_at = program
    with pytest.raises(MechanismError):
        make(changes)
    machine.fails_at = ""
    assert machine.files() == before
    assert [row.name for row in changes.rows(USER)] == ["root", "anna"]
    assert key not in [row.key for row in changes.rows(USER)]


def test_another_backend_s_failure_takes_it_back(machine: PasswdMachine, changes: AccountChanges) -> None:
    before = machine.files()
    bob(changes)
    changes.prepare()
    changes.commit()
    changes.rollback()
    assert machine.files() == before


def test_a_crash_is_taken_back_by_the_record(machine: PasswdMachine, changes: AccountChanges) -> None:
    before = machine.files()
    bob(changes)
    changes.prepare()
    record = changes.undo_record()
    changes.commit()
    after = AccountChanges(machine.accounts)
    after.recover(record, same_boot=True)
    after.recover(record, same_boot=True)
    assert machine.files() == before


def test_a_row_without_a_name_is_kept_until_it_has_one(machine: PasswdMachine, changes: AccountChanges) -> None:
    changes.begin()
    key = changes.add(USER)
    make(changes)
    later = AccountChanges(machine.accounts)
    later.restore(changes.state())
    row = later.row(USER, key)
    assert (row.name, row.number, row.enable, row.shell) == ("", None, False, NO_LOGIN)
    later.begin()
    later.edit(USER, key, enable=True)
    with pytest.raises(BadAccount, match="a name is needed"):
        make(later)
    later.begin()
    later.edit(USER, key, name="bob")
    make(later)
    assert (later.row(USER, key).number, later.row(USER, key).enable) == (1001, False)
    assert machine.started == [f"useradd --create-home --shell {NO_LOGIN} --expiredate 1970-01-02 bob"]


@pytest.mark.parametrize("name", ["anna", "daemon", "Bob", "1bob", "-rf", "bob:x", "bob\nroot", "$(id)", "b" * 33])
def test_a_name_that_is_taken_or_none_makes_nothing(machine: PasswdMachine, changes: AccountChanges, name: str) -> None:
    changes.begin()
    changes.edit(USER, changes.add(USER), name=name)
    with pytest.raises(BadAccount):
        make(changes)
    assert machine.started == []


def test_what_somebody_made_by_hand_can_be_disabled_and_enabled(
    machine: PasswdMachine, changes: AccountChanges
) -> None:
    before = machine.files()
    for enable in (False, True):
        changes.begin()
        changes.edit(USER, "anna", enable=enable)
        make(changes)
        assert changes.row(USER, "anna").enable == enable
    assert machine.files() == before


def test_a_role_that_is_disabled_is_nobody_s_until_it_is_enabled(
    machine: PasswdMachine, changes: AccountChanges
) -> None:
    changes.begin()
    changes.edit(ROLE, "sudo", enable=False)
    make(changes)
    assert machine.accounts.group("sudo").members == ()  # type: ignore[union-attr]
    assert "sudo" in changes.row(USER, "anna").groups, "it is still wanted"
    assert not changes.row(ROLE, "sudo").enable
    changes.begin()
    changes.edit(ROLE, "sudo", enable=True)
    make(changes)
    assert machine.accounts.group("sudo").members == ("anna",)  # type: ignore[union-attr]


def test_groups_and_roles_are_made_and_joined_and_removed(machine: PasswdMachine, changes: AccountChanges) -> None:
    changes.begin()
    role, group = changes.add(ROLE), changes.add(GROUP)
    changes.edit(ROLE, role, name="operators", enable=True)
    changes.edit(GROUP, group, name="guests", enable=True)
    make(changes)
    assert changes.row(ROLE, role).number in range(1, 1000)
    assert changes.row(GROUP, group).number == 1002
    changes.begin()
    changes.edit(USER, "anna", groups=frozenset({"operators", "guests"}))
    make(changes)
    assert changes.row(USER, "anna").groups == {"operators", "guests"}
    changes.begin()
    changes.remove(ROLE, role)
    changes.remove(GROUP, group)
    make(changes)
    assert machine.accounts.group("operators") is None
    assert machine.accounts.group("guests") is None


def test_accounts_are_brought_back_with_their_passwords_as_they_are_hashed(
    machine: PasswdMachine, changes: AccountChanges
) -> None:
    key = bob(changes, shell="/bin/sh")
    make(changes)
    kept, files = changes.backup(), machine.files()
    assert kept[USER][key]["password"].startswith("$6$")
    changes.begin()
    changes.remove(USER, key)
    other = changes.add(USER)
    changes.edit(USER, other, name="carol", enable=True)
    make(changes)
    changes.begin()
    changes.bring_back(kept)
    changes.bring_back(kept)  # twice is as good as once
    make(changes)
    assert not machine.accounts.has_user("carol")
    assert changes.backup() == kept
    assert machine.files()["shadow"].count("bob:$6$") == files["shadow"].count("bob:$6$") == 1
    changes.begin()
    changes.bring_back(kept)
    assert changes.undo_record() is None


@pytest.mark.parametrize(
    "row",
    [
        {"name": "eve", "enable": 1},
        {"name": "eve", "enable": True, "password": "plain\nroot::0"},
        {"name": "eve", "enable": True, "groups": [3]},
        {"enable": True},
    ],
)
def test_accounts_of_another_form_are_not_brought_back(changes: AccountChanges, row: dict[str, Any]) -> None:
    changes.begin()
    with pytest.raises((ValueError, KeyError)):
        changes.bring_back({USER: {"+9": row}})
    changes.rollback()
    with pytest.raises(ValueError, match="no key"):
        changes.bring_back({USER: {"root": {"name": "root", "enable": True}}})
