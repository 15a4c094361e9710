"""OpenWrt's files of accounts: others' lines, modes and owners stay; nobody comes in who should not."""

import fcntl
import json
import os
import stat
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.openwrt.system import accounts as module
from backends.openwrt.system.accounts import FileAccounts
from backends.uci import FileUci, Places
from tests.backends.openwrt.system.device import ETC, RPCD

pytestmark = pytest.mark.slow

LOGIN = "\nconfig login 'bobs'\n\toption username 'bob'\n\toption password '$p$bob'\n\tlist read 'luci-*'\n"


class Machine:
    """With its accounts, and what procd would be told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        places = Places.under(root)
        places.config.mkdir(parents=True)
        (places.config / "rpcd").write_text(RPCD)
        for name, text in ETC.items():
            (root / "etc" / name).write_text(text)
        (root / "etc/shadow").chmod(0o600)
        self.told: list[str] = []
        self.accounts = FileAccounts(root, FileUci(places), self.told.extend)

    def line(self, file: str, name: str) -> str:
        lines = (self.root / "etc" / file).read_text().splitlines()
        return next((line for line in lines if line.partition(":")[0] == name), "")

    def text(self, file: str) -> str:
        return (self.root / "etc" / file).read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_new_account_is_nobody_s_way_in(machine: Machine) -> None:
    machine.accounts.add_user("bob")
    assert machine.line("passwd", "bob") == "bob:x:1001:1002::/home/bob:!/bin/false"
    assert machine.line("shadow", "bob").startswith("bob:!*:")
    assert machine.line("group", "bob") == "bob:x:1002:"
    assert stat.S_IMODE((machine.root / "home/bob").stat().st_mode) == 0o700
    assert stat.S_IMODE((machine.root / "etc/shadow").stat().st_mode) == 0o600
    machine.accounts.set_enabled("bob", True)
    assert machine.line("shadow", "bob").startswith("bob:*:"), "an empty password would let everybody in"
    assert machine.line("passwd", "bob").endswith(":/bin/false")


def test_a_disabled_account_keeps_password_and_shell(machine: Machine) -> None:
    before = {name: machine.text(name) for name in ETC}
    machine.accounts.set_enabled("anna", False)
    [anna] = [one for one in machine.accounts.users() if one.name == "anna"]
    assert (anna.is_enabled, anna.shell) == (False, "/bin/bash")
    assert machine.line("shadow", "anna").startswith("anna:!$6$salt$old:")
    assert machine.line("passwd", "anna").endswith(":!/bin/bash")
    machine.accounts.set_password("anna", "$6$x$y")
    machine.accounts.set_shell("anna", "/bin/ash")
    assert machine.line("shadow", "anna").startswith("anna:!$6$x$y:")
    machine.accounts.set_password("anna", "$6$salt$old")
    machine.accounts.set_shell("anna", "/bin/bash")
    machine.accounts.set_enabled("anna", True)
    day = machine.line("shadow", "anna").split(":")[2]
    assert {name: machine.text(name).replace(f":{day}:", ":20000:") for name in ETC} == before


def test_a_password_that_is_locked_by_hand_is_no_disabled_account(machine: Machine) -> None:
    (machine.root / "etc/shadow").write_text(ETC["shadow"].replace("$6$salt$old", "!"))
    assert all(one.is_enabled for one in machine.accounts.users())
    machine.accounts.set_password("anna", "$6$x$y")
    assert machine.line("shadow", "anna").startswith("anna:$6$x$y:")


def test_root_s_password_can_be_set(machine: Machine) -> None:
    machine.accounts.set_password("root", "$6$x$y")
    assert machine.line("shadow", "root").startswith("root:$6$x$y:")
    with pytest.raises(MechanismError, match="does not know nobody"):
        machine.accounts.set_password("nobody", "$6$x$y")


def test_who_goes_is_in_no_group_and_logs_in_nowhere(machine: Machine) -> None:
    machine.accounts.add_user("bob")
    machine.accounts.set_members("friends", ["anna", "bob"])
    (machine.root / "etc/config/rpcd").write_text(RPCD + LOGIN)
    saved = machine.accounts.saved(["bob", "friends"])
    files = {name: machine.text(name) for name in ETC}
    machine.accounts.remove_user("bob", with_home=True)
    assert all("bob" not in machine.text(name) for name in ETC)
    assert (machine.root / "etc/config/rpcd").read_text().strip() == RPCD.strip()
    assert machine.told == ["rpcd"]
    assert not (machine.root / "home/bob").exists()
    machine.accounts.restore(["bob", "friends"], saved)
    assert {name: sorted(machine.text(name).splitlines()) for name in ETC} == {
        name: sorted(text.splitlines()) for name, text in files.items()
    }
    assert LOGIN.strip() in (machine.root / "etc/config/rpcd").read_text()
    machine.accounts.restore(["bob", "friends"], saved)
    assert machine.told == ["rpcd", "rpcd"], "what is there already is not made again"


def test_lines_that_are_none_stay(machine: Machine) -> None:
    odd = b"# made by hand\n+::::::\nodd:\xff\n\nline:x:7:7:a\xe2\x80\xa8b:/:/bin/false\n"
    path = machine.root / "etc/passwd"
    path.write_bytes(odd + path.read_bytes().rstrip(b"\n"))
    machine.accounts.set_shell("anna", "/bin/ash")
    assert path.read_bytes().startswith(odd)
    assert path.read_bytes().endswith(b"anna:x:1000:1000::/home/anna:/bin/ash\n")


def test_groups_come_and_go(machine: Machine) -> None:
    machine.accounts.add_group("operators", of_system=True)
    machine.accounts.add_group("guests", of_system=False)
    assert (machine.line("group", "operators"), machine.line("group", "guests")) == (
        "operators:x:999:",
        "guests:x:1002:",
    )
    machine.accounts.remove_group("operators")
    machine.accounts.remove_group("guests")
    assert machine.text("group") == ETC["group"]


def test_a_machine_without_shadow_or_rpcd_has_accounts_too(machine: Machine) -> None:
    (machine.root / "etc/shadow").unlink()
    (machine.root / "etc/config/rpcd").unlink()
    assert machine.accounts.is_there()
    machine.accounts.add_user("bob")
    machine.accounts.remove_user("bob")
    assert machine.text("passwd") == ETC["passwd"]
    assert machine.accounts.saved(["bob"])["rpcd"] == []


def test_somebody_else_who_changes_accounts_is_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    lock = machine.root / "var/lock/passwd"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(MechanismError, match="somebody else is changing accounts"):
            machine.accounts.set_shell("anna", "/bin/ash")
    machine.accounts.set_shell("anna", "/bin/ash")
    assert machine.line("passwd", "anna").endswith("/bin/ash")


def test_a_home_that_is_there_stays_whose_it_is(machine: Machine) -> None:
    (machine.root / "home/bob").mkdir(parents=True)
    machine.accounts.add_user("bob")
    assert (machine.root / "home/bob").stat().st_uid == os.getuid()


def test_a_full_table_is_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HUMAN", range(1000, 1001))
    with pytest.raises(MechanismError, match="every number"):
        machine.accounts.add_user("bob")
    assert machine.text("passwd") == ETC["passwd"]


def test_what_is_put_back_is_so_byte_by_byte(machine: Machine) -> None:
    path = machine.root / "etc/passwd"
    path.write_bytes(path.read_bytes().replace(b"1000::/home/anna", b"1000:\xff \xe2\x80\xa8 \xc3\xa4:/home/anna"))
    before = path.read_bytes()
    saved = json.loads(json.dumps(dict(machine.accounts.saved(["anna"])), ensure_ascii=False).encode().decode())
    machine.accounts.set_shell("anna", "/bin/ash")
    machine.accounts.restore(["anna"], saved)
    assert path.read_bytes() == before


def test_what_is_put_back_is_where_it_was(machine: Machine) -> None:
    names = ["root", "anna", "bob", "friends"]
    path = machine.root / "etc/passwd"
    path.write_text(f"# head\n\n{path.read_text()}")
    files = {name: machine.text(name) for name in ETC}
    saved = machine.accounts.saved(names)
    machine.accounts.set_password("root", "$6$x$y")
    machine.accounts.add_user("bob")
    machine.accounts.set_shell("root", "/bin/sh")
    machine.accounts.set_members("friends", [])
    machine.accounts.restore(names, saved)
    assert {name: machine.text(name) for name in ETC} == files
    assert machine.line("group", "friends") == "friends:x:1001:anna"
