"""Files as they were, and the way back."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.modules.snapshot import JOURNAL, Snapshot


def test_going_back_restores_contents_modes_links_and_absence(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/file").write_text("old")
    (root / "etc/file").chmod(0o750)
    (root / "etc/link").symlink_to("file")
    (root / "etc/other").write_text("other")
    snapshot = Snapshot(tmp_path / "kept", root)
    assert snapshot.pending() is None
    snapshot.take(["etc/file", "etc/link", "etc/new", "etc"], {"name": "it"})
    assert snapshot.pending() == {"name": "it"}
    assert snapshot.files() == ["etc/file", "etc/link"]
    (root / "etc/file").write_text("new")
    (root / "etc/file").chmod(0o600)
    (root / "etc/link").unlink()
    (root / "etc/new").write_text("new")
    (root / "usr/share").mkdir(parents=True)
    (root / "usr/share/more").write_text("more")
    again = Snapshot(tmp_path / "kept", root)  # of the next run
    again.go_back(["usr/share/more", "etc/file"])
    assert (root / "etc/file").read_text() == "old"
    assert (root / "etc/file").stat().st_mode & 0o7777 == 0o750
    assert (root / "etc/link").readlink() == Path("file")
    assert sorted(one.name for one in root.rglob("*")) == ["etc", "file", "link", "other"]
    assert again.pending() is None


def test_what_holds_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    snapshot = Snapshot(tmp_path / "kept", tmp_path)
    snapshot.take(["file"], 1)
    (tmp_path / "file").write_text("new")
    snapshot.forget()
    assert snapshot.pending() is None
    assert (tmp_path / "file").read_text() == "new"
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("text", [
    "{", "5", "[]", "{}", '{"files": 5, "about": 1}', '{"files": {"a": 5}, "about": 1}',
    '{"files": {"a": {}}, "about": 1}', '{"files": {"a": {"copy": "0", "mode": 5, "owner": ["x", 0]}}, "about": 1}',
])  # fmt: skip
def test_a_journal_of_another_shape_is_an_error_until_the_next_change(tmp_path: Path, text: str) -> None:
    snapshot = Snapshot(tmp_path / "kept", tmp_path)
    snapshot.take([], "it")
    (tmp_path / "kept" / JOURNAL).write_text(text)
    with pytest.raises(MechanismError):
        snapshot.pending()
    snapshot.take([], "another")
    assert snapshot.pending() == "another"
