"""The file of root's keys: others' lines stay, rows stay the same rows, and what somebody did meanwhile stays too."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.desired_state import NotOurs, Pointer, Refused
from backends.errors import MechanismError
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.key_file import FILE, KeyFile
from backends.ssh.records import AuthorizedKey
from tests.backends.ssh.test_rendering import KEY

pytestmark = pytest.mark.slow

ROOT = Pointer("Device.Users.User.{i}.", ("root",))
LIMITED = f'from="192.0.2.0/24",no-pty {KEY} limited'
TEXT = f"# head\n{KEY} anna\n\n{LIMITED}\n# {KEY} not in use\n"


class Machine:
    def __init__(self, directory: Path, text: str | None = TEXT, may_change: bool = True) -> None:
        self.file = directory / FILE
        if text is not None:
            self.file.parent.mkdir(parents=True)
            self.file.write_text(text)
        self.keys = KeyFile(directory, lambda: ROOT, may_change)
        self.desired = UciDesired("ssh keys", (AuthorizedKey,), self.keys)

    def do(self, act: Callable[[], object]) -> None:
        """One transaction."""
        self.keys.forget()
        self.desired.begin()
        try:
            act()
            self.desired.prepare()
            self.desired.commit()
        except (Refused, MechanismError):
            self.desired.rollback()
            raise

    def rows(self) -> dict[str, AuthorizedKey]:
        self.keys.forget()
        return dict(self.desired.wanted.of(AuthorizedKey))

    def key_of(self, text: str) -> str:
        [key] = [key for key, row in self.rows().items() if row.text == text]
        return key


def test_lines_with_a_key_are_rows(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert [(row.user, row.text) for row in machine.rows().values()] == [(ROOT, f"{KEY} anna"), (ROOT, LIMITED)]
    assert machine.keys.now() is machine.keys.now()


def test_a_row_keeps_its_key_and_its_place(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    key = machine.key_of(f"{KEY} anna")
    machine.do(lambda: machine.desired.edit(AuthorizedKey, key, text=f"{KEY} anna@attic"))
    assert machine.key_of(f"{KEY} anna@attic") == key
    assert machine.file.read_text() == TEXT.replace(f"{KEY} anna\n", f"# cpe-agent {key}\n{KEY} anna@attic\n")
    machine.do(lambda: machine.desired.edit(AuthorizedKey, key, user=None))
    assert machine.file.read_text() == TEXT.replace(f"{KEY} anna\n", f"# cpe-agent {key} - {KEY} anna@attic\n")
    machine.do(lambda: machine.desired.remove(AuthorizedKey, key))
    assert machine.file.read_text() == TEXT.replace(f"{KEY} anna\n", "")


def test_a_file_that_is_not_there_is_made_and_taken_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    machine.do(lambda: machine.desired.add(AuthorizedKey(user=ROOT, text=KEY)))
    assert machine.file.read_text().splitlines()[1] == KEY
    assert machine.file.stat().st_mode & 0o777 == 0o600
    machine.desired.rollback()
    assert not machine.file.exists()


def test_what_was_made_is_taken_back_beside_what_others_did(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.do(lambda: machine.desired.add(AuthorizedKey(user=ROOT, text=f"{KEY} new")))
    record = machine.desired.undo_record()
    machine.file.write_text(machine.file.read_text() + "# somebody was here\n")
    machine.desired.rollback()
    assert machine.file.read_text() == f"{TEXT}# somebody was here\n"
    assert record is None


def test_a_crash_is_undone_by_the_record(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    key = machine.key_of(LIMITED)
    machine.desired.begin()
    machine.desired.remove(AuthorizedKey, key)
    machine.desired.prepare()
    record = machine.desired.undo_record()
    machine.desired.commit()
    again = UciDesired("ssh keys", (AuthorizedKey,), machine.keys)
    again.recover(record, same_boot=True)
    again.recover(record, same_boot=True)
    assert sorted(row.text for row in machine.rows().values()) == sorted([f"{KEY} anna", LIMITED])


def test_a_person_who_changes_the_same_row_wins(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    key = machine.key_of(f"{KEY} anna")
    machine.desired.begin()
    machine.desired.edit(AuthorizedKey, key, text=f"{KEY} x")
    machine.file.write_text("# empty\n")
    with pytest.raises(MechanismError, match="changed by somebody else"):
        machine.desired.prepare()
    machine.desired.rollback()
    assert machine.file.read_text() == "# empty\n"


def test_remarks_that_are_lost_or_copied_do_no_harm(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    machine.do(lambda: machine.desired.add(AuthorizedKey(user=ROOT, text=KEY)))
    [key] = machine.rows()
    machine.file.write_text(f"{KEY}\n{KEY}\n# cpe-agent {key}\n{KEY}\n# cpe-agent {key}\n{KEY}\n# cpe-agent {key}\n")
    assert [row.text for row in machine.rows().values()] == [KEY] * 4
    assert len(machine.rows()) == 4


def test_a_line_ends_where_dropbear_sees_it_end(tmp_path: Path) -> None:
    machine = Machine(tmp_path, None)
    texts = [f"{KEY} a{end}{KEY} b" for end in ("\u2028", "\x85", "\u2029")]
    for text in texts:
        machine.do(lambda text=text: machine.desired.add(AuthorizedKey(user=ROOT, text=text)))
    assert [row.text for row in machine.rows().values()] == texts
    lines = machine.file.read_bytes().split(b"\n")
    assert [line.startswith(b"#") for line in lines] == [True, False] * 3 + [False]


def test_bytes_that_are_no_text_stay_in_their_line(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    odd = f"{KEY} a".encode() + b"\xff\n"
    machine.file.write_bytes(odd)
    [row] = machine.rows().values()
    assert row.text == f"{KEY} a\ufffd"
    machine.do(lambda: machine.desired.add(AuthorizedKey(user=ROOT, text=KEY)))
    assert machine.file.read_bytes().startswith(odd)
    machine.desired.begin()
    machine.desired.remove(AuthorizedKey, machine.key_of(row.text))
    json.dumps(machine.desired.undo_record(), ensure_ascii=False).encode()
    machine.desired.rollback()


def test_only_root_s_keys_are_kept_and_only_where_that_is_allowed(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    other = Pointer(ROOT.table, ("anna",))
    with pytest.raises(Refused, match="only root's"):
        machine.do(lambda: machine.desired.add(AuthorizedKey(user=other, text=KEY)))
    with pytest.raises(Refused, match="one line"):
        machine.do(lambda: machine.desired.add(AuthorizedKey(user=ROOT, text=f"{KEY}\n{KEY}")))
    assert machine.file.read_text() == TEXT
    closed = Machine(tmp_path / "closed", may_change=False)
    with pytest.raises(NotOurs, match="manage"):
        closed.do(lambda: closed.desired.add(AuthorizedKey()))
    closed.keys.check(closed.keys.now())
    assert closed.keys.apply(closed.keys.now()) is False
    assert closed.keys.cuts(closed.keys.now()) is False
