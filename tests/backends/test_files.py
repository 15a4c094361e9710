"""Small files: bounded, without surprises, replaced whole."""

import os
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.files import names_in, read_bytes, read_number, read_text, replace_file, write_if_different


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing", tmp_path / "a\0b", tmp_path / ("x" * 300)):
        assert (read_bytes(path), read_text(path), read_number(path)) == (None, None, None)
    assert names_in(tmp_path / "nothing") == []


def test_a_huge_file_is_read_to_the_bound(tmp_path: Path) -> None:
    assert len(read_bytes(Path("/dev/zero"), 100_000) or b"") == 100_000


def test_a_pipe_that_nobody_writes_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_bytes(tmp_path / "pipe") == b""


def test_text_loses_what_surrounds_it_and_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b" \xffmodel\0\n")
    assert read_text(tmp_path / "x") == "\ufffdmodel"


@pytest.mark.parametrize(("text", "number"), [("12\n", 12), ("-5", -5), ("", None), ("x", None), ("1.5", None)])
def test_a_number_is_one_or_none(tmp_path: Path, text: str, number: int | None) -> None:
    (tmp_path / "x").write_text(text)
    assert read_number(tmp_path / "x") == number


def test_a_file_is_replaced_whole_and_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    replace_file(tmp_path / "file", b"new", mode=0o600)
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "target").read_text() == "kept"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert names_in(tmp_path) == ["file", "target"]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(Missing) as caught:
        replace_file(tmp_path / "no/such/file", b"")
    assert caught.value.code == "ENOENT"
    (tmp_path / "folder").mkdir()
    with pytest.raises(MechanismError):
        replace_file(tmp_path / "folder", b"")
    assert names_in(tmp_path) == ["folder"]


def test_a_trap_at_the_temporary_name_is_not_stepped_into(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("kept")
    (tmp_path / ".file.new").symlink_to(tmp_path / "victim")
    with pytest.raises(MechanismError):
        replace_file(tmp_path / "file", b"new")
    assert (tmp_path / "victim").read_text() == "kept"


def test_a_file_that_says_so_already_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "made" / "on the way" / "conf"
    assert write_if_different(file, "ä\n")
    before = file.stat()
    assert not write_if_different(file, "ä\n")
    assert file.stat() == before
    assert write_if_different(file, "ä")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("ä", 0o600)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MechanismError, match="file"):
        write_if_different(tmp_path / "file" / "below" / "conf", "x")
