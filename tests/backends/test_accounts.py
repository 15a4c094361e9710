"""Accounts as the system's own files tell of them, and as its own programs change them."""

import subprocess
from pathlib import Path

import pytest

from backends.accounts import Accounts, hashed
from backends.errors import MechanismError
from tests.backends.passwd_machine import PasswdMachine


@pytest.fixture
def machine(tmp_path: Path) -> PasswdMachine:
    return PasswdMachine(tmp_path)


def test_people_and_root_are_told_and_daemons_are_not(machine: PasswdMachine) -> None:
    root, anna = machine.accounts.users()
    assert (root.name, root.number) == ("root", 0)
    assert (anna.name, anna.shell, anna.is_enabled) == ("anna", "/bin/bash", True)
    assert anna.groups == {"sudo", "friends"}
    assert [one.name for one in machine.accounts.groups()] == ["adm", "sudo", "friends"]
    assert [one.is_of_system for one in machine.accounts.groups()] == [True, True, False]
    assert machine.accounts.shells() == ["/bin/sh", "/bin/bash"]
    assert machine.accounts.has_user("daemon")
    assert machine.accounts.group("empty") is not None


def test_everybody_has_a_home(machine: PasswdMachine) -> None:
    assert machine.accounts.homes() == {"root": "/root", "daemon": "/", "anna": "/home/anna"}


def test_an_account_is_made_locked_enabled_and_taken_away(machine: PasswdMachine) -> None:
    accounts = machine.accounts
    accounts.add_user("bob")
    bob = accounts.users()[-1]
    assert (bob.name, bob.number, bob.is_enabled) == ("bob", 1001, False)
    assert (machine.root / "home/bob").is_dir()
    accounts.set_enabled("bob", True)
    accounts.set_shell("bob", "/bin/sh")
    accounts.set_members("friends", ["anna", "bob"])
    bob = accounts.users()[-1]
    assert (bob.is_enabled, bob.shell, bob.groups) == (True, "/bin/sh", frozenset({"friends"}))
    accounts.remove_user("bob")
    assert not accounts.has_user("bob")
    assert (machine.root / "home/bob").is_dir(), "what was somebody's is not thrown away"


def test_a_password_is_the_hash_that_the_library_makes(machine: PasswdMachine) -> None:
    made = hashed("s3cr3t: with a colon and \u4e2d")
    salt = made.split("$")[2]
    told = subprocess.run(
        ["openssl", "passwd", "-6", "-salt", salt, "-stdin"],
        input="s3cr3t: with a colon and \u4e2d\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode == 0:
        assert told.stdout.strip() == made
    machine.accounts.set_password("anna", made)
    assert f"anna:{made}:" in (machine.root / "etc/shadow").read_text()
    assert hashed("x") != hashed("x")


def test_what_a_program_refuses_is_an_error_with_its_words(machine: PasswdMachine) -> None:
    with pytest.raises(MechanismError, match="already exists"):
        machine.accounts.add_user("anna")


def test_lines_are_put_back_and_others_stay(machine: PasswdMachine) -> None:
    accounts = machine.accounts
    before, saved = machine.files(), accounts.saved(["anna", "bob", "friends"])
    accounts.add_group("bob", of_system=False)
    accounts.set_members("friends", [])
    accounts.set_password("anna", "$6$x$y")
    accounts.restore(["anna", "bob", "friends"], saved)
    assert machine.files() == before
    assert (machine.root / "etc/shadow").stat().st_mode & 0o777 == 0o640


def test_a_system_without_files_has_no_accounts(tmp_path: Path) -> None:
    assert Accounts(tmp_path).users() == []
    assert Accounts(tmp_path).groups() == []
